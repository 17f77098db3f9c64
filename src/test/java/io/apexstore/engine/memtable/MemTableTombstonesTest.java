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

/** The range tombstones of a memtable against their plain list. {@code -Dseed=N} replays. */
class MemTableTombstonesTest {
  private static final int KEYS = 30;
  // Readers read at all versions above 0.
  private static final long[] ALL = {0};

  private final long seed = Long.getLong("seed", System.nanoTime());
  private final Random random = new Random(seed);
  private final MemoryChunks pool = new MemoryChunks(4 * MemoryChunks.CHUNK_BYTES);
  private final MemTable table = new MemTable(pool);

  /** A range whose bounds may be missing: below 0, and from {@link #KEYS} on. */
  private record Tombstone(int from, int to, long version) {
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

  private Tombstone tombstone(long version) {
    int from = random.nextInt(KEYS) - 2;
    return new Tombstone(from, from + random.nextInt(KEYS - from + 2), version);
  }

  private static long newest(List<Tombstone> tombstones, int key, long readVersion) {
    return tombstones.stream()
        .filter(d -> d.covers(key) && d.version <= readVersion)
        .mapToLong(Tombstone::version)
        .max()
        .orElse(0);
  }

  @Test
  void readersAtEveryVersionSeeTheSameAsTheList() {
    List<Tombstone> tombstones = new ArrayList<>();
    assertNull(table.rangeTombstones());
    for (int version = 1; version <= 60; version++) {
      Tombstone tombstone = tombstone(version);
      tombstones.add(tombstone);
      table.deleteRange(tombstone.fromBytes(), tombstone.toBytes(), version);
      TombstoneSource ranges = table.rangeTombstones();
      if (ranges != null) {
        check(ranges, tombstones, random.nextInt(version + 1));
        check(ranges, tombstones, version);
        check(table.fragmentRangeTombstones(key(KEYS), ALL), tombstones, version);
      }
    }
    assertTrue(table.memoryBytes() > 60);
    assertTrue(table.entryCount() > 0);
  }

  private void check(TombstoneSource ranges, List<Tombstone> tombstones, long version) {
    TombstoneSpan span = new TombstoneSpan();
    for (int key = 0; key < KEYS; key++) {
      long expected = newest(tombstones, key, version);
      byte[] longer = java.util.Arrays.copyOf(key(key), 7);
      assertEquals(expected, ranges.newestCovering(longer, 3, version), () -> "seed " + seed);
      span.find(List.of(ranges), longer, 3, version);
      assertEquals(expected, span.version(), () -> "seed " + seed);
      assertTrue(span.contains(key(key), 3));
      long newestFrom = 0;
      for (int other = 0; other < KEYS; other++) {
        if (span.contains(key(other), 3)) {
          assertEquals(expected, newest(tombstones, other, version), () -> "seed " + seed);
        }
        newestFrom = other < key ? 0 : Math.max(newestFrom, newest(tombstones, other, version));
      }
      long found = ranges.anyIn(key(key), null, newestFrom - 1, version);
      assertTrue(newestFrom == 0 || found >= newestFrom, () -> "seed " + seed);
    }
  }

  @Test
  void fragmentsAreTheSameForAllVisibleVersions() {
    List<Tombstone> tombstones = new ArrayList<>();
    for (int version = 1; version <= 60; version++) {
      Tombstone tombstone = tombstone(version / 2); // Two a commit.
      tombstones.add(tombstone);
      table.deleteRange(tombstone.fromBytes(), tombstone.toBytes(), tombstone.version);
    }
    table.deleteRange(new byte[0], null, 31);
    tombstones.add(new Tombstone(-1, KEYS, 31));
    long[] visible = {random.nextInt(1, 10), random.nextInt(10, 20), random.nextInt(20, 32)};
    RangeTombstones fragments = table.fragmentRangeTombstones(key(KEYS), visible);
    for (int version = 1; version <= 32; version++) {
      if (version >= visible[2] || version == visible[0] || version == visible[1]) {
        check(fragments, tombstones, version);
      }
    }
    long[] latestOnly = {31};
    RangeTombstones latest = table.fragmentRangeTombstones(key(KEYS), latestOnly);
    assertEquals("[\"\\x00\", \"k30\\x00\") @31\n", latest.toString());
  }

  @Test
  void nestedRangesCostTheirNumber() {
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
  void nestedRangesOfOneCommitCostTheirNumberIfAllVersionsAreKept() {
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
  void anUnboundedRangeEndsAfterTheLastKeyInATable() {
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
  void aPointReadFindsTheNewerOfEntryAndRangeTombstone() {
    put("k05", 1);
    table.deleteRange(key(5), key(6), 2);
    assertEquals("PUT 1", find("k05", 1));
    assertEquals("DELETE 2", find("k05", 2));
    assertEquals("none", find("k06", 9));
    put("k05", 2); // Later in the same batch.
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
  void readersBesideTheWriterSeeWholeRangeTombstonesOnly() throws InterruptedException {
    List<Tombstone> tombstones = new ArrayList<>();
    for (int version = 1; version <= 3_000; version++) {
      tombstones.add(tombstone(version));
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
                    long expected = newest(tombstones, key, version);
                    long found = ranges == null ? 0 : ranges.newestCovering(key(key), 3, version);
                    if (found != expected) {
                      failure.set(
                          new AssertionError(
                              key + "@" + version + ": " + found + ", not " + expected));
                    }
                  }
                });
    for (Tombstone tombstone : tombstones) {
      table.deleteRange(tombstone.fromBytes(), tombstone.toBytes(), tombstone.version);
      published.set(tombstone.version);
    }
    reader.join();
    assertNull(failure.get(), () -> "seed " + seed + ": " + failure.get());
    RangeTombstones fragments = table.fragmentRangeTombstones(key(KEYS), ALL);
    assertNotNull(fragments);
    check(fragments, tombstones, 3_000);
  }
}
