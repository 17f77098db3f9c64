package io.apexstore.engine.sstable;

import java.util.concurrent.atomic.AtomicReferenceArray;

/**
 * The scratches that are not in use, for the tables of a store.
 *
 * <p><b>Threads:</b> any. <b>Invariants:</b> a scratch is in the pool or with one reader, never
 * both; if the pool has no place for a scratch, it is left to the garbage collector.
 */
final class ScratchPool {
  private static final int PLACES = 32;
  private static final int STEP = 8; // One place a cache line.
  private static final int TRIES = 4;

  private final AtomicReferenceArray<Scratch> places = new AtomicReferenceArray<>(PLACES * STEP);

  Scratch take() {
    int start = (int) Thread.currentThread().threadId();
    for (int i = 0; i < TRIES; i++) {
      int place = ((start + i) % PLACES) * STEP;
      if (places.getPlain(place) != null) {
        Scratch scratch = places.getAndSet(place, null);
        if (scratch != null) {
          return scratch;
        }
      }
    }
    return new Scratch();
  }

  void release(Scratch scratch) {
    scratch.trim();
    int start = (int) Thread.currentThread().threadId();
    for (int i = 0; i < TRIES; i++) {
      int place = ((start + i) % PLACES) * STEP;
      if (places.getPlain(place) == null && places.compareAndSet(place, null, scratch)) {
        return;
      }
    }
  }
}
