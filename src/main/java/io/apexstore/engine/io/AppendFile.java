package io.apexstore.engine.io;

import java.io.IOException;
import java.nio.ByteBuffer;

/**
 * A file that grows at its end.
 *
 * <p><b>Threads:</b> one at a time.
 */
public interface AppendFile extends AutoCloseable {
  /**
   * Writes the buffer's remaining bytes at the end of the file; the buffer is drained. A call that
   * failed has appended nothing: the next one writes at the same place.
   *
   * @param source on the heap, or direct and not over a confined arena
   * @throws DiskFullException if there is no room
   */
  void append(ByteBuffer source) throws IOException;

  /** Returns how many bytes were appended. */
  long size();

  /** Makes all bytes appended durable. After a failure the file is of no use any more. */
  void sync() throws IOException;

  /** Closes the file without syncing it. */
  @Override
  void close() throws IOException;
}
