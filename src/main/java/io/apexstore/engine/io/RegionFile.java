package io.apexstore.engine.io;

import java.io.IOException;

/**
 * A preallocated file that is written at any offset within its fixed size; the log's segments are
 * such files. {@link #write} reaches the operating system before it returns, so the bytes outlive
 * this process, and costs no system call where the file is mapped.
 *
 * <p><b>Threads:</b> one writes at a time; {@link #sync} may run beside writes and then covers
 * those that returned before it began.
 */
public interface RegionFile extends AutoCloseable {
  /** Returns the file's size in bytes. */
  long size();

  /**
   * Writes bytes at an offset.
   *
   * @throws IndexOutOfBoundsException if they do not lie within the file
   */
  void write(long offset, byte[] source, int sourceOffset, int length) throws IOException;

  /**
   * Spares the first writes to a range the cost of getting its pages, where there is such a cost;
   * changes no byte. May run beside a write, a sync and {@link #close}; where it cannot help, it
   * does nothing.
   */
  default void prefault(long from, long to) {}

  /** Makes all bytes written before this call durable. After a failure never call it again. */
  void sync() throws IOException;

  /** Closes the file without syncing it. */
  @Override
  void close() throws IOException;
}
