package io.apexstore.engine.cache;

import io.apexstore.stats.StoreStats;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.concurrent.atomic.LongAdder;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * A cache of blocks, shared by all tables of a store.
 *
 * <p>Memory is taken in slabs as blocks come in: small ones at first, so that a small store stays
 * small, then {@value #SLAB_BYTES_MAX} bytes each. A slab is cut into frames of one size class;
 * classes lie a third to a half apart. Where one class needs room and another's blocks have not
 * been wanted for long, a slab of the other in which nothing is pinned is cut anew.
 *
 * <p>A hit goes from the owner's {@link CacheRegion#frameOf} to a {@link Slab}'s frame and is
 * checked there; it takes no lock, holds no reference and writes nothing shared (see {@link Slab}).
 * What a reader must not do is keep addresses: bytes are copied out, then validated; or the frame
 * is pinned, and what is pinned is not given up. Where all frames are pinned, blocks are left out.
 *
 * <p><b>Threads:</b> any. {@link #close()} only once no reader is inside, {@link
 * CacheRegion#close()} once none of that owner's blocks is.
 *
 * <p><b>Invariants:</b> every frame is in exactly one queue of its class, or in none while the lock
 * is held. A region names a frame only after the frame has been filled, and no more once its block
 * was evicted. Slabs are never taken out of the table, only replaced.
 */
public final class BlockCache implements AutoCloseable {
  /** How many bits of a frame's number are its index in the slab. */
  static final int INDEX_BITS = 10;

  static final int INDEX_MASK = (1 << INDEX_BITS) - 1;

  static final int SLAB_BYTES_MAX = 1 << 20;
  private static final int SLAB_BYTES_FIRST = 64 << 10;
  private static final int FRAMES_A_SLAB_MIN = 4;
  private static final int FRAME_BYTES_MIN = 1 << 10;

  /** Where a block that was evicted from the small queue was, see {@link #ghost}. */
  private static final int GHOST_MASK = (1 << 30) - 1;

  /** A slab changes its class if its oldest block is so many times older than the block to go. */
  private static final int AGE_RATIO = 8;

  /** How many slabs are looked at for one in which nothing is pinned. */
  private static final int SLABS_TRIED = 32;

  /** How many frames are passed on the way there. */
  private static final int FRAMES_PASSED = 1 << 13;

  /** After a search for such a slab in vain, so many occasions for another are left out. */
  private static final int PAUSE_AFTER_VAIN_SEARCH = 64;

  private final Arena arena = Arena.ofShared();
  private final ReentrantLock lock = new ReentrantLock();
  private final long budgetBytes;
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
   * Makes an empty cache.
   *
   * @param budgetBytes the most memory it takes for blocks; below 16 KiB it holds nothing
   */
  public BlockCache(long budgetBytes) {
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

  /** Sizes are 1, 1.5, 2, 3, 4, 6, 8 … KiB. */
  private static int classBytes(int number) {
    int power = FRAME_BYTES_MIN << (number / 2);
    return number % 2 == 0 ? power : power + power / 2;
  }

  /**
   * Takes in an owner of blocks.
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

  /** Notes that a block was found. */
  public void countHit() {
    hits.increment();
  }

  /** Notes that a block was not there and had to be read. */
  public void countMiss() {
    misses.increment();
  }

  /** Returns the longest block that the cache takes, in bytes. */
  public int blockBytesMax() {
    return classes.length == 0 ? 0 : classes[classes.length - 1].frameBytes;
  }

  /**
   * Puts a block in, which may take others out. Does nothing if the block is there already or is
   * too large.
   *
   * @param owner whose block it is
   * @param ordinal its number there
   * @param bytes the block, from index 0
   * @param length its length in bytes
   */
  public void insert(CacheRegion owner, int ordinal, byte[] bytes, int length) {
    insert(owner, ordinal, bytes, length, false);
  }

  /**
   * Does {@link #insert} with a block that stands for others that are here and wanted: it need not
   * prove itself before it is kept.
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
      sizeClass.recall(this);
    }
    if (sizeClass.free.count() == 0 && !addSlab(sizeClass)) {
      giveUpOne(sizeClass);
    }
    return sizeClass.free.count() == 0 ? FrameQueue.NONE : sizeClass.free.poll();
  }

  private void giveUpOne(SizeClass sizeClass) {
    SizeClass other = oldestClass(sizeClass);
    int victim = sizeClass.takeVictim(this);
    if (victim == FrameQueue.NONE) {
      stealSlab(sizeClass, other, 0);
      return;
    }
    long olderThan = AGE_RATIO * (age(victim) + 1) - 1;
    if (!evict(victim)) {
      sizeClass.held.append(victim);
      return;
    }
    sizeClass.free.append(victim);
    stealSlab(sizeClass, other, olderThan);
  }

  private long age(int frame) {
    return insertions - slab(frame).filledAt[index(frame)];
  }

  /** Returns the class, other than one, that holds the oldest block; null if none can give any. */
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

  /** Cuts a slab of another class for this one, if one is found that {@link #oldestFree} allows. */
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
        // A reader came since the search: what was evicted serves the other class.
        other.held.append(frame);
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
   * Returns the slab with the oldest block of a class, among those in which nothing is pinned and
   * which have room for a frame of so many bytes; null if none of the first few is such, or the
   * block is not older than that.
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
   * Makes a frame unreadable and tells its owner; false, and nothing is changed, if it is pinned.
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
   * Returns what stands for a block that was evicted at a time: below {@link CacheRegion#ABSENT}.
   */
  private static int ghost(long now) {
    return -2 - (int) (now & GHOST_MASK);
  }

  /** Whether a block was evicted so lately that a cache half as large again would have kept it. */
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
    // Nobody reads a table that is closed; but who read what the frame held before may have set a
    // pin just now. It will be seen to be late and taken back, and until then the frame waits.
    slab.retire(index);
    usedBytes -= slab.frameBytes;
    blocks--;
    SizeClass sizeClass = classes[classOf(slab.frameBytes)];
    (slab.isPinned(index) ? sizeClass.held : sizeClass.free).append(frame);
  }

  /** Returns what the cache holds and has done. */
  public StoreStats.CacheStats stats() {
    lock.lock();
    try {
      return new StoreStats.CacheStats(
          hits.sum(), misses.sum(), evictions, blocks, usedBytes, allocatedBytes, budgetBytes);
    } finally {
      lock.unlock();
    }
  }

  /** Gives all memory back. No region may be used afterwards. */
  @Override
  public void close() {
    arena.close();
  }
}
