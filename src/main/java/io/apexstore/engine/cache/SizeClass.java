package io.apexstore.engine.cache;

/**
 * The frames of one size and the order in which their blocks are evicted.
 *
 * <p>The order is S3-FIFO (Yang et al.: FIFO Queues are All You Need for Cache Eviction, 2023). A
 * new block enters a small queue. When it reaches the head of that queue, it moves to the main
 * queue if it was read meanwhile, and is evicted otherwise. So blocks that are read once, by a scan
 * or a compaction, pass through a tenth of the cache and leave the rest alone. A block that was
 * evicted in this way and is read again soon enters the main queue at once. In the main queue, a
 * block that was read goes to the tail again.
 *
 * <p>A frame that is pinned when its turn comes is set aside until it is unpinned; then it joins
 * the main queue. So the block that {@link #oldest} returns can nearly always be evicted.
 *
 * <p><b>Threads:</b> under the cache's lock.
 */
final class SizeClass {
  private static final int SMALL_SHARE = 10;

  /** The frames set aside as pinned that are looked at again each time. */
  private static final int RECLAIMS = 2;

  final int frameBytes;
  final FrameQueue free;
  final FrameQueue small;
  final FrameQueue main;

  /**
   * Frames that were pinned when their turn came, and pinned frames that hold no block any longer.
   */
  final FrameQueue pinned;

  SizeClass(BlockCache cache, int frameBytes) {
    this.frameBytes = frameBytes;
    this.free = new FrameQueue(cache);
    this.small = new FrameQueue(cache);
    this.main = new FrameQueue(cache);
    this.pinned = new FrameQueue(cache);
  }

  /** The number of frames that hold a block, about: frames set aside count. */
  int filled() {
    return small.count() + main.count() + pinned.count();
  }

  /** Whether a frame is in the small or the main queue. */
  boolean hasCandidates() {
    return small.count() + main.count() > 0;
  }

  /**
   * Returns frames that are no longer pinned to their queues: a few, or all if there are no
   * candidates.
   */
  void reclaim(BlockCache cache) {
    int looks = hasCandidates() ? Math.min(RECLAIMS, pinned.count()) : pinned.count();
    for (; looks > 0; looks--) {
      int frame = pinned.poll();
      Slab slab = cache.slab(frame);
      int index = BlockCache.index(frame);
      if (slab.isPinned(index)) {
        pinned.append(frame);
      } else {
        (slab.isFilled(index) ? main : free).append(frame);
      }
    }
  }

  /**
   * Takes the frame whose block is evicted next out of its queue.
   *
   * @return {@link FrameQueue#NONE} if all frames are pinned, or were when it was their turn
   */
  int takeVictim(BlockCache cache) {
    // Readers heat frames while this goes round; the bound ends it.
    for (int tries = 4 * filled(); tries > 0 && hasCandidates(); tries--) {
      boolean fromSmall = small.count() > filled() / SMALL_SHARE || main.count() == 0;
      int frame = fromSmall ? small.poll() : main.poll();
      Slab slab = cache.slab(frame);
      int index = BlockCache.index(frame);
      if (slab.isPinned(index)) {
        pinned.append(frame);
        continue;
      }
      long heat = slab.heat(index);
      if (heat == 0) {
        return frame;
      }
      slab.cool(index, fromSmall ? heat : 1);
      main.append(frame);
    }
    return FrameQueue.NONE;
  }

  /**
   * Returns the frame that has been in the cache longest, about, of those that were not found
   * pinned; {@link FrameQueue#NONE} if there is none.
   */
  int oldest() {
    return main.count() > 0 ? main.head() : small.head();
  }

  /**
   * Returns the frame whose turn is after another's, starting from {@link #oldest}; {@link
   * FrameQueue#NONE} at the end.
   */
  int nextOldest(BlockCache cache, int frame) {
    Slab slab = cache.slab(frame);
    int index = BlockCache.index(frame);
    int next = slab.next[index];
    return next == FrameQueue.NONE && slab.queue[index] == main ? small.head() : next;
  }
}
