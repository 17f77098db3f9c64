package io.apexstore.engine.sstable;

import static io.apexstore.engine.sstable.TableFixture.checkCurrent;
import static io.apexstore.engine.sstable.TableFixture.checkRest;
import static io.apexstore.engine.sstable.TableFixture.checkRestBackwards;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.apexstore.engine.base.Limits;
import io.apexstore.engine.base.ValueKind;
import io.apexstore.engine.iterator.InternalIterator;
import io.apexstore.engine.sstable.TableFixture.Entry;
import io.apexstore.options.Compression;
import java.io.IOException;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Random tables show the entries that were added, by every way of reading. */
final class TableRoundTripTest {
  private static final long SEED = Long.getLong("seed", System.nanoTime());
  private static final int TABLES = 40;
  private static final long CACHE = 4 << 20;

  @ParameterizedTest
  @EnumSource(EntryGenerator.class)
  @Tag("stress")
  void everyEntryIsFoundByPointReads(EntryGenerator generator) throws IOException {
    forTables(
        generator,
        (fixture, random) -> {
          for (Entry entry : fixture.entries) {
            fixture.checkGet(entry.key(), entry.version());
            fixture.checkGet(entry.key(), entry.version() - 1);
            fixture.checkGet(entry.key(), Limits.VERSION_MAX);
          }
          for (int i = 0; i < 200; i++) {
            byte[] key = generator.probe(random, fixture.entries);
            fixture.checkGet(key, random.nextLong(EntryGenerator.VERSIONS));
          }
        });
  }

  @ParameterizedTest
  @EnumSource(EntryGenerator.class)
  void anIteratorShowsTheNewestVisibleEntryOfEachKeyInBothDirections(EntryGenerator generator)
      throws IOException {
    forTables(
        generator,
        (fixture, random) -> {
          for (int round = 0; round < 3; round++) {
            long version =
                round == 0 ? Limits.VERSION_MAX : random.nextLong(EntryGenerator.VERSIONS);
            List<Entry> seen = fixture.asOf(version);
            try (InternalIterator iterator = fixture.table.iterator(version)) {
              assertFalse(iterator.isValid());
              iterator.seekToFirst();
              checkRest(seen, 0, iterator);
              iterator.seekToLast();
              checkRestBackwards(seen, seen.size() - 1, iterator);
            }
          }
        });
  }

  @ParameterizedTest
  @EnumSource(EntryGenerator.class)
  void aSeekGoesToTheFirstKeyAtLeastOrTheLastKeyBefore(EntryGenerator generator)
      throws IOException {
    forTables(
        generator,
        (fixture, random) -> {
          long version = random.nextLong(EntryGenerator.VERSIONS);
          List<Entry> seen = fixture.asOf(version);
          try (InternalIterator iterator = fixture.table.iterator(version)) {
            for (int i = 0; i < 100; i++) {
              byte[] key = generator.probe(random, fixture.entries);
              int at = 0;
              while (at < seen.size() && Arrays.compareUnsigned(seen.get(at).key(), key) < 0) {
                at++;
              }
              iterator.seek(key, key.length);
              checkSome(seen, at, 1, iterator);
              iterator.seekBefore(key, key.length);
              checkSome(seen, at - 1, -1, iterator);
            }
          }
        });
  }

  @ParameterizedTest
  @EnumSource(EntryGenerator.class)
  void anIteratorOverAllVersionsShowsEveryEntryAndBypassesTheCache(EntryGenerator generator)
      throws IOException {
    forTables(
        generator,
        (fixture, random) -> {
          long blocks = fixture.cache.stats().blocks();
          try (InternalIterator iterator = fixture.table.allVersions()) {
            iterator.seekToFirst();
            checkRest(fixture.entries, 0, iterator);
            byte[] key = generator.probe(random, fixture.entries);
            int at = 0;
            while (at < fixture.entries.size()
                && Arrays.compareUnsigned(fixture.entries.get(at).key(), key) < 0) {
              at++;
            }
            iterator.seek(key, key.length);
            checkRest(fixture.entries, at, iterator);
          }
          assertEquals(blocks, fixture.cache.stats().blocks());
        });
  }

  @ParameterizedTest
  @EnumSource(EntryGenerator.class)
  void theDescriptionMatchesTheTable(EntryGenerator generator) throws IOException {
    forTables(
        generator,
        (fixture, random) -> {
          List<Entry> entries = fixture.entries;
          TableProperties properties = fixture.table.properties();
          assertEquals(entries.size(), properties.entryCount());
          assertEquals(entries.size(), fixture.meta.entryCount());
          long tombstones = entries.stream().filter(e -> e.kind() == ValueKind.DELETE).count();
          assertEquals(tombstones, properties.tombstoneCount());
          assertEquals(tombstones == 0, properties.tombstoneBlocks().isEmpty());
          long expiring = entries.stream().filter(e -> e.expiryMs() != 0).count();
          assertEquals(expiring, properties.expiringCount());
          assertEquals(expiring == 0, properties.expiringBlocks().isEmpty());
          assertEquals(
              entries.stream()
                  .filter(e -> e.expiryMs() != 0)
                  .mapToLong(Entry::expiryMs)
                  .min()
                  .orElse(0),
              fixture.meta.oldestExpiryMs());
          assertEquals(
              entries.stream().mapToLong(Entry::version).min().orElseThrow(),
              fixture.meta.minVersion());
          assertEquals(
              entries.stream().mapToLong(Entry::version).max().orElseThrow(),
              fixture.meta.maxVersion());
          assertEquals(fixture.asOf(Limits.VERSION_MAX).size(), properties.keyCount());
          assertArrayEquals(entries.getFirst().key(), fixture.meta.smallestKey());
          assertArrayEquals(entries.getLast().key(), fixture.meta.largestKey());
          assertEquals(TableFixture.KEYSPACE, fixture.meta.keyspaceId());
          assertEquals(List.of(4L, 5L), fixture.table.replacedFileIds());
          assertEquals(fixture.fileBytes(), fixture.meta.fileBytes());
          try (Table again = Table.open(fixture.context, TableFixture.FILE_ID)) {
            assertEquals(TableFixture.LEVEL, again.meta().level());
            assertEquals(fixture.meta.maxVersion(), again.meta().maxVersion());
          }
        });
  }

  @Test
  void versionsOfOneKeyOverManyBlocksAreSeenAtEachVersion() throws IOException {
    java.util.ArrayList<Entry> entries = new java.util.ArrayList<>();
    entries.add(Entry.put("a", 5, "first"));
    for (int version = 3000; version > 0; version--) {
      entries.add(Entry.put("key", version, "value number " + version));
    }
    entries.add(Entry.put("z", 9, "last"));
    TableOptions options = new TableOptions(512, 4, Compression.NONE, 10.75);
    try (TableFixture fixture = new TableFixture(entries, options, CACHE)) {
      assertTrue(fixture.table.properties().indexBlockCount() > 2);
      byte[] key = "key".getBytes(java.nio.charset.StandardCharsets.UTF_8);
      for (int version = 0; version <= 3001; version += 13) {
        fixture.checkGet(key, version);
        List<Entry> seen = fixture.asOf(version);
        try (InternalIterator iterator = fixture.table.iterator(version)) {
          iterator.seekToFirst();
          checkRest(seen, 0, iterator);
          iterator.seekToLast();
          checkRestBackwards(seen, seen.size() - 1, iterator);
        }
      }
    }
  }

  private static void checkSome(List<Entry> seen, int from, int step, InternalIterator iterator) {
    int at = from;
    for (int i = 0; i < 5; i++) {
      if (at < 0 || at >= seen.size()) {
        assertFalse(iterator.isValid());
        return;
      }
      checkCurrent(seen.get(at), iterator);
      if (step > 0) {
        iterator.next();
      } else {
        iterator.prev();
      }
      at += step;
    }
  }

  private interface Check {
    void run(TableFixture fixture, Random random) throws IOException;
  }

  private static void forTables(EntryGenerator generator, Check check) throws IOException {
    for (int i = 0; i < TABLES; i++) {
      long seed = SEED + i;
      Random random = new Random(seed);
      TableOptions options = EntryGenerator.options(random);
      List<Entry> entries = generator.entries(random);
      long cacheBytes = random.nextBoolean() ? CACHE : random.nextInt(64 << 10);
      try (TableFixture fixture = new TableFixture(entries, options, cacheBytes)) {
        check.run(fixture, random);
      } catch (AssertionError | RuntimeException e) {
        throw new AssertionError("replay with -Dseed=" + seed + ", " + options, e);
      }
    }
  }
}
