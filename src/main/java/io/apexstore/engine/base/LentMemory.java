package io.apexstore.engine.base;

import java.lang.foreign.MemorySegment;

/**
 * Memory that stays readable until it is closed, whatever happens to where its bytes came from.
 *
 * <p><b>Threads:</b> any may read; it is closed when no one reads any more, by one thread.
 */
public interface LentMemory extends AutoCloseable {
  /** Returns the memory. */
  MemorySegment segment();

  /** Releases the memory; further calls do nothing. */
  @Override
  void close();

  /** Where the memory of values comes from that are lent for longer than a call. */
  @FunctionalInterface
  interface Source {
    /**
     * Allocates memory.
     *
     * @throws EngineException {@code MEMORY_EXHAUSTED} if too few bytes are left
     */
    LentMemory allocate(int bytes);
  }
}
