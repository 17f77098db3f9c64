package io.apexstore.engine.compaction;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.apexstore.engine.io.MemoryStorage;
import org.junit.jupiter.api.Test;

/** A compaction keeps the block cache warm. Another seed: -Dseed=… */
class CachedOutputTest {
  private static final long SEED = Long.getLong("seed", System.nanoTime());

  private final TreeWorkload work = new TreeWorkload(new MemoryStorage(), SEED, 2_000);

  private void writeTables() {
    for (int i = 0; i < 3; i++) {
      work.write(1_000);
      work.flush();
    }
  }

  private void readAll() {
    assertEquals("", work.differences(work.store.current(), work.published()), "seed " + SEED);
  }

  private long misses() {
    return work.store.cacheStats().misses();
  }

  @Test
  void blocksThatWereCachedBeforeACompactionAreCachedAfterIt() {
    writeTables();
    readAll();
    work.compactAll();
    work.store.runCloser();
    long before = misses();
    readAll();
    assertEquals(before, misses(), "seed " + SEED);
    assertTrue(before > 0);
    work.store.close();
  }

  @Test
  void blocksThatNoOneReadAreNotCachedAfterACompaction() {
    writeTables();
    work.compactAll();
    assertEquals(0, work.store.cacheStats().blocks(), "seed " + SEED);
    work.store.close();
  }
}
