package io.apexstore.engine.cache;

import io.apexstore.stats.StoreStats;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.concurrent.atomic.LongAdder;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * A cache of blocks that all tables of a store share.
 *
 * <p>Memory is allocated in slabs as blocks are inserted: small ones at first, so that a small
 * store stays small, then {@value #SLAB_BYTES_MAX} bytes each. A slab is cut into frames of one
 * size class; classes lie a third to a half apart. If one class needs room, and the blocks of
 * another have not been used for long, a slab of the other class without pinned frames is cut again
 * for the first.
 *
 * <p>A hit goes from the owner's {@link CacheRegion#frameOf} to a {@link Slab}'s frame and is
 * checked there; it takes no lock, holds no reference and writes nothing shared (see {@link Slab}).
 * A reader must not keep addresses: it copies bytes out and validates them, or it pins the frame. A
 * pinned frame is not evicted. If all frames are pinned, new blocks are not cached.
 *
 * <p><b>Threads:</b> any. {@link #close()} only when no reader is left, {@link CacheRegion#close()}
 * only when no reader of that owner's blocks is left.
 *
 * <p><b>Invariants:</b> every frame is in exactly one queue of its class, or in none while the lock
 * is held. A region names a frame only after the frame has been filled, and no longer once its
 * block was evicted. Slabs are never removed from the table, only replaced.
 */
public final class BlockCache implements AutoCloseable {
  /** The low bits of a frame's number that are its index in the slab. */
  static final int INDEX_BITS = 10;

  static final int INDEX_MASK = (1 << INDEX_BITS) - 1;

  static final int SLAB_BYTES_MAX = 1 << 20;
  private static final int SLAB_BYTES_FIRST = 64 << 10;
  private static final int FRAMES_A_SLAB_MIN = 4;
  private static final int FRAME_BYTES_MIN = 1 << 10;

  /** The bits of the insertion count that are kept for an evicted block, see {@link #ghost}. */
  private static final int GHOST_MASK = (1 << 30) - 1;

  /**
   * A slab changes its class if its oldest block is this many times older than the block to evict.
   */
  private static final int AGE_RATIO = 8;

  /** The slabs that one search for a slab without pinned frames looks at. */
  private static final int SLABS_TRIED = 32;

  /** The frames that one such search passes. */
  private static final int FRAMES_PASSED = 1 << 13;

  /** After such a search in vain, this many occasions for another one are skipped. */
  private static final int PAUSE_AFTER_VAIN_SEARCH = 64;

  private final Arena arena = Arena.ofShared();
  private final ReentrantLock lock = new ReentrantLock();
  private final long budgetBytes;
  private final LargeBlocks large;
  private final @Nullable Slab[] slabs;
  private final SizeClass[] classes;
  private final HitCounter hits = new HitCounter();
  private final LongAdder misses = new LongAdder();

  // Under the lock.
  private int slabCount;
  private long allocatedBytes;
  private long usedBytes;
  private long blocks;
  private long evictions;
  private long insertions;
  private int regions;
  private long searches;
  private int searchesToSkip;

  /**
   * Creates an empty cache.
   *
   * @param budgetBytes the most memory for blocks, in bytes; below 16 KiB the cache holds nothing
   */
  public BlockCache(long budgetBytes) {
    this(budgetBytes, Long.MAX_VALUE);
  }

  /**
   * Creates an empty cache.
   *
   * @param budgetBytes the most memory for blocks, in bytes; below 16 KiB the cache holds nothing
   * @param largeBytesMax the most memory for blocks that are too large for the cache, while they
   *     are read, in bytes
   */
  public BlockCache(long budgetBytes, long largeBytesMax) {
    this.large = new LargeBlocks(largeBytesMax);
    this.budgetBytes = budgetBytes;
    long small = SLAB_BYTES_MAX / SLAB_BYTES_FIRST;
    this.slabs = new Slab[(int) Math.min(1 << 20, small + 1 + budgetBytes / SLAB_BYTES_MAX)];
    long largest = Math.min(SLAB_BYTES_MAX, budgetBytes / 2) / FRAMES_A_SLAB_MIN;
    int count = 0;
    while (classBytes(count) <= largest) {
      count++;
    }
    this.classes = new SizeClass[count];
    for (int i = 0; i < count; i++) {
      classes[i] = new SizeClass(this, classBytes(i));
    }
  }

  /** Returns the frame size of a class: 1, 1.5, 2, 3, 4, 6, 8 … KiB. */
  private static int classBytes(int number) {
    int power = FRAME_BYTES_MIN << (number / 2);
    return number % 2 == 0 ? power : power + power / 2;
  }

  /**
   * Registers an owner of blocks.
   *
   * @param frames memory of {@link CacheRegion#bytesFor} bytes, aligned to four; it must live until
   *     the region is closed
   */
  public CacheRegion register(MemorySegment frames) {
    frames.fill((byte) 0xFF);
    lock.lock();
    try {
      return new CacheRegion(this, ++regions, frames);
    } finally {
      lock.unlock();
    }
  }

  /** Returns the slab of a frame. */
  public Slab slab(int frame) {
    Slab slab = slabs[frame >>> INDEX_BITS];
    if (slab == null) {
      throw new IllegalArgumentException("frame " + frame);
    }
    return slab;
  }

  /** Returns the index of a frame in its slab. */
  public static int index(int frame) {
    return frame & INDEX_MASK;
  }

  /** Returns the memory of the blocks that are too large for the cache. */
  public LargeBlocks large() {
    return large;
  }

  /** Counts a block that was found. */
  public void countHit() {
    hits.increment();
  }

  /** Counts a block that was not found and had to be read. */
  public void countMiss() {
    misses.increment();
  }

  /** Returns the length in bytes of the longest block that the cache accepts. */
  int blockBytesMax() {
    return classes.length == 0 ? 0 : classes[classes.length - 1].frameBytes;
  }

  /**
   * Inserts a block, which may evict others. Does nothing if the block is in the cache already or
   * is too large.
   *
   * @param owner the owner of the block
   * @param ordinal the block's number at its owner
   * @param bytes the block, from index 0
   * @param length its length in bytes
   */
  public void insert(CacheRegion owner, int ordinal, byte[] bytes, int length) {
    insert(owner, ordinal, bytes, length, false);
  }

  /**
   * Inserts a block that replaces cached blocks which readers use. It enters the main queue at
   * once, without probation; otherwise like {@link #insert}.
   */
  public void insertWanted(CacheRegion owner, int ordinal, byte[] bytes, int length) {
    insert(owner, ordinal, bytes, length, true);
  }

  private void insert(CacheRegion owner, int ordinal, byte[] bytes, int length, boolean isWanted) {
    if (length > blockBytesMax()) {
      return;
    }
    SizeClass sizeClass = classes[classOf(length)];
    lock.lock();
    try {
      int before = owner.frameOf(ordinal);
      if (before >= 0) {
        return;
      }
      int frame = takeFrame(sizeClass);
      if (frame == FrameQueue.NONE) {
        return;
      }
      insertions++;
      slab(frame).fill(index(frame), owner, ordinal, bytes, length, insertions);
      boolean keeps = isWanted || isRecentGhost(before, sizeClass);
      (keeps ? sizeClass.main : sizeClass.small).append(frame);
      owner.setFrame(ordinal, frame);
      usedBytes += sizeClass.frameBytes;
      blocks++;
    } finally {
      lock.unlock();
    }
  }

  private int classOf(int length) {
    int number = 0;
    while (classes[number].frameBytes < length) {
      number++;
    }
    return number;
  }

  private int takeFrame(SizeClass sizeClass) {
    if (sizeClass.free.count() == 0) {
      sizeClass.reclaim(this);
    }
    if (sizeClass.free.count() == 0 && !addSlab(sizeClass)) {
      evictOne(sizeClass);
    }
    return sizeClass.free.count() == 0 ? FrameQueue.NONE : sizeClass.free.poll();
  }

  private void evictOne(SizeClass sizeClass) {
    SizeClass other = oldestClass(sizeClass);
    int victim = sizeClass.takeVictim(this);
    if (victim == FrameQueue.NONE) {
      stealSlab(sizeClass, other, 0);
      return;
    }
    long olderThan = AGE_RATIO * (age(victim) + 1) - 1;
    if (!evict(victim)) {
      sizeClass.pinned.append(victim);
      return;
    }
    sizeClass.free.append(victim);
    stealSlab(sizeClass, other, olderThan);
  }

  private long age(int frame) {
    return insertions - slab(frame).filledAt[index(frame)];
  }

  /**
   * Returns the class, other than {@code except}, that holds the oldest block; null if none can be
   * evicted.
   */
  private @Nullable SizeClass oldestClass(SizeClass except) {
    SizeClass oldest = null;
    for (SizeClass candidate : classes) {
      if (candidate != except
          && candidate.hasCandidates()
          && (oldest == null || age(candidate.oldest()) > age(oldest.oldest()))) {
        oldest = candidate;
      }
    }
    return oldest;
  }

  private boolean addSlab(SizeClass sizeClass) {
    long bytes = allocatedBytes < SLAB_BYTES_MAX ? SLAB_BYTES_FIRST : SLAB_BYTES_MAX;
    bytes = Math.max(bytes, (long) sizeClass.frameBytes * FRAMES_A_SLAB_MIN);
    bytes = Math.min(bytes, budgetBytes - allocatedBytes);
    if (bytes < sizeClass.frameBytes || slabCount == slabs.length) {
      return false;
    }
    MemorySegment memory = arena.allocate(bytes, 64);
    allocatedBytes += bytes;
    cut(slabCount++, memory, sizeClass);
    return true;
  }

  private void cut(int number, MemorySegment memory, SizeClass sizeClass) {
    Slab slab = new Slab(number, memory, sizeClass.frameBytes);
    slabs[number] = slab;
    for (int i = 0; i < slab.frameCount; i++) {
      sizeClass.free.append(slab.frameId(i));
    }
  }

  /** Cuts a slab of another class for this one, if {@link #oldestFree} finds one. */
  private void stealSlab(SizeClass sizeClass, @Nullable SizeClass other, long olderThan) {
    Slab slab = other == null ? null : oldestFree(other, sizeClass.frameBytes, olderThan);
    if (other == null || slab == null) {
      return;
    }
    for (int i = 0; i < slab.frameCount; i++) {
      int frame = slab.frameId(i);
      FrameQueue queue = slab.queue[i];
      if (queue == null || queue == other.free) {
        continue;
      }
      queue.remove(frame);
      if (slab.isFilled(i) && !evict(frame)) {
        // A reader has pinned it since the search. The frames evicted so far serve the other class.
        other.pinned.append(frame);
        return;
      }
      other.free.append(frame);
    }
    for (int i = 0; i < slab.frameCount; i++) {
      other.free.remove(slab.frameId(i));
    }
    cut(slab.number, slab.memory(), sizeClass);
  }

  /**
   * Returns the slab that holds the oldest block of a class, among the slabs that have no pinned
   * frame and room for a frame of {@code frameBytes}; null if none of the first few qualifies, or
   * if the block is not older than {@code olderThan}.
   */
  private @Nullable Slab oldestFree(SizeClass sizeClass, int frameBytes, long olderThan) {
    int frame = sizeClass.oldest();
    if (frame == FrameQueue.NONE || age(frame) <= olderThan) {
      return null;
    }
    if (searchesToSkip > 0) {
      searchesToSkip--;
      return null;
    }
    searches++;
    int tries = SLABS_TRIED;
    for (int passed = 0; frame != FrameQueue.NONE && passed < FRAMES_PASSED; passed++) {
      Slab slab = slab(frame);
      if (slab.passedOverIn != searches && age(frame) > olderThan) {
        if (slab.memory().byteSize() >= frameBytes) {
          if (!slab.isAnyPinned()) {
            return slab;
          }
          if (--tries == 0) {
            break;
          }
        }
        slab.passedOverIn = searches;
      }
      frame = sizeClass.nextOldest(this, frame);
    }
    searchesToSkip = PAUSE_AFTER_VAIN_SEARCH;
    return null;
  }

  /**
   * Evicts the block of a frame and removes it from its region; if the frame is pinned, returns
   * false and changes nothing.
   */
  private boolean evict(int frame) {
    Slab slab = slab(frame);
    int index = index(frame);
    CacheRegion owner = slab.region[index];
    int ordinal = slab.ordinal(index);
    if (!slab.invalidate(index)) {
      return false;
    }
    if (owner != null) {
      owner.setFrame(ordinal, ghost(insertions));
    }
    usedBytes -= slab.frameBytes;
    blocks--;
    evictions++;
    return true;
  }

  /**
   * Returns the mark of a block that was evicted at a time; it is below {@link CacheRegion#ABSENT}.
   */
  private static int ghost(long now) {
    return -2 - (int) (now & GHOST_MASK);
  }

  /**
   * Whether a block was evicted so recently that a cache half as large again would have kept it.
   */
  private boolean isRecentGhost(int frame, SizeClass sizeClass) {
    if (frame == CacheRegion.ABSENT) {
      return false;
    }
    long since = (insertions - (-2L - frame)) & GHOST_MASK;
    return since <= sizeClass.filled();
  }

  void release(CacheRegion owner) {
    lock.lock();
    try {
      for (int ordinal = 0; ordinal < owner.blockCount(); ordinal++) {
        int frame = owner.frameOf(ordinal);
        if (frame >= 0) {
          releaseFrame(frame);
        }
      }
    } finally {
      lock.unlock();
    }
  }

  private void releaseFrame(int frame) {
    Slab slab = slab(frame);
    int index = index(frame);
    FrameQueue queue = slab.queue[index];
    if (queue != null) {
      queue.remove(frame);
    }
    // No one reads a closed table. But a reader of the frame's earlier block may have set a pin
    // just
    // now. It will find that it is too late and unpin; until then the frame is not free.
    slab.retire(index);
    usedBytes -= slab.frameBytes;
    blocks--;
    SizeClass sizeClass = classes[classOf(slab.frameBytes)];
    (slab.isPinned(index) ? sizeClass.pinned : sizeClass.free).append(frame);
  }

  /** Returns the figures of the cache. */
  public StoreStats.CacheStats stats() {
    lock.lock();
    try {
      return new StoreStats.CacheStats(
          hits.sum(),
          misses.sum(),
          evictions,
          blocks,
          usedBytes,
          allocatedBytes,
          budgetBytes,
          large.bytes(),
          large.bytesMax());
    } finally {
      lock.unlock();
    }
  }

  /** Releases all memory. No region may be used afterwards. */
  @Override
  public void close() {
    arena.close();
  }
}
