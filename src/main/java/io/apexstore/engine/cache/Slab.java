package io.apexstore.engine.cache;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * A piece of the cache's memory, cut into frames of one size, with the state of each frame.
 *
 * <p>A reader takes four steps, and starts again with a new look-up if one fails. {@link
 * #beginRead} returns a stamp if the frame holds the block that the reader wants. The reader reads
 * what it needs from {@link #memory()} at {@link #offset}; it may find any bytes there and trusts
 * none. {@link #validate} checks that all it read was the block. {@link #touch} keeps the block in
 * the cache. This is a sequence lock (Boehm: Can Seqlocks Get Along with Programming Language
 * Memory Models?, 2012): a reader writes nothing, so readers do not disturb one another. A reader
 * that stays longer with a block uses {@link #pin} and {@link #unpin} instead.
 *
 * <p><b>Threads:</b> the methods above, any; all else under the cache's lock.
 *
 * <p><b>Invariants:</b> a stamp is even while the frame holds a block whose bytes do not change,
 * and odd while it is free or being filled. It only grows, except when an invalidation is undone. A
 * frame that was pinned while its stamp was even is not filled until it is unpinned. A slab that is
 * cut again becomes another object over the same memory; all stamps of the old object are odd from
 * then on.
 */
public final class Slab {
  private static final VarHandle META = MethodHandles.arrayElementVarHandle(long[].class);

  // Four numbers a frame: two frames share a cache line, and a hit touches no other line here.
  private static final int META_SHIFT = 2;
  private static final int STAMP = 0;
  private static final int OWNER = 1;
  private static final int LENGTH = 2;
  private static final int USE = 3;

  /**
   * The low bits of a frame's use are its heat, how often the block was read lately; the bits above
   * count its pins.
   */
  private static final long HEAT_MASK = 0xFF;

  private static final long PIN = HEAT_MASK + 1;

  private static final long FREE = 1;
  private static final long NO_OWNER = -1;
  private static final int HEAT_MAX = 3;

  /** Returned by {@link #beginRead} if the frame does not hold the block. */
  public static final long NOT_HERE = -1;

  final int number;
  final int frameBytes;
  final int frameCount;

  /** The neighbors of each frame in its queue, by frame id. */
  final int[] next;

  final int[] previous;

  /** The queue that each frame is in; null while it is in none. */
  final @Nullable FrameQueue[] queue;

  /** The owner of the block in each frame. */
  final @Nullable CacheRegion[] region;

  /** The cache's count of insertions when the frame was filled. */
  final long[] filledAt;

  /** The last search for a slab to cut again that passed this one over. */
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
      // The index is that of a frame of an earlier slab over the same memory.
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

  /** Counts a use of the block, up to a small maximum; past it, nothing is written. */
  public void touch(int index) {
    int at = (index << META_SHIFT) + USE;
    long use = meta[at];
    if ((use & HEAT_MASK) < HEAT_MAX) {
      // If another thread was faster, its count is as good.
      META.weakCompareAndSetPlain(meta, at, use, use + 1);
    }
  }

  /**
   * Keeps a block in its frame until {@link #unpin}, so that it can be walked over and lent in
   * place. This writes twice to memory that other readers of the block share, so it is not for
   * single entries.
   *
   * @param owner the block that must be in the frame
   * @return whether the block is there and pinned now
   */
  public boolean pin(int index, long owner) {
    if (beginRead(index, owner) == NOT_HERE) {
      return false;
    }
    int at = index << META_SHIFT;
    // This sets the pin and then reads the stamp; invalidate sets the stamp and then reads the pin.
    // So either this sees the eviction, or the eviction sees the pin.
    META.getAndAdd(meta, at + USE, PIN);
    long stamp = (long) META.getVolatile(meta, at + STAMP);
    if ((stamp & 1) == 0 && meta[at + OWNER] == owner) {
      return true;
    }
    unpin(index);
    return false;
  }

  /** Undoes one {@link #pin}. */
  public void unpin(int index) {
    META.getAndAdd(meta, (index << META_SHIFT) + USE, -PIN);
  }

  /** The memory of the frames. */
  public MemorySegment memory() {
    return memory;
  }

  /** Returns where in the memory a frame begins. */
  public long offset(int index) {
    return (long) index * frameBytes;
  }

  /** Returns the length in bytes of the block in a frame; it has to be validated like the bytes. */
  public int length(int index) {
    return (int) meta[(index << META_SHIFT) + LENGTH];
  }

  // The methods below are for the holder of the cache's lock.

  void fill(int index, CacheRegion owner, int ordinal, byte[] source, int length, long now) {
    int at = index << META_SHIFT;
    // The stamp is odd already, and was set before a fence.
    META.setOpaque(meta, at + OWNER, owner.owner(ordinal));
    META.setOpaque(meta, at + LENGTH, (long) length);
    // Not a plain store: a reader may be about to undo a pin that came too late.
    META.getAndBitwiseAnd(meta, at + USE, ~HEAT_MASK);
    MemorySegment.copy(source, 0, memory, ValueLayout.JAVA_BYTE, offset(index), length);
    region[index] = owner;
    filledAt[index] = now;
    META.setRelease(meta, at + STAMP, meta[at + STAMP] + 1);
  }

  /**
   * Invalidates a frame, so that its bytes may be overwritten afterwards; not if a reader has
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
        // The bytes have not changed, so readers that hold the stamp may go on.
        META.setRelease(meta, at + STAMP, stamp);
        return false;
      }
    }
    VarHandle.storeStoreFence();
    META.setOpaque(meta, at + OWNER, NO_OWNER);
    region[index] = null;
    return true;
  }

  /** Invalidates a frame even if it is pinned. Its bytes may be overwritten once no one pins it. */
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

  /** Lowers the heat of a block by an amount that {@link #heat} has shown it to have. */
  void cool(int index, long by) {
    META.getAndAdd(meta, (index << META_SHIFT) + USE, -by);
  }

  int frameId(int index) {
    return (number << BlockCache.INDEX_BITS) | index;
  }
}
