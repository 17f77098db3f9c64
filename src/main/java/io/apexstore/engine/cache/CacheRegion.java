package io.apexstore.engine.cache;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.VarHandle;

/**
 * One owner of cached blocks, a table, with the frame that holds each of its blocks. The block's
 * ordinal is the index of its frame's number, so a hit needs no hash table.
 *
 * <p><b>Threads:</b> {@link #frameOf} and {@link #owner} any; the rest is called by the cache.
 *
 * <p><b>Invariants:</b> a frame number may be out of date at any moment; a reader that follows it
 * checks with {@link Slab#beginRead} that the frame holds the block.
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

  /** Returns the bytes of memory that a region of {@code blockCount} blocks needs. */
  public static long bytesFor(long blockCount) {
    return blockCount * Integer.BYTES;
  }

  /** Returns the frame that holds a block, or a negative number if none does. */
  public int frameOf(int ordinal) {
    return (int) FRAME.getAcquire(frames, (long) ordinal * Integer.BYTES);
  }

  /** Returns the number that a frame carries while it holds a block. */
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
   * Frees all frames of this owner, whose blocks no one reads any longer. A reader of another owner
   * may be about to pin a frame that this one holds now, and find that it is too late; such a frame
   * becomes free a moment later. The cache does not touch this owner's memory afterwards.
   */
  @Override
  public void close() {
    cache.release(this);
  }
}
