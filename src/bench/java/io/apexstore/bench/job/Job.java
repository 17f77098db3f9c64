package io.apexstore.bench.job;

import java.io.IOException;

/**
 * Something measured on one store, in a process of its own.
 *
 * <p><b>Threads:</b> confined to one; a job starts and ends its own.
 */
public interface Job extends AutoCloseable {
  /** Makes the store ready; not measured. */
  void prepare() throws Exception;

  /** Warms up as much as a round would; not measured. */
  default void warmUp() throws Exception {
    round(-1);
  }

  /** Runs one round, numbered from 0. */
  Measurement round(int number) throws Exception;

  @Override
  default void close() throws IOException {}
}
