package io.apexstore.options;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.apexstore.ApexStore;
import io.apexstore.Change;
import io.apexstore.ChangeFeed;
import io.apexstore.KeyRange;
import io.apexstore.Keyspace;
import io.apexstore.Snapshot;
import io.apexstore.VersionedValue;
import io.apexstore.WriteBatch;
import io.apexstore.error.ApexException;
import io.apexstore.stats.StoreStats;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The options of keyspaces and what they do. */
class KeyspaceOptionsTest {
  private static final byte[] VALUE = "value".getBytes(UTF_8);
  private static final StoreOptions SMALL =
      StoreOptions.defaults()
          .withMemtableBytesMax(64 << 10)
          .withSyncMode(SyncMode.INTERVAL)
          .withCompactionThreads(2);

  @TempDir Path folder;

  private static byte[] key(int number) {
    return String.format("%05d", number).getBytes(UTF_8);
  }

  private static void assertRefused(Runnable call, String part) {
    ApexException e = assertThrows(ApexException.class, call::run);
    assertEquals(ApexException.Code.INVALID_REQUEST, e.code());
    assertTrue(String.valueOf(e.getMessage()).contains(part), e.getMessage());
  }

  @Test
  void optionsHoldAlsoAfterTheStoreIsOpenedAgain() {
    KeyspaceOptions options =
        KeyspaceOptions.defaults()
            .withCompaction(CompactionStrategy.FIFO)
            .withFifoBytesMax(1 << 20)
            .withFifoAgeMax(Duration.ofHours(1))
            .withTtl(Duration.ofMillis(1_500));
    try (ApexStore store = ApexStore.open(folder)) {
      assertEquals(options, store.keyspace("events", options).options());
      assertEquals(options, store.keyspace("events").options());
      assertEquals(CompactionStrategy.LEVELED, store.keyspace("default").options().compaction());
    }
    try (ApexStore store = ApexStore.open(folder)) {
      assertEquals(options, store.keyspace("events").options());
      store.keyspace("events", options.withTtl(Duration.ZERO));
    }
    try (ApexStore store = ApexStore.open(folder)) {
      assertEquals(options.withTtl(Duration.ZERO), store.keyspace("events").options());
      KeyspaceOptions leveled =
          KeyspaceOptions.defaults().withCompaction(CompactionStrategy.LEVELED);
      assertEquals(leveled, store.keyspace("events", leveled).options());
    }
  }

  @Test
  void newKeyspacesGetTheStoresStrategyAndKeepIt() {
    StoreOptions tiered = SMALL.withCompaction(CompactionStrategy.TIERED);
    try (ApexStore store = ApexStore.open(folder, tiered)) {
      assertEquals(CompactionStrategy.TIERED, store.keyspace("default").options().compaction());
      assertEquals(CompactionStrategy.TIERED, store.keyspace("new").options().compaction());
    }
    try (ApexStore store = ApexStore.open(folder, SMALL)) {
      assertEquals(CompactionStrategy.TIERED, store.keyspace("new").options().compaction());
      assertEquals(CompactionStrategy.LEVELED, store.keyspace("newer").options().compaction());
      KeyspaceOptions withTtl = KeyspaceOptions.defaults().withTtl(Duration.ofDays(1));
      assertEquals(
          CompactionStrategy.TIERED, store.keyspace("new", withTtl).options().compaction());
    }
  }

  @Test
  void optionsThatDoNotFitTogetherAreRefusedAndChangeNothing() {
    KeyspaceOptions none = KeyspaceOptions.defaults();
    try (ApexStore store = ApexStore.open(folder)) {
      assertRefused(
          () -> store.keyspace("a", none.withCompaction(CompactionStrategy.FIFO)),
          "compaction fifo needs");
      assertRefused(() -> store.keyspace("a", none.withFifoBytesMax(5)), "not leveled");
      assertRefused(() -> none.withFifoBytesMax(-1), "fifoBytesMax is -1");
      assertRefused(() -> none.withTtl(Duration.ofMillis(-1)), "ttl");
      assertRefused(() -> none.withTtl(Duration.ofNanos(1)), "ttl");
      assertRefused(() -> SMALL.withCompaction(CompactionStrategy.FIFO), "compaction");
      assertEquals(List.of("default"), store.keyspaceNames());
    }
  }

  @Test
  void aPutWithoutATimeToLiveHasThatOfItsKeyspace() {
    try (ApexStore store = ApexStore.open(folder)) {
      Keyspace sessions =
          store.keyspace("sessions", KeyspaceOptions.defaults().withTtl(Duration.ofHours(1)));
      long before = System.currentTimeMillis();
      sessions.put(key(1), VALUE);
      store.write(store.newBatch().put(sessions, key(2), VALUE));
      sessions.putAsync(key(3), VALUE).toCompletableFuture().join();
      sessions.put(key(4), VALUE, Duration.ofMinutes(1));
      sessions.increment(key(5), 1);
      for (int i : new int[] {1, 2, 3, 5}) {
        VersionedValue found = Objects.requireNonNull(sessions.getVersioned(key(i)));
        assertTrue(found.expiresMs() >= before + 3_600_000, "key " + i);
      }
      VersionedValue shorter = Objects.requireNonNull(sessions.getVersioned(key(4)));
      assertTrue(shorter.expiresMs() < before + 3_600_000);
      store.put(key(1), VALUE);
      assertEquals(0, Objects.requireNonNull(store.getVersioned(key(1))).expiresMs());
    }
  }

  @Test
  void aFeedShowsEntriesThatFifoDeletedAsExpired() {
    KeyspaceOptions small =
        KeyspaceOptions.defaults()
            .withCompaction(CompactionStrategy.FIFO)
            .withFifoBytesMax(100_000);
    try (ApexStore store = ApexStore.open(folder, SMALL);
        ChangeFeed feed = store.changes().open()) {
      Keyspace events = store.keyspace("events", small);
      byte[] value = new byte[1_000];
      for (int i = 0; i < 400; i++) {
        new Random(i).nextBytes(value);
        events.put(key(i), value);
      }
      store.flush();
      for (int next = 0; next < 200; ) {
        Change change = feed.next(Duration.ofSeconds(30));
        assertNotNull(change, "no deletion within 30 s");
        if (change instanceof Change.KeyChange deletion
            && deletion.cause() == Change.Cause.EXPIRED) {
          assertArrayEquals(key(next), deletion.key());
          next++;
        }
      }
      assertNull(events.get(key(0)));
      assertNotNull(events.get(key(399)));
    }
  }

  @Test
  void aWriteLogsThePreviousValueIfItsKeyspaceAsksForIt() {
    KeyspaceOptions logging = KeyspaceOptions.defaults().withLogPreviousValues(true);
    try (ApexStore store = ApexStore.open(folder);
        ChangeFeed feed = store.changes().open()) {
      Keyspace audited = store.keyspace("audited", logging);
      audited.put(key(1), "a".getBytes(UTF_8));
      audited.put(key(1), "b".getBytes(UTF_8));
      audited.putAsync(key(1), "c".getBytes(UTF_8)).toCompletableFuture().join();
      audited.increment(key(2), 5);
      audited.increment(key(2), 5);
      store.write(
          store.newBatch().delete(audited, key(1)).put(key(9), VALUE).delete(audited, key(3)));
      store.put(key(9), VALUE);
      store.keyspace("audited", KeyspaceOptions.defaults());
      audited.put(key(2), "x".getBytes(UTF_8));
      List<String> seen = new ArrayList<>();
      while (seen.size() < 10) {
        Change change = feed.next(Duration.ofSeconds(30));
        assertNotNull(change);
        if (change instanceof Change.KeyChange c) {
          byte[] previous = c.previousValue();
          seen.add(
              new String(c.key(), UTF_8)
                  + (previous == null ? "" : "<" + new String(previous, UTF_8)));
        }
      }
      assertEquals(
          List.of(
              "00001", "00001<a", "00001<b", "00002", "00002<5", "00001<c", "00009", "00003",
              "00009", "00002"),
          seen);
    }
  }

  @Test
  void previousValuesAreRightWithConcurrentWriters() throws InterruptedException {
    KeyspaceOptions logging = KeyspaceOptions.defaults().withLogPreviousValues(true);
    try (ApexStore store = ApexStore.open(folder, SMALL);
        ChangeFeed feed = store.changes().open()) {
      Keyspace audited = store.keyspace("audited", logging);
      List<Thread> writers = new ArrayList<>();
      for (int t = 0; t < 3; t++) {
        int writer = t;
        writers.add(
            Thread.ofPlatform()
                .start(
                    () -> {
                      for (int i = 0; i < 200; i++) {
                        byte[] value = (writer + "-" + i).getBytes(UTF_8);
                        if (i % 3 == 0) {
                          audited.putAsync(key(i % 4), value).toCompletableFuture().join();
                        } else if (i % 10 == 1) {
                          audited.delete(key(i % 4));
                        } else {
                          audited.put(key(i % 4), value);
                        }
                      }
                    }));
      }
      for (Thread writer : writers) {
        writer.join();
      }
      store.sync();
      Map<String, String> now = new HashMap<>();
      int count = 0;
      Change change;
      while ((change = feed.poll()) != null) {
        if (change instanceof Change.KeyChange c) {
          String key = new String(c.key(), UTF_8);
          byte[] previous = c.previousValue();
          assertEquals(now.get(key), previous == null ? null : new String(previous, UTF_8));
          byte[] value = c.value();
          if (value == null) {
            now.remove(key);
          } else {
            now.put(key, new String(value, UTF_8));
          }
          count++;
        }
      }
      assertEquals(600, count);
    }
  }

  @Test
  void previousValuesAreRightWithConcurrentRangeTombstones() throws InterruptedException {
    KeyspaceOptions logging = KeyspaceOptions.defaults().withLogPreviousValues(true);
    try (ApexStore store = ApexStore.open(folder, SMALL);
        ChangeFeed feed = store.changes().open()) {
      Keyspace audited = store.keyspace("audited", logging);
      List<Thread> writers = new ArrayList<>();
      for (int t = 0; t < 3; t++) {
        int writer = t;
        writers.add(
            Thread.ofPlatform()
                .start(
                    () -> {
                      for (int i = 0; i < 200; i++) {
                        byte[] value = (writer + "-" + i).getBytes(UTF_8);
                        if (i % 10 == writer) {
                          audited.deleteRange(KeyRange.of(key(i % 3), key(3 + i % 5)));
                        } else if (i % 3 == 0) {
                          audited.putAsync(key(i % 6), value).toCompletableFuture().join();
                        } else if (i % 50 == 7) {
                          store.flush();
                        } else {
                          audited.put(key(i % 6), value);
                        }
                      }
                    }));
      }
      for (Thread writer : writers) {
        writer.join();
      }
      store.sync();
      TreeMap<String, String> now = new TreeMap<>();
      int ranges = 0;
      Change change;
      while ((change = feed.poll()) != null) {
        if (change instanceof Change.KeyChange c) {
          String key = new String(c.key(), UTF_8);
          byte[] previous = c.previousValue();
          assertEquals(now.get(key), previous == null ? null : new String(previous, UTF_8));
          now.put(key, new String(Objects.requireNonNull(c.value()), UTF_8));
        } else if (change instanceof Change.RangeDelete c) {
          byte[] from = Objects.requireNonNull(c.range().from());
          byte[] to = Objects.requireNonNull(c.range().to());
          now.subMap(new String(from, UTF_8), new String(to, UTF_8)).clear();
          ranges++;
        }
      }
      assertEquals(60, ranges);
      // In one commit the range tombstone comes first: the keys that it covers have no previous
      // value.
      audited.put(key(1), "a".getBytes(UTF_8));
      audited.put(key(9), "a".getBytes(UTF_8));
      store.write(
          store
              .newBatch()
              .deleteRange(audited, KeyRange.of(key(0), key(9)))
              .put(audited, key(1), "b".getBytes(UTF_8))
              .put(audited, key(9), "b".getBytes(UTF_8)));
      store.sync();
      List<String> seen = new ArrayList<>();
      while ((change = feed.poll()) != null) {
        if (change instanceof Change.KeyChange c) {
          byte[] previous = c.previousValue();
          seen.add(previous == null ? "none" : new String(previous, UTF_8));
        }
      }
      assertEquals(List.of("none", "a"), seen.subList(2, 4));
    }
  }

  @Test
  void aBatchMayHaveMorePutsThanConditions() {
    try (ApexStore store = ApexStore.open(folder, SMALL);
        ChangeFeed feed = store.changes().open()) {
      Keyspace audited =
          store.keyspace("audited", KeyspaceOptions.defaults().withLogPreviousValues(true));
      for (String value : List.of("a", "b")) {
        WriteBatch batch = store.newBatch();
        for (int i = 0; i < 10_001; i++) {
          batch.put(audited, key(i), value.getBytes(UTF_8));
        }
        store.write(batch);
      }
      store.sync();
      int logged = 0;
      for (Change change = feed.poll(); change != null; change = feed.poll()) {
        logged += change instanceof Change.KeyChange c && c.previousValue() != null ? 1 : 0;
      }
      assertEquals(10_001, logged);
    }
  }

  @Test
  void aPreviousValueThatTheBatchHasNoRoomForIsLeftOut() {
    StoreOptions roomy = SMALL.withMemtableBytesMax(64 << 20);
    try (ApexStore store = ApexStore.open(folder, roomy);
        ChangeFeed feed = store.changes().open()) {
      Keyspace audited =
          store.keyspace("audited", KeyspaceOptions.defaults().withLogPreviousValues(true));
      audited.put(key(1), new byte[45 << 20]);
      audited.put(key(2), VALUE);
      store.write(
          store.newBatch().put(audited, key(1), new byte[45 << 20]).put(audited, key(2), VALUE));
      audited.delete(key(1));
      store.sync();
      List<String> seen = new ArrayList<>();
      for (Change change = feed.poll(); change != null; change = feed.poll()) {
        if (change instanceof Change.KeyChange c) {
          byte[] previous = c.previousValue();
          seen.add(new String(c.key(), UTF_8) + (previous == null ? "" : "<" + previous.length));
        }
      }
      assertEquals(List.of("00001", "00002", "00001", "00002<5", "00001<" + (45 << 20)), seen);
    }
  }

  @Test
  void aRangeIsCompactedOnRequest() {
    try (ApexStore store = ApexStore.open(folder, SMALL)) {
      Keyspace keyspace = store.keyspace("k");
      for (int round = 0; round < 3; round++) {
        for (int i = 0; i < 2_000; i++) {
          keyspace.put(key(i), new byte[100]);
        }
      }
      for (int i = 500; i < 600; i++) {
        keyspace.delete(key(i));
      }
      keyspace.compact(KeyRange.between(key(500), key(600)));
      StoreStats.KeyspaceStats stats =
          store.stats().keyspaces().stream()
              .filter(known -> known.name().equals("k"))
              .findFirst()
              .orElseThrow();
      assertEquals(0, stats.levels().getFirst().tables());
      assertEquals(0, stats.levels().stream().mapToLong(StoreStats.LevelStats::tombstones).sum());
      assertNull(keyspace.get(key(550)));
      assertNotNull(keyspace.get(key(499)));
    }
  }

  @Test
  void aCompactionDropsTheEntriesThatAFilterRejects() {
    try (ApexStore store =
        ApexStore.builder(folder)
            .options(SMALL)
            .compactionFilter("k", (key, value, version) -> key[key.length - 1] != '7')
            .open()) {
      Keyspace keyspace = store.keyspace("k");
      for (int i = 0; i < 100; i++) {
        keyspace.put(key(i), VALUE);
        store.put(key(i), VALUE);
      }
      try (Snapshot snapshot = store.snapshot()) {
        store.compact();
        assertNotNull(snapshot.get(keyspace, key(7)));
        assertNotNull(keyspace.get(key(7)), "while a snapshot is open");
      }
      keyspace.put(key(7), VALUE);
      keyspace.put(key(17), VALUE);
      keyspace.put(key(20), VALUE);
      store.compact();
      assertNull(keyspace.get(key(7)));
      assertNull(keyspace.get(key(17)));
      assertNotNull(keyspace.get(key(8)));
      assertNotNull(store.get(key(7)), "in a keyspace without a filter");
    }
  }

  @Test
  void aFilterThatThrowsKeepsTheEntry() {
    try (ApexStore store =
        ApexStore.builder(folder)
            .options(SMALL)
            .compactionFilter(
                "default",
                (key, value, version) -> {
                  switch (key[key.length - 1]) {
                    case '1' -> throw new IllegalStateException("planted");
                    case '2' -> throw new AssertionError("planted");
                    default -> throw new StackOverflowError("planted");
                  }
                })
            .open()) {
      for (int round = 0; round < 2; round++) {
        store.put(key(1), VALUE);
        store.put(key(2), VALUE);
        store.put(key(3), VALUE);
        store.flush();
      }
      store.compact();
      assertNotNull(store.get(key(1)));
      assertNotNull(store.get(key(2)));
      assertNotNull(store.get(key(3)));
      store.put(key(4), VALUE);
      assertTrue(store.stats().writes().compactions() > 0);
    }
  }
}
