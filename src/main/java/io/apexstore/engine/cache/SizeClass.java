package io.apexstore.engine.cache;

/**
 * The frames of one size and the order in which they are given up.
 *
 * <p>That order is S3-FIFO (Yang et al.: FIFO Queues are All You Need for Cache Eviction, 2023). A
 * new block enters a small queue; when it comes to that queue's head it moves to the main queue if
 * it was read meanwhile, and goes otherwise. So what is read once, by a scan or a compaction,
 * passes through a tenth of the cache and leaves the rest alone. A block that went that way and is
 * wanted again soon enters the main queue at once. In the main queue a block that was read goes
 * round again.
 *
 * <p>A frame that is found pinned when its turn comes waits beside the two queues until it is not
 * pinned any more, and then joins the main one. What {@link #oldest} names is thereby, nearly
 * always, something that can go.
 *
 * <p><b>Threads:</b> under the cache's lock.
 */
final class SizeClass {
  private static final int SMALL_SHARE = 10;

  /** How many of the frames that were found pinned are looked at again each time. */
  private static final int RECLAIMS = 2;

  final int frameBytes;
  final FrameQueue free;
  final FrameQueue small;
  final FrameQueue main;

  /** Frames that were pinned when they were to go, and such as hold no block any more. */
  final FrameQueue pinned;

  SizeClass(BlockCache cache, int frameBytes) {
    this.frameBytes = frameBytes;
    this.free = new FrameQueue(cache);
    this.small = new FrameQueue(cache);
    this.main = new FrameQueue(cache);
    this.pinned = new FrameQueue(cache);
  }

  /** How many frames hold a block, nearly: those that are held count. */
  int filled() {
    return small.count() + main.count() + pinned.count();
  }

  /** Whether there is a frame whose turn can come. */
  boolean hasCandidates() {
    return small.count() + main.count() > 0;
  }

  /** Takes back some of the frames that were pinned; all, where there are no others. */
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
   * Takes the frame to be given up next out of its queue.
   *
   * @return {@link FrameQueue#NONE} if all are pinned, or were when it was their turn
   */
  int takeVictim(BlockCache cache) {
    // Readers heat frames while the hand goes round; the bound keeps that from going on for ever.
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
   * Returns the frame that has been in the cache longest, nearly, of those that were not found
   * pinned; {@link FrameQueue#NONE} if none.
   */
  int oldest() {
    return main.count() > 0 ? main.head() : small.head();
  }

  /** Returns the frame whose turn is after another's, from {@link #oldest} on; at last none. */
  int nextOldest(BlockCache cache, int frame) {
    Slab slab = cache.slab(frame);
    int index = BlockCache.index(frame);
    int next = slab.next[index];
    return next == FrameQueue.NONE && slab.queue[index] == main ? small.head() : next;
  }
}
