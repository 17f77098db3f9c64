package io.apexstore.bench.store;

/**
 * A reader of the changes of a store.
 *
 * <p><b>Threads:</b> confined to one.
 */
public interface ChangeReader extends AutoCloseable {
  /** Reads the changes that are available and were not read yet; returns their number. */
  long read() throws Exception;

  @Override
  void close();
}
