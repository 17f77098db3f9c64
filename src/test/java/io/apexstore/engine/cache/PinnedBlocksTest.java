package io.apexstore.engine.cache;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.HashSet;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** The cost of blocks that stay pinned by idle cursors to the other blocks. */
final class PinnedBlocksTest {
  private static final int BLOCK = 4000;
  private static final int LARGER = 6000;

  @Test
  void ifEachSlabHoldsAPinnedBlockItsOtherBlocksStay() {
    try (CacheFixture fixture = new CacheFixture(4 << 20)) {
      CacheFixture.Owner small = fixture.owner(1000);
      insert(small, 0, 1000);
      int there = small.countHeld(0, 1000);
      Set<Slab> pinned = new HashSet<>();
      for (int ordinal = 0; ordinal < 1000; ordinal++) {
        int frame = small.region.frameOf(ordinal);
        if (frame >= 0 && pinned.add(fixture.cache.slab(frame))) {
          assertNotNull(small.pin(ordinal));
        }
      }
      CacheFixture.Owner large = fixture.owner(50);
      for (int i = 0; i < 1000; i++) {
        large.readOrInsert(i % 50, LARGER);
      }
      assertEquals(there, small.countHeld(0, 1000), () -> "" + fixture.cache.stats());
    }
  }

  @Test
  void aSlabWithAPinnedBlockIsPassedOverForOneWithout() {
    try (CacheFixture fixture = new CacheFixture(4 << 20)) {
      CacheFixture.Owner small = fixture.owner(1000);
      insert(small, 0, 1000);
      int first = 0;
      while (small.region.frameOf(first) < 0) {
        first++;
      }
      assertNotNull(small.pin(first));
      int there = small.countHeld(0, 1000);
      CacheFixture.Owner large = fixture.owner(50);
      for (int i = 0; i < 1000; i++) {
        large.readOrInsert(i % 50, LARGER);
      }
      assertEquals(50, large.countHeld(0, 50));
      assertTrue(small.isRight(first));
      assertTrue(
          small.countHeld(0, 1000) >= there - 256, () -> "one slab, not " + fixture.cache.stats());
    }
  }

  @Test
  void idleCursorsDoNotEvictAWorkingSetThatFits() {
    for (int pins : new int[] {0, 1, 4, 8}) {
      try (CacheFixture fixture = new CacheFixture(16 << 20)) {
        CacheFixture.Owner small = fixture.owner(8000);
        CacheFixture.Owner large = fixture.owner(300);
        insert(small, 0, 6000);
        Random random = new Random(1);
        for (int done = 0; done < pins; ) {
          done += small.pin(random.nextInt(6000)) == null ? 0 : 1;
        }
        int misses = 0;
        for (int i = 0; i < 120_000; i++) {
          boolean isSmall = random.nextInt(4) > 0;
          CacheFixture.Owner owner = isSmall ? small : large;
          int ordinal = isSmall ? 6000 + random.nextInt(2000) : random.nextInt(300);
          if (owner.read(ordinal) == null) {
            misses += i < 60_000 ? 0 : 1;
            owner.insert(ordinal, isSmall ? BLOCK : LARGER);
          }
        }
        assertTrue(misses < 600, misses + " of 60000 reads missed beside " + pins + " pins");
      }
    }
  }

  @Test
  void aSizeClassWhoseBlocksAreAllPinnedTakesRoomOfAnother() {
    try (CacheFixture fixture = new CacheFixture(4 << 20)) {
      CacheFixture.Owner large = fixture.owner(400);
      CacheFixture.Owner small = fixture.owner(2000);
      large.insert(0, LARGER);
      Slab slab = large.pin(0);
      assertNotNull(slab);
      for (int ordinal = 1; ordinal < slab.frameCount; ordinal++) {
        large.insert(ordinal, LARGER);
        assertNotNull(large.pin(ordinal));
      }
      insert(small, 0, 2000);
      for (int i = 0; i < 200; i++) {
        large.readOrInsert(200 + i % 50, LARGER);
      }
      assertEquals(50, large.countHeld(200, 250));
    }
  }

  @Test
  void anOwnerClosesThoughAReaderOfAnotherPinsItsFrameTooLate() {
    try (CacheFixture fixture = new CacheFixture(64 << 10)) {
      CacheFixture.Owner owner = fixture.owner(64);
      insert(owner, 0, 64);
      int pinned = 63;
      Slab slab = owner.pin(pinned);
      assertNotNull(slab);
      int index = BlockCache.index(owner.region.frameOf(pinned));
      owner.close();
      assertEquals(0, fixture.cache.stats().blocks());
      assertEquals(0, fixture.cache.stats().bytes());
      CacheFixture.Owner next = fixture.owner(64);
      insert(next, 0, 64);
      assertFalse(slab.isFilled(index), "a pinned frame was filled");
      slab.unpin(index);
      insert(next, 0, 64);
      assertTrue(slab.isFilled(index), "the frame is lost");
      next.close();
      assertEquals(0, fixture.cache.stats().bytes());
    }
  }

  private static void insert(CacheFixture.Owner owner, int from, int to) {
    for (int ordinal = from; ordinal < to; ordinal++) {
      owner.insert(ordinal, BLOCK);
    }
  }
}
