package io.apexstore.engine.cache;

import io.apexstore.engine.base.EngineException;
import io.apexstore.engine.base.EngineException.Failure;
import io.apexstore.engine.base.LentMemory;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;

/**
 * Memory that {@link LargeBlocks} counts.
 *
 * <p><b>Threads:</b> any; closed while no thread reads it.
 */
public final class LargeMemory implements LentMemory {
  /** No memory; closing it does nothing. */
  static final LargeMemory NONE = new LargeMemory();

  private final @Nullable LargeBlocks owner;
  private final Arena arena = Arena.ofShared();
  private final long bytes;
  private final AtomicBoolean closed = new AtomicBoolean();
  private MemorySegment segment;

  private LargeMemory() {
    this.owner = null;
    this.bytes = 0;
    this.segment = MemorySegment.NULL;
  }

  LargeMemory(LargeBlocks owner, long bytes) {
    this.owner = owner;
    this.bytes = bytes;
    this.segment = MemorySegment.NULL;
    try {
      this.segment = arena.allocate(bytes, Long.BYTES);
    } catch (OutOfMemoryError e) {
      close();
      throw new EngineException(
          Failure.MEMORY_EXHAUSTED, "the system gave no " + bytes + " bytes for a large value", e);
    }
  }

  @Override
  public MemorySegment segment() {
    return segment;
  }

  /** Shortens the segment; the memory stays as it is. */
  public LargeMemory shorten(long newBytes) {
    segment = segment.asSlice(0, newBytes);
    return this;
  }

  @Override
  public void close() {
    if (owner != null && closed.compareAndSet(false, true)) {
      arena.close();
      owner.released(bytes);
    }
  }
}
