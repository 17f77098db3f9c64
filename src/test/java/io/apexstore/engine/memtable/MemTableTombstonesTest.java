package io.apexstore.engine.memtable;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.apexstore.engine.base.Lookup;
import io.apexstore.engine.base.ValueKind;
import io.apexstore.engine.tombstone.RangeTombstones;
import io.apexstore.engine.tombstone.TombstoneSource;
import io.apexstore.engine.tombstone.TombstoneSpan;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Ranges deleted in a memtable against the plain list of them. {@code -Dseed=N} replays. */
class MemTableTombstonesTest {
  private static final int KEYS = 30;
  // All versions above 0 are read.
  private static final long[] ALL = {0};

  private final long seed = Long.getLong("seed", System.nanoTime());
  private final Random random = new Random(seed);
  private final MemoryChunks pool = new MemoryChunks(4 * MemoryChunks.CHUNK_BYTES);
  private final MemTable table = new MemTable(pool);

  /** A range whose bounds may be missing: below 0, and from {@link #KEYS} on. */
  private record Deletion(int from, int to, long version) {
    boolean covers(int key) {
      return from <= key && key < to;
    }

    byte[] fromBytes() {
      return from < 0 ? new byte[0] : key(from);
    }

    byte @Nullable [] toBytes() {
      return to >= KEYS ? null : key(to);
    }
  }

  @AfterEach
  void release() {
    table.release();
    pool.close();
  }

  private static byte[] key(int number) {
    return String.format("k%02d", number).getBytes(StandardCharsets.US_ASCII);
  }

  private Deletion deletion(long version) {
    int from = random.nextInt(KEYS) - 2;
    return new Deletion(from, from + random.nextInt(KEYS - from + 2), version);
  }

  private static long newest(List<Deletion> deletions, int key, long readVersion) {
    return deletions.stream()
        .filter(d -> d.covers(key) && d.version <= readVersion)
        .mapToLong(Deletion::version)
        .max()
        .orElse(0);
  }

  @Test
  void readersAtEveryVersionSeeWhatTheListSays() {
    List<Deletion> deletions = new ArrayList<>();
    assertNull(table.rangeTombstones());
    for (int version = 1; version <= 60; version++) {
      Deletion deletion = deletion(version);
      deletions.add(deletion);
      table.deleteRange(deletion.fromBytes(), deletion.toBytes(), version);
      TombstoneSource ranges = table.rangeTombstones();
      if (ranges != null) {
        check(ranges, deletions, random.nextInt(version + 1));
        check(ranges, deletions, version);
        check(table.fragmentRangeTombstones(key(KEYS), ALL), deletions, version);
      }
    }
    assertTrue(table.memoryBytes() > 60);
    assertTrue(table.entryCount() > 0);
  }

  private void check(TombstoneSource ranges, List<Deletion> deletions, long version) {
    TombstoneSpan span = new TombstoneSpan();
    for (int key = 0; key < KEYS; key++) {
      long expected = newest(deletions, key, version);
      byte[] longer = java.util.Arrays.copyOf(key(key), 7);
      assertEquals(expected, ranges.newestCovering(longer, 3, version), () -> "seed " + seed);
      span.find(List.of(ranges), longer, 3, version);
      assertEquals(expected, span.version(), () -> "seed " + seed);
      assertTrue(span.contains(key(key), 3));
      long newestFrom = 0;
      for (int other = 0; other < KEYS; other++) {
        if (span.contains(key(other), 3)) {
          assertEquals(expected, newest(deletions, other, version), () -> "seed " + seed);
        }
        newestFrom = other < key ? 0 : Math.max(newestFrom, newest(deletions, other, version));
      }
      long found = ranges.anyIn(key(key), null, newestFrom - 1, version);
      assertTrue(newestFrom == 0 || found >= newestFrom, () -> "seed " + seed);
    }
  }

  @Test
  void fragmentsTellTheSameToWhoMayRead() {
    List<Deletion> deletions = new ArrayList<>();
    for (int version = 1; version <= 60; version++) {
      Deletion deletion = deletion(version / 2); // Two a commit.
      deletions.add(deletion);
      table.deleteRange(deletion.fromBytes(), deletion.toBytes(), deletion.version);
    }
    table.deleteRange(new byte[0], null, 31);
    deletions.add(new Deletion(-1, KEYS, 31));
    long[] visible = {random.nextInt(1, 10), random.nextInt(10, 20), random.nextInt(20, 32)};
    RangeTombstones fragments = table.fragmentRangeTombstones(key(KEYS), visible);
    for (int version = 1; version <= 32; version++) {
      if (version >= visible[2] || version == visible[0] || version == visible[1]) {
        check(fragments, deletions, version);
      }
    }
    long[] latestOnly = {31};
    RangeTombstones latest = table.fragmentRangeTombstones(key(KEYS), latestOnly);
    assertEquals("[\"\\x00\", \"k30\\x00\") @31\n", latest.toString());
  }

  @Test
  void rangesWithinRangesCostTheirNumber() {
    int count = 50_000;
    for (int i = count; i > 0; i--) {
      table.deleteRange(number(i), null, count - i + 1L);
    }
    assertTrue(table.memoryBytes() < 500L * count, () -> table.memoryBytes() + " bytes");
    long[] latest = {count};
    assertEquals(1, table.fragmentRangeTombstones(key(1), latest).count());
    assertEquals("DELETE " + count, find("00007", count));
    assertEquals("DELETE 1", find("50000", 1));
    assertEquals("none", find("00007", count - 7));
  }

  @Test
  @Timeout(20)
  void rangesWithinRangesOfOneCommitCostTheirNumberWhereAllVersionsAreKept() {
    int count = 40_000;
    for (int i = 1; i <= count; i++) {
      table.deleteRange(number(50_000 - i), number(50_000 + i), 1 + i / 20_000);
    }
    assertEquals(
        """
        ["10000", "10001") @3
        ["10001", "30001") @3 @2
        ["30001", "69999") @3 @2 @1
        ["69999", "89999") @3 @2
        ["89999", "90000") @3
        """,
        table.fragmentRangeTombstones(key(1), ALL).toString());
  }

  @Test
  void oneRangeOverManyCostsALogarithm() {
    int count = 20_000;
    for (int i = 0; i < count; i++) {
      table.deleteRange(number(2 * i), number(2 * i + 1), 1);
    }
    long before = table.memoryBytes();
    for (int i = 2; i <= count; i++) {
      table.deleteRange(number(i), number(40_000 - i), i);
    }
    assertTrue(table.memoryBytes() - before < 3_000L * count, () -> table.memoryBytes() + " bytes");
    assertEquals("DELETE 19999", find("20000", count));
    assertEquals("DELETE 1", find("00002", 1));
    assertEquals("none", find("00003", 1));
  }

  private static byte[] number(int number) {
    return String.format("%05d", number).getBytes(StandardCharsets.US_ASCII);
  }

  @Test
  void aRangeWithoutABoundEndsBehindTheLastKeyOfAllInATable() {
    put("k05", 1);
    table.deleteRange(key(3), null, 2);
    assertEquals(
        "[\"k03\", \"k05\\x00\") @2\n",
        table.fragmentRangeTombstones(null, ALL).toString(),
        "the table's own");
    assertEquals(
        "[\"k03\", \"k09\\x00\") @2\n", table.fragmentRangeTombstones(key(9), ALL).toString());
  }

  @Test
  void aPointReadFindsTheNewerOfEntryAndRange() {
    put("k05", 1);
    table.deleteRange(key(5), key(6), 2);
    assertEquals("PUT 1", find("k05", 1));
    assertEquals("DELETE 2", find("k05", 2));
    assertEquals("none", find("k06", 9));
    put("k05", 2); // the same batch, afterwards
    assertEquals("PUT 2", find("k05", 2));
    put("k05", 3);
    assertEquals("PUT 3", find("k05", 3));
    assertEquals("PUT 2", find("k05", 2));
    assertEquals(3, table.newestEntryVersion());
    table.deleteRange(key(0), null, 7);
    assertEquals("DELETE 7", find("zzz", 9));
    assertEquals(3, table.newestEntryVersion());
    assertEquals(7, table.maxVersion());
  }

  private void put(String key, long version) {
    byte[] bytes = key.getBytes(StandardCharsets.US_ASCII);
    table.put(bytes, 0, bytes.length, version, ValueKind.PUT, 0, new byte[0], 0, 0);
  }

  private String find(String key, long version) {
    Lookup lookup = new Lookup();
    lookup.start(key.getBytes(StandardCharsets.US_ASCII), version, false);
    return table.get(lookup) == Lookup.Outcome.FOUND
        ? lookup.kind() + " " + lookup.version()
        : "none";
  }

  @Test
  void readersBesideTheWriterSeeWholeDeletionsOnly() throws InterruptedException {
    List<Deletion> deletions = new ArrayList<>();
    for (int version = 1; version <= 3_000; version++) {
      deletions.add(deletion(version));
    }
    AtomicLong published = new AtomicLong();
    AtomicReference<Throwable> failure = new AtomicReference<>();
    Thread reader =
        Thread.ofPlatform()
            .start(
                () -> {
                  Random own = new Random(seed);
                  long version = 0;
                  while (version < 3_000 && failure.get() == null) {
                    version = published.get();
                    TombstoneSource ranges = table.rangeTombstones();
                    int key = own.nextInt(KEYS);
                    long expected = newest(deletions, key, version);
                    long found = ranges == null ? 0 : ranges.newestCovering(key(key), 3, version);
                    if (found != expected) {
                      failure.set(
                          new AssertionError(
                              key + "@" + version + ": " + found + ", not " + expected));
                    }
                  }
                });
    for (Deletion deletion : deletions) {
      table.deleteRange(deletion.fromBytes(), deletion.toBytes(), deletion.version);
      published.set(deletion.version);
    }
    reader.join();
    assertNull(failure.get(), () -> "seed " + seed + ": " + failure.get());
    RangeTombstones fragments = table.fragmentRangeTombstones(key(KEYS), ALL);
    assertNotNull(fragments);
    check(fragments, deletions, 3_000);
  }
}
