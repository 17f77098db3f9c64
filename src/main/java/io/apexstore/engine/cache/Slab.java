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
 * Who stays longer with a block uses {@link #pin} and {@link #unpin} instead.
 *
 * <p><b>Threads:</b> the methods above, any; all else under the cache's lock.
 *
 * <p><b>Invariants:</b> a stamp is even while the frame holds a block whose bytes do not change,
 * and odd while it is free or being filled. It only grows, but for an invalidation taken back. A
 * frame that was pinned while its stamp was even is not filled until it is unpinned. A slab that
 * was cut anew is another object over the same memory; all stamps of the old one are odd for ever.
 */
public final class Slab {
  private static final VarHandle META = MethodHandles.arrayElementVarHandle(long[].class);

  // Four numbers a frame: two frames share a cache line, and a hit touches no more of the table.
  private static final int META_SHIFT = 2;
  private static final int STAMP = 0;
  private static final int OWNER = 1;
  private static final int LENGTH = 2;
  private static final int USE = 3;

  /** In the lower bits of a frame's use stands how wanted the block is, above it who pins it. */
  private static final long HEAT_MASK = 0xFF;

  private static final long PIN = HEAT_MASK + 1;

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

  /** The last search for a slab to cut anew that has passed this one over. */
  long passedOverIn;

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
    int at = (index << META_SHIFT) + USE;
    long use = meta[at];
    if ((use & HEAT_MASK) < HEAT_MAX) {
      // Where another was faster, that is noted too.
      META.weakCompareAndSetPlain(meta, at, use, use + 1);
    }
  }

  /**
   * Makes a block stay in its frame until {@link #unpin}, so that it can be walked and lent where
   * it lies. Two writes to what other readers of the block share, so not for single entries.
   *
   * @param owner the block that must be in the frame
   * @return whether it is there and pinned now
   */
  public boolean pin(int index, long owner) {
    if (beginRead(index, owner) == NOT_HERE) {
      return false;
    }
    int at = index << META_SHIFT;
    // The pin is set before the stamp is read, and invalidate does the same the other way round:
    // so either this sees that the block is going, or that sees the pin.
    META.getAndAdd(meta, at + USE, PIN);
    long stamp = (long) META.getVolatile(meta, at + STAMP);
    if ((stamp & 1) == 0 && meta[at + OWNER] == owner) {
      return true;
    }
    unpin(index);
    return false;
  }

  /** Takes one {@link #pin} back. */
  public void unpin(int index) {
    META.getAndAdd(meta, (index << META_SHIFT) + USE, -PIN);
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
    // Not a plain store: a reader may be about to take back a pin that came too late.
    META.getAndBitwiseAnd(meta, at + USE, ~HEAT_MASK);
    MemorySegment.copy(source, 0, memory, ValueLayout.JAVA_BYTE, offset(index), length);
    region[index] = owner;
    filledAt[index] = now;
    META.setRelease(meta, at + STAMP, meta[at + STAMP] + 1);
  }

  /**
   * Makes a frame unreadable, so that its bytes may be overwritten afterwards; not if a reader has
   * pinned it.
   *
   * @return whether it is unreadable
   */
  boolean invalidate(int index) {
    int at = index << META_SHIFT;
    long stamp = meta[at + STAMP];
    if ((stamp & 1) == 0) {
      META.setVolatile(meta, at + STAMP, stamp + 1);
      if ((long) META.getVolatile(meta, at + USE) >= PIN) {
        // The bytes have not changed, so whoever has the stamp may go on.
        META.setRelease(meta, at + STAMP, stamp);
        return false;
      }
    }
    VarHandle.storeStoreFence();
    META.setOpaque(meta, at + OWNER, NO_OWNER);
    region[index] = null;
    return true;
  }

  /**
   * Makes a frame unreadable whoever has pinned it. Its bytes may be overwritten once nobody pins
   * it.
   */
  void retire(int index) {
    int at = index << META_SHIFT;
    long stamp = meta[at + STAMP];
    if ((stamp & 1) == 0) {
      META.setVolatile(meta, at + STAMP, stamp + 1);
    }
    VarHandle.storeStoreFence();
    META.setOpaque(meta, at + OWNER, NO_OWNER);
    region[index] = null;
  }

  /** Whether a reader has pinned any frame. */
  boolean isAnyPinned() {
    for (int i = 0; i < frameCount; i++) {
      if (isPinned(i)) {
        return true;
      }
    }
    return false;
  }

  /** Whether a reader has pinned a frame. */
  boolean isPinned(int index) {
    return (long) META.getVolatile(meta, (index << META_SHIFT) + USE) >= PIN;
  }

  int ordinal(int index) {
    return (int) meta[(index << META_SHIFT) + OWNER];
  }

  boolean isFilled(int index) {
    return (meta[(index << META_SHIFT) + STAMP] & 1) == 0;
  }

  long heat(int index) {
    return (long) META.getOpaque(meta, (index << META_SHIFT) + USE) & HEAT_MASK;
  }

  /** Makes a block less wanted, by as much as a look at its heat before has shown it to be. */
  void cool(int index, long by) {
    META.getAndAdd(meta, (index << META_SHIFT) + USE, -by);
  }

  int frameId(int index) {
    return (number << BlockCache.INDEX_BITS) | index;
  }
}
