package io.apexstore.engine.sstable;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.apexstore.engine.base.Limits;
import io.apexstore.engine.base.Lookup;
import io.apexstore.engine.base.Lookup.Outcome;
import io.apexstore.engine.iterator.InternalIterator;
import io.apexstore.engine.sstable.TableFixture.Entry;
import io.apexstore.stats.StoreStats;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Reads of a table from the file and from the cache, and what readers see meanwhile. */
final class TableCacheTest {
  private static final long SEED = Long.getLong("seed", System.nanoTime());

  private static List<Entry> entries(int count) {
    List<Entry> entries = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      entries.add(Entry.put("key%07d".formatted(2 * i), i + 1, "value of key number " + i));
    }
    return entries;
  }

  @Test
  void aCachedOnlyReadNeedsDiskUntilTheBlocksAreCached() throws IOException {
    try (TableFixture fixture = new TableFixture(entries(20_000), TableOptions.DEFAULT, 8 << 20)) {
      byte[] key = fixture.entries.get(777).key();
      long reads = fixture.storage.reads.get();
      Lookup lookup = new Lookup();
      lookup.start(key, Limits.VERSION_MAX, true);
      assertEquals(Outcome.NEEDS_DISK, fixture.table.get(lookup));
      assertEquals(reads, fixture.storage.reads.get());
      fixture.checkGet(key, Limits.VERSION_MAX);
      assertEquals(reads + 2, fixture.storage.reads.get(), "an index block and a data block");
      lookup.start(key, Limits.VERSION_MAX, true);
      assertEquals(Outcome.FOUND, fixture.table.get(lookup));
      TableFixture.checkFound(fixture.entries.get(777), lookup);
      assertEquals(reads + 2, fixture.storage.reads.get());
    }
  }

  @Test
  void anAbsentKeyIsMostlyAnsweredWithoutABlock() throws IOException {
    try (TableFixture fixture = new TableFixture(entries(20_000), TableOptions.DEFAULT, 8 << 20)) {
      Lookup lookup = new Lookup();
      int passed = 0;
      for (int i = 0; i < 20_000; i++) {
        byte[] key =
            "key%07d".formatted(2 * i + 1).getBytes(java.nio.charset.StandardCharsets.US_ASCII);
        lookup.start(key, Limits.VERSION_MAX, true);
        passed += fixture.table.get(lookup) == Outcome.NEEDS_DISK ? 1 : 0;
      }
      assertTrue(passed <= 20_000 * 0.008 * 1.3, "false positives " + passed);
    }
  }

  @Test
  @Tag("stress")
  void hitsAndMissesAreCountedAndMemoryIsReported() throws IOException {
    try (TableFixture fixture = new TableFixture(entries(20_000), TableOptions.DEFAULT, 8 << 20)) {
      for (Entry entry : fixture.entries) {
        fixture.checkGet(entry.key(), Limits.VERSION_MAX);
      }
      StoreStats.CacheStats stats = fixture.cache.stats();
      TableProperties properties = fixture.table.properties();
      long blocks = properties.dataBlockCount() + (long) properties.indexBlockCount();
      assertEquals(blocks, stats.misses());
      assertEquals(blocks, stats.blocks());
      assertEquals(0, stats.evictions());
      assertTrue(stats.hits() >= 2 * 20_000 - blocks && stats.hits() <= 2 * 20_000);
      long filterBytes = (long) fixture.table.footer().filterLines() * 64;
      assertTrue(fixture.table.memoryBytes() > filterBytes + 4 * blocks);
      assertTrue(fixture.table.memoryBytes() < filterBytes + 4 * blocks + 8192);
    }
  }

  @Test
  void aScanOfBlocksOnDiskReadsAhead() throws IOException {
    try (TableFixture fixture = new TableFixture(entries(50_000), TableOptions.DEFAULT, 0)) {
      long reads = fixture.storage.reads.get();
      try (InternalIterator iterator = fixture.table.iterator(Limits.VERSION_MAX)) {
        iterator.seekToFirst();
        TableFixture.checkRest(fixture.entries, 0, iterator);
      }
      long taken = fixture.storage.reads.get() - reads;
      long expected = fixture.meta.fileBytes() / (100 << 10) + 30;
      assertTrue(taken < expected, taken + " reads, expected less than " + expected);
      try (InternalIterator iterator = fixture.table.allVersions()) {
        iterator.seekToFirst();
        TableFixture.checkRest(fixture.entries, 0, iterator);
      }
      assertTrue(fixture.storage.reads.get() - reads - taken < taken);
    }
  }

  @Test
  @Tag("stress")
  void readersOfATooSmallCacheAlwaysReadTheRightBytes() throws Exception {
    AtomicReference<Throwable> failure = new AtomicReference<>();
    AtomicLong done = new AtomicLong();
    try (TableFixture fixture =
        new TableFixture(entries(20_000), TableOptions.DEFAULT, 256 << 10)) {
      long end = System.nanoTime() + 2_000_000_000L;
      List<Thread> threads = new ArrayList<>();
      for (int i = 0; i < 4; i++) {
        Random random = new Random(SEED + i);
        threads.add(
            Thread.ofPlatform()
                .start(
                    () -> {
                      try {
                        while (System.nanoTime() - end < 0) {
                          done.addAndGet(readSome(fixture, random));
                        }
                      } catch (RuntimeException | Error e) {
                        failure.set(e);
                      }
                    }));
      }
      for (Thread thread : threads) {
        thread.join();
      }
      assertNull(failure.get(), () -> "seed " + SEED + ": " + failure.get());
      assertTrue(done.get() > 1000 && fixture.cache.stats().evictions() > 500);
    }
  }

  private static int readSome(TableFixture fixture, Random random) {
    List<Entry> entries = fixture.entries;
    Lookup lookup = new Lookup();
    for (int i = 0; i < 50; i++) {
      Entry entry = entries.get(random.nextInt(entries.size()));
      lookup.start(entry.key(), Limits.VERSION_MAX, false);
      assertEquals(Outcome.FOUND, fixture.table.get(lookup));
      TableFixture.checkFound(entry, lookup);
    }
    try (InternalIterator iterator = fixture.table.iterator(Limits.VERSION_MAX)) {
      int from = random.nextInt(entries.size());
      boolean back = random.nextBoolean();
      byte[] key = entries.get(from).key();
      if (back) {
        iterator.seekBefore(key, key.length);
      } else {
        iterator.seek(key, key.length);
      }
      for (int i = 0; i < 100 && iterator.isValid(); i++) {
        TableFixture.checkCurrent(entries.get(back ? from - 1 - i : from + i), iterator);
        if (back) {
          iterator.prev();
        } else {
          iterator.next();
        }
      }
    }
    return 50;
  }
}
