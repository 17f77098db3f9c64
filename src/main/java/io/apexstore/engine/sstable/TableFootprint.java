package io.apexstore.engine.sstable;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/**
 * The memory outside the heap that a table takes while it is open.
 *
 * <p><b>Threads:</b> one allocates; closed when no read is running.
 */
final class TableFootprint implements AutoCloseable {
  private final Arena arena = Arena.ofShared();
  private long bytes;

  MemorySegment allocate(long size, long alignment) {
    bytes += size;
    return arena.allocate(size, alignment);
  }

  /** The bytes that were allocated. */
  long bytes() {
    return bytes;
  }

  @Override
  public void close() {
    arena.close();
  }
}
