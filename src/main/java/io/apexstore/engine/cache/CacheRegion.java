package io.apexstore.engine.cache;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.VarHandle;

/**
 * One owner of cached blocks, a table, and which frame holds each of its blocks. The frame's number
 * stands where the block's ordinal points, so that a hit needs no hash table.
 *
 * <p><b>Threads:</b> {@link #frameOf} and {@link #owner} any; the rest is the cache's.
 *
 * <p><b>Invariants:</b> a frame number may be out of date at any moment; who follows it checks with
 * {@link Slab#beginRead} that the frame holds the block.
 */
public final class CacheRegion implements AutoCloseable {
  /** The block is not in the cache. */
  static final int ABSENT = -1;

  private static final VarHandle FRAME = ValueLayout.JAVA_INT.varHandle();

  private final BlockCache cache;
  private final int id;
  private final MemorySegment frames;

  CacheRegion(BlockCache cache, int id, MemorySegment frames) {
    this.cache = cache;
    this.id = id;
    this.frames = frames;
  }

  /** Returns the bytes of memory that a region of so many blocks needs. */
  public static long bytesFor(long blockCount) {
    return blockCount * Integer.BYTES;
  }

  /** Returns the frame that holds a block, or a negative number. */
  public int frameOf(int ordinal) {
    return (int) FRAME.getAcquire(frames, (long) ordinal * Integer.BYTES);
  }

  /** Returns the number that a frame bears while it holds a block. */
  public long owner(int ordinal) {
    return ((long) id << 32) | ordinal;
  }

  void setFrame(int ordinal, int frame) {
    FRAME.setRelease(frames, (long) ordinal * Integer.BYTES, frame);
  }

  int blockCount() {
    return (int) (frames.byteSize() / Integer.BYTES);
  }

  /**
   * Frees all frames of this owner, whose blocks nobody may read any more. Readers of other owners
   * may be about to pin a frame that this one holds now, and find that they came too late; such a
   * frame is free a moment later. This owner's memory is not touched by the cache afterwards.
   */
  @Override
  public void close() {
    cache.release(this);
  }
}
