package io.apexstore.engine.cache;

/**
 * A first-in, first-out queue of frames, linked through their slabs. Frames can be removed from its
 * middle.
 *
 * <p><b>Threads:</b> under the cache's lock.
 */
final class FrameQueue {
  /** No frame. */
  static final int NONE = -1;

  private final BlockCache cache;
  private int head = NONE;
  private int tail = NONE;
  private int count;

  FrameQueue(BlockCache cache) {
    this.cache = cache;
  }

  int count() {
    return count;
  }

  /** The frame that was appended first, or {@link #NONE}. */
  int head() {
    return head;
  }

  void append(int frame) {
    Slab slab = cache.slab(frame);
    int index = BlockCache.index(frame);
    slab.queue[index] = this;
    slab.previous[index] = tail;
    slab.next[index] = NONE;
    if (tail == NONE) {
      head = frame;
    } else {
      cache.slab(tail).next[BlockCache.index(tail)] = frame;
    }
    tail = frame;
    count++;
  }

  /** Removes and returns the frame that was appended first; the queue must not be empty. */
  int poll() {
    int frame = head;
    remove(frame);
    return frame;
  }

  void remove(int frame) {
    Slab slab = cache.slab(frame);
    int index = BlockCache.index(frame);
    int before = slab.previous[index];
    int after = slab.next[index];
    if (before == NONE) {
      head = after;
    } else {
      cache.slab(before).next[BlockCache.index(before)] = after;
    }
    if (after == NONE) {
      tail = before;
    } else {
      cache.slab(after).previous[BlockCache.index(after)] = before;
    }
    slab.queue[index] = null;
    count--;
  }
}
