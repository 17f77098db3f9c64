package io.apexstore.engine.io;

import java.io.IOException;
import java.nio.ByteBuffer;

/**
 * A file that is open for reading by position.
 *
 * <p><b>Threads:</b> any, concurrently.
 */
public interface ReadFile extends AutoCloseable {
  /** Returns the size in bytes that the file had when it was opened. */
  long size();

  /**
   * Fills the buffer's remaining space from an offset of the file.
   *
   * @param target on the heap, or direct but not over a confined arena
   * @return the number of bytes read: fewer than remaining only at the end of the file
   */
  int read(long offset, ByteBuffer target) throws IOException;

  /** Closes the file. Concurrent reads fail or finish. */
  @Override
  void close() throws IOException;
}
