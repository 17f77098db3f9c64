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
 * <p><b>Threads:</b> under the cache's lock.
 */
final class SizeClass {
  private static final int SMALL_SHARE = 10;

  final int frameBytes;
  final FrameQueue free;
  final FrameQueue small;
  final FrameQueue main;

  SizeClass(BlockCache cache, int frameBytes) {
    this.frameBytes = frameBytes;
    this.free = new FrameQueue(cache);
    this.small = new FrameQueue(cache);
    this.main = new FrameQueue(cache);
  }

  /** How many frames hold a block. */
  int filled() {
    return small.count() + main.count();
  }

  /**
   * Takes the frame to be given up next out of its queue. There must be one that holds a block.
   *
   * @return {@link FrameQueue#NONE} if all are pinned, or were when it was their turn
   */
  int takeVictim(BlockCache cache) {
    // Readers heat frames while the hand goes round; the bound keeps that from going on for ever.
    for (int tries = 4 * filled(); tries > 0; tries--) {
      boolean fromSmall = small.count() > filled() / SMALL_SHARE || main.count() == 0;
      int frame = fromSmall ? small.poll() : main.poll();
      Slab slab = cache.slab(frame);
      int index = BlockCache.index(frame);
      long heat = slab.heat(index);
      boolean pinned = slab.isPinned(index);
      if (heat == 0 && !pinned) {
        return frame;
      }
      if (heat > 0) {
        slab.cool(index, fromSmall ? heat : 1);
      }
      main.append(frame);
    }
    return FrameQueue.NONE;
  }

  /**
   * Returns the frame that has been in the cache longest, nearly; {@link FrameQueue#NONE} if none.
   */
  int oldest() {
    return main.count() > 0 ? main.head() : small.head();
  }
}
