package io.apexstore.bench.job;

import java.io.IOException;

/**
 * A job that measures one store, in its own process.
 *
 * <p><b>Threads:</b> confined to one; a job starts and ends the threads that it needs.
 */
public interface Job extends AutoCloseable {
  /** Prepares the store; not measured. */
  void prepare() throws Exception;

  /** Does the work of about a round as a warm-up; not measured. */
  default void warmUp() throws Exception {
    round(-1);
  }

  /** Runs one round, numbered from 0. */
  Measurement round(int number) throws Exception;

  @Override
  default void close() throws IOException {}
}
