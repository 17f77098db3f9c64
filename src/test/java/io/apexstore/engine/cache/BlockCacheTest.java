package io.apexstore.engine.cache;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.apexstore.stats.StoreStats;
import java.lang.foreign.Arena;
import java.util.Random;
import org.junit.jupiter.api.Test;

final class BlockCacheTest {
  private static final int BLOCK = 4096;

  @Test
  void aBlockIsReadAsItWasInserted() {
    try (CacheFixture fixture = new CacheFixture(1 << 20)) {
      CacheFixture.Owner owner = fixture.owner(100);
      Random random = new Random(1);
      for (int ordinal = 0; ordinal < 100; ordinal++) {
        owner.insert(ordinal, 1 + random.nextInt(8000));
      }
      for (int ordinal = 0; ordinal < 100; ordinal++) {
        assertTrue(owner.isRight(ordinal));
      }
      assertEquals(100, fixture.cache.stats().blocks());
    }
  }

  @Test
  void anEmptyCacheTakesNoMemoryAndASmallOneLittle() {
    try (CacheFixture fixture = new CacheFixture(64 << 20)) {
      assertEquals(0, fixture.cache.stats().allocatedBytes());
      CacheFixture.Owner owner = fixture.owner(10);
      for (int ordinal = 0; ordinal < 10; ordinal++) {
        owner.insert(ordinal, BLOCK);
      }
      assertTrue(fixture.cache.stats().allocatedBytes() <= 128 << 10);
    }
  }

  @Test
  void theBudgetIsKeptWhateverIsInserted() {
    for (long budget : new long[] {0, 1000, 16 << 10, 100_000, 1 << 20, 5_000_000}) {
      try (CacheFixture fixture = new CacheFixture(budget)) {
        CacheFixture.Owner owner = fixture.owner(3000);
        Random random = new Random(budget);
        for (int ordinal = 0; ordinal < 3000; ordinal++) {
          owner.insert(ordinal, 1 + random.nextInt(random.nextBoolean() ? 5000 : 100_000));
        }
        StoreStats.CacheStats stats = fixture.cache.stats();
        assertTrue(stats.allocatedBytes() <= budget, stats::toString);
        assertTrue(stats.bytes() <= stats.allocatedBytes(), stats::toString);
        int right = 0;
        for (int ordinal = 0; ordinal < 3000; ordinal++) {
          right += owner.isRight(ordinal) ? 1 : 0;
        }
        assertEquals(stats.blocks(), right, stats::toString);
        assertTrue(budget < 100_000 || right > 0, stats::toString);
      }
    }
  }

  @Test
  void aBlockLargerThanTheLargestFrameIsNotCached() {
    try (CacheFixture fixture = new CacheFixture(16 << 20)) {
      CacheFixture.Owner owner = fixture.owner(2);
      int longest = fixture.cache.blockBytesMax();
      assertEquals(256 << 10, longest);
      owner.insert(0, longest);
      owner.insert(1, longest + 1);
      assertTrue(owner.isRight(0));
      assertNull(owner.read(1));
    }
  }

  @Test
  void blocksReadOnceByAScanDoNotEvictBlocksInUse() {
    try (CacheFixture fixture = new CacheFixture(4 << 20)) {
      CacheFixture.Owner hot = fixture.owner(500);
      for (int round = 0; round < 3; round++) {
        for (int ordinal = 0; ordinal < 500; ordinal++) {
          hot.readOrInsert(ordinal, BLOCK);
        }
      }
      CacheFixture.Owner scanned = fixture.owner(20_000);
      for (int ordinal = 0; ordinal < 20_000; ordinal++) {
        scanned.readOrInsert(ordinal, BLOCK);
      }
      int kept = 0;
      for (int ordinal = 0; ordinal < 500; ordinal++) {
        kept += hot.read(ordinal) == null ? 0 : 1;
      }
      assertTrue(kept > 450, "kept " + kept);
    }
  }

  @Test
  void aBlockReadAgainSoonAfterItsEvictionStays() {
    try (CacheFixture fixture = new CacheFixture(1 << 20)) {
      CacheFixture.Owner owner = fixture.owner(10_000);
      int next = 1;
      owner.insert(0, BLOCK);
      while (owner.region.frameOf(0) >= 0) {
        next = fill(owner, next, 1);
      }
      owner.insert(0, BLOCK);
      fill(owner, next, 2000);
      assertNotNull(owner.read(0));
      owner.insert(1, BLOCK);
      fill(owner, next + 2000, 2000);
      assertNull(owner.read(1));
    }
  }

  private static int fill(CacheFixture.Owner owner, int from, int count) {
    for (int ordinal = from; ordinal < from + count; ordinal++) {
      owner.insert(ordinal, BLOCK);
    }
    return from + count;
  }

  @Test
  void memoryMovesToTheSizeClassInUse() {
    try (CacheFixture fixture = new CacheFixture(8 << 20)) {
      CacheFixture.Owner small = fixture.owner(2100);
      for (int ordinal = 0; ordinal < 2100; ordinal++) {
        small.insert(ordinal, BLOCK);
      }
      CacheFixture.Owner large = fixture.owner(20_000);
      for (int round = 0; round < 20_000; round++) {
        large.readOrInsert(round % 100, 60_000);
      }
      int held = 0;
      for (int ordinal = 0; ordinal < 100; ordinal++) {
        held += large.read(ordinal) == null ? 0 : 1;
      }
      assertTrue(held > 80, "held " + held + ", " + fixture.cache.stats());
    }
  }

  @Test
  void aFrameNumberOfASlabThatWasCutAgainIsNotHere() {
    try (Arena arena = Arena.ofConfined()) {
      Slab slab = new Slab(0, arena.allocate(16 << 10, 64), 4 << 10);
      assertEquals(Slab.NOT_HERE, slab.beginRead(3, 7));
      assertEquals(Slab.NOT_HERE, slab.beginRead(4, 7));
      assertEquals(Slab.NOT_HERE, slab.beginRead(BlockCache.INDEX_MASK, 7));
    }
  }

  @Test
  void aPinnedBlockStaysAndIsEvictedOnceItIsUnpinned() {
    try (CacheFixture fixture = new CacheFixture(1 << 20)) {
      CacheFixture.Owner owner = fixture.owner(20_000);
      owner.insert(0, BLOCK);
      int frame = owner.region.frameOf(0);
      Slab slab = fixture.cache.slab(frame);
      int index = BlockCache.index(frame);
      assertFalse(slab.pin(index, owner.region.owner(1)));
      assertTrue(slab.pin(index, owner.region.owner(0)));
      int next = fill(owner, 1, 5000);
      for (int length : new int[] {1 << 10, 64 << 10, BLOCK}) {
        for (int i = 0; i < 1000; i++) {
          owner.insert(next++, length);
        }
        assertTrue(owner.isRight(0), "blocks of " + length + " bytes");
        assertEquals(frame, owner.region.frameOf(0));
      }
      slab.unpin(index);
      for (int i = 0; i < 5000; i++) {
        // Read once more, or blocks that were read earlier would evict it.
        owner.insert(next, BLOCK);
        owner.read(next++);
      }
      assertFalse(owner.isRight(0));
    }
  }

  @Test
  void ifAllFramesArePinnedNewBlocksAreNotCached() {
    try (CacheFixture fixture = new CacheFixture(256 << 10)) {
      CacheFixture.Owner owner = fixture.owner(1000);
      int pinned = 0;
      while (true) {
        owner.insert(pinned, BLOCK);
        int frame = owner.region.frameOf(pinned);
        if (frame < 0) {
          break;
        }
        assertTrue(
            fixture.cache.slab(frame).pin(BlockCache.index(frame), owner.region.owner(pinned)));
        pinned++;
      }
      assertTrue(pinned > 10, "pinned " + pinned);
      owner.insert(900, BLOCK);
      owner.insert(901, 1 << 10);
      assertNull(owner.read(900));
      for (int ordinal = 0; ordinal < pinned; ordinal++) {
        assertTrue(owner.isRight(ordinal));
        int frame = owner.region.frameOf(ordinal);
        fixture.cache.slab(frame).unpin(BlockCache.index(frame));
      }
      owner.insert(902, BLOCK);
      assertTrue(owner.isRight(902));
    }
  }

  @Test
  void anOwnerThatClosesFreesItsFrames() {
    try (CacheFixture fixture = new CacheFixture(1 << 20)) {
      CacheFixture.Owner first = fixture.owner(1000);
      for (int ordinal = 0; ordinal < 1000; ordinal++) {
        first.insert(ordinal, BLOCK);
      }
      long evictions = fixture.cache.stats().evictions();
      first.close();
      assertEquals(0, fixture.cache.stats().blocks());
      assertEquals(0, fixture.cache.stats().bytes());
      CacheFixture.Owner second = fixture.owner(200);
      for (int ordinal = 0; ordinal < 200; ordinal++) {
        second.insert(ordinal, BLOCK);
        assertTrue(second.isRight(ordinal));
      }
      assertEquals(evictions, fixture.cache.stats().evictions());
    }
  }

  @Test
  void hitsMissesAndEvictionsAreCounted() {
    try (CacheFixture fixture = new CacheFixture(64 << 10)) {
      CacheFixture.Owner owner = fixture.owner(100);
      for (int ordinal = 0; ordinal < 100; ordinal++) {
        fixture.cache.countMiss();
        owner.insert(ordinal, BLOCK);
        assertNotNull(owner.read(ordinal));
      }
      StoreStats.CacheStats stats = fixture.cache.stats();
      assertEquals(100, stats.hits());
      assertEquals(100, stats.misses());
      assertEquals(100, stats.evictions() + stats.blocks());
      assertEquals(64 << 10, stats.limitBytes());
      assertFalse(stats.bytes() > 64 << 10);
    }
  }
}
