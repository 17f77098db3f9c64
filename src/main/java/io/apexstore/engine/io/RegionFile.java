package io.apexstore.engine.io;

import java.io.IOException;

/**
 * A preallocated file of fixed size that is written at any offset; log segments are such files.
 * When {@link #write} returns, the operating system has the bytes, so they survive this process. A
 * write to a mapped file needs no system call.
 *
 * <p><b>Threads:</b> one thread writes at a time; {@link #sync} may run concurrently with writes
 * and covers those that returned before it began.
 */
public interface RegionFile extends AutoCloseable {
  /** Returns the file's size in bytes. */
  long size();

  /**
   * Writes bytes at an offset.
   *
   * @throws IndexOutOfBoundsException if they are not within the file
   */
  void write(long offset, byte[] source, int sourceOffset, int length) throws IOException;

  /**
   * Loads the pages of a range, so that the first writes to it take no page faults. Changes no
   * byte, and does nothing if there is no such cost or if it fails. May run concurrently with a
   * write, a sync and {@link #close}.
   */
  default void prefault(long from, long to) {}

  /**
   * Syncs the file: all bytes written before this call are durable afterwards. Must not be called
   * again after a failure.
   */
  void sync() throws IOException;

  /** Closes the file without syncing it. */
  @Override
  void close() throws IOException;
}
