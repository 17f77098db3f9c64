package io.apexstore.bench.store;

/**
 * Reads a store's changes.
 *
 * <p><b>Threads:</b> confined to one.
 */
public interface ChangeReader extends AutoCloseable {
  /** Reads the changes that there are by now and were not read yet; returns how many. */
  long read() throws Exception;

  @Override
  void close();
}
