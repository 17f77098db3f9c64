package io.apexstore.engine.cache;

import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.apexstore.stats.StoreStats;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Readers of a cache that is far too small never see a byte of another block. */
@Tag("stress")
final class BlockCacheStressTest {
  private static final long SEED = Long.getLong("seed", System.nanoTime());
  private static final long DURATION_NANOS = 2_000_000_000L;
  private static final int THREADS = 4;
  private static final int BLOCKS = 400;

  @Test
  void readersNeverSeeBytesOfAnotherBlock() throws InterruptedException {
    AtomicReference<Throwable> failure = new AtomicReference<>();
    AtomicLong hits = new AtomicLong();
    try (CacheFixture fixture = new CacheFixture(512 << 10)) {
      CacheFixture.Owner[] owners = {fixture.owner(BLOCKS), fixture.owner(BLOCKS)};
      long end = System.nanoTime() + DURATION_NANOS;
      List<Thread> threads = new ArrayList<>();
      for (int i = 0; i < THREADS; i++) {
        long seed = SEED + i;
        threads.add(
            Thread.ofPlatform()
                .start(
                    () -> {
                      try {
                        hits.addAndGet(read(owners, new Random(seed), end));
                      } catch (RuntimeException | Error e) {
                        failure.set(e);
                      }
                    }));
      }
      for (Thread thread : threads) {
        thread.join();
      }
      assertNull(failure.get(), () -> "seed " + SEED + ": " + failure.get());
      StoreStats.CacheStats stats = fixture.cache.stats();
      assertTrue(hits.get() > 1000 && stats.evictions() > 1000, stats::toString);
    }
  }

  private static long read(CacheFixture.Owner[] owners, Random random, long end) {
    long hits = 0;
    while (System.nanoTime() - end < 0) {
      for (int i = 0; i < 100; i++) {
        CacheFixture.Owner owner = owners[random.nextInt(owners.length)];
        int ordinal = random.nextInt(BLOCKS);
        boolean pins = random.nextInt(4) == 0;
        if (pins ? owner.isRightWhilePinned(ordinal) : owner.isRight(ordinal)) {
          hits++;
        } else {
          // Sizes change now and then, so that slabs change their size class under readers.
          owner.insert(ordinal, 500 << random.nextInt(random.nextInt(4) == 0 ? 8 : 3));
        }
      }
    }
    return hits;
  }
}
