package io.apexstore.engine.cache;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * A piece of the cache's memory, cut into frames of one size, and what is known of each frame.
 *
 * <p>A reader takes four steps, and begins again with a new look-up where one fails: {@link
 * #beginRead} gives a stamp if the frame holds the block that the reader wants; it reads what it
 * needs from {@link #memory()} at {@link #offset}, where anything may be found and nothing may be
 * trusted; {@link #validate} tells whether what it read was the block; {@link #touch} keeps the
 * block in the cache. This is a sequence lock (Boehm: Can Seqlocks Get Along with Programming
 * Language Memory Models?, 2012): a reader writes nothing, so readers do not disturb one another.
 *
 * <p><b>Threads:</b> the methods above, any; all else under the cache's lock.
 *
 * <p><b>Invariants:</b> a stamp is even while the frame holds a block whose bytes do not change,
 * and odd while it is free or being filled. It only grows. A slab that was cut anew is another
 * object over the same memory; all stamps of the old one are odd for ever.
 */
public final class Slab {
  private static final VarHandle META = MethodHandles.arrayElementVarHandle(long[].class);

  // Four numbers a frame: two frames share a cache line, and a hit touches no more of the table.
  private static final int META_SHIFT = 2;
  private static final int STAMP = 0;
  private static final int OWNER = 1;
  private static final int LENGTH = 2;
  private static final int HEAT = 3;

  private static final long FREE = 1;
  private static final long NO_OWNER = -1;
  private static final int HEAT_MAX = 3;

  /** Returned by {@link #beginRead} where the frame does not hold the block. */
  public static final long NOT_HERE = -1;

  final int number;
  final int frameBytes;
  final int frameCount;

  /** Neighbours of each frame in its queue, by frame id. */
  final int[] next;

  final int[] previous;

  /** Which queue each frame is in; null while it is in none. */
  final @Nullable FrameQueue[] queue;

  /** Whose block each frame holds. */
  final @Nullable CacheRegion[] region;

  /** The cache's count of insertions when the frame was filled. */
  final long[] filledAt;

  private final MemorySegment memory;
  private final long[] meta;

  Slab(int number, MemorySegment memory, int frameBytes) {
    this.number = number;
    this.memory = memory;
    this.frameBytes = frameBytes;
    this.frameCount = (int) Math.min(memory.byteSize() / frameBytes, 1 << BlockCache.INDEX_BITS);
    this.next = new int[frameCount];
    this.previous = new int[frameCount];
    this.queue = new FrameQueue[frameCount];
    this.region = new CacheRegion[frameCount];
    this.filledAt = new long[frameCount];
    this.meta = new long[frameCount << META_SHIFT];
    for (int i = 0; i < frameCount; i++) {
      meta[(i << META_SHIFT) + STAMP] = FREE;
      meta[(i << META_SHIFT) + OWNER] = NO_OWNER;
    }
    Arrays.fill(next, FrameQueue.NONE);
    Arrays.fill(previous, FrameQueue.NONE);
  }

  /**
   * Begins to read a block.
   *
   * @param index the frame's index in this slab
   * @param owner the block that must be in the frame, see {@link CacheRegion#owner}
   * @return a stamp for {@link #validate}, or {@link #NOT_HERE}
   */
  public long beginRead(int index, long owner) {
    int at = index << META_SHIFT;
    if (at >= meta.length) {
      // The number was that of a frame of the slab before this one was cut over its memory.
      return NOT_HERE;
    }
    long stamp = (long) META.getAcquire(meta, at + STAMP);
    if ((stamp & 1) != 0 || meta[at + OWNER] != owner) {
      return NOT_HERE;
    }
    return stamp;
  }

  /**
   * Whether all that was read of the frame since {@link #beginRead} gave the stamp was the block.
   */
  public boolean validate(int index, long stamp) {
    VarHandle.acquireFence();
    return (long) META.getOpaque(meta, (index << META_SHIFT) + STAMP) == stamp;
  }

  /** Notes that the block was of use. Writes only where that is news. */
  public void touch(int index) {
    int at = (index << META_SHIFT) + HEAT;
    long heat = meta[at];
    if (heat < HEAT_MAX) {
      META.setOpaque(meta, at, heat + 1);
    }
  }

  /** The memory that frames lie in. */
  public MemorySegment memory() {
    return memory;
  }

  /** Returns where in the memory a frame begins. */
  public long offset(int index) {
    return (long) index * frameBytes;
  }

  /** Returns the length in bytes of the block in a frame; to be validated like the bytes. */
  public int length(int index) {
    return (int) meta[(index << META_SHIFT) + LENGTH];
  }

  // What follows is for the holder of the cache's lock.

  void fill(int index, CacheRegion owner, int ordinal, byte[] source, int length, long now) {
    int at = index << META_SHIFT;
    // The stamp is odd already, and was made so before a fence.
    META.setOpaque(meta, at + OWNER, owner.owner(ordinal));
    META.setOpaque(meta, at + LENGTH, (long) length);
    META.setOpaque(meta, at + HEAT, 0L);
    MemorySegment.copy(source, 0, memory, ValueLayout.JAVA_BYTE, offset(index), length);
    region[index] = owner;
    filledAt[index] = now;
    META.setRelease(meta, at + STAMP, meta[at + STAMP] + 1);
  }

  /** Makes a frame unreadable, whatever it held. Its bytes may be overwritten afterwards. */
  void invalidate(int index) {
    int at = index << META_SHIFT;
    long stamp = meta[at + STAMP];
    if ((stamp & 1) == 0) {
      META.setOpaque(meta, at + STAMP, stamp + 1);
    }
    VarHandle.storeStoreFence();
    META.setOpaque(meta, at + OWNER, NO_OWNER);
    region[index] = null;
  }

  int ordinal(int index) {
    return (int) meta[(index << META_SHIFT) + OWNER];
  }

  boolean isFilled(int index) {
    return (meta[(index << META_SHIFT) + STAMP] & 1) == 0;
  }

  long heat(int index) {
    return (long) META.getOpaque(meta, (index << META_SHIFT) + HEAT);
  }

  void cool(int index, long heat) {
    META.setOpaque(meta, (index << META_SHIFT) + HEAT, heat);
  }

  int frameId(int index) {
    return (number << BlockCache.INDEX_BITS) | index;
  }
}
