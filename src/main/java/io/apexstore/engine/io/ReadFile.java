package io.apexstore.engine.io;

import java.io.IOException;
import java.nio.ByteBuffer;

/**
 * A file open for reading by position.
 *
 * <p><b>Threads:</b> any number at once.
 */
public interface ReadFile extends AutoCloseable {
  /** Returns the file's size in bytes when it was opened. */
  long size();

  /**
   * Fills the buffer's remaining space from an offset of the file.
   *
   * @param target on the heap, or direct and not over a confined arena
   * @return how many bytes were read: fewer than remaining only where the file ends
   */
  int read(long offset, ByteBuffer target) throws IOException;

  /** Closes the file. Reads under way on other threads fail or finish. */
  @Override
  void close() throws IOException;
}
