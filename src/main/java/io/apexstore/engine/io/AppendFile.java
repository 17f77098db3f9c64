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
   * Appends the buffer's remaining bytes; the buffer is drained. A call that fails appends nothing:
   * the next call writes at the same offset.
   *
   * @param source on the heap, or direct but not over a confined arena
   * @throws DiskFullException if there is no room
   * @throws RetryableIoException if the system refused the write for another reason; what was
   *     synced before is unchanged
   */
  void append(ByteBuffer source) throws IOException;

  /** Returns the number of bytes appended so far. */
  long size();

  /**
   * Syncs the file: all appended bytes are durable afterwards. After a failure the file must not be
   * used any more.
   */
  void sync() throws IOException;

  /** Closes the file without syncing it. */
  @Override
  void close() throws IOException;
}
