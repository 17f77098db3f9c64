package io.apexstore;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.apexstore.error.ApexException;
import io.apexstore.options.StoreOptions;
import io.apexstore.options.SyncMode;
import io.apexstore.stats.StoreStats;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Range deletes through the API, case by case; {@link RangeDeleteModelTest} has the rest. */
class RangeDeleteTest {
  private static final StoreOptions OPTIONS =
      StoreOptions.defaults().withSyncMode(SyncMode.INTERVAL).withMemtableBytesMax(1 << 20);

  @TempDir Path directory;
  private ApexStore store;

  @BeforeEach
  void open() {
    store = ApexStore.open(directory, OPTIONS);
  }

  @AfterEach
  void close() {
    store.close();
  }

  private static byte[] bytes(String text) {
    return text.getBytes(UTF_8);
  }

  private void put(String... keys) {
    for (String key : keys) {
      store.put(bytes(key), bytes("of " + key));
    }
  }

  private List<String> keys() {
    return keys(KeyRange.all(), ScanOptions.DEFAULT);
  }

  private List<String> keys(KeyRange range, ScanOptions options) {
    List<String> keys = new ArrayList<>();
    try (Cursor cursor = store.scan(range, options)) {
      while (cursor.next()) {
        keys.add(new String(cursor.key(), UTF_8));
      }
    }
    return keys;
  }

  @Test
  void theKeysOfTheRangeAreDeletedAndNoOthers() {
    put("a", "b", "b1", "c", "d");
    long version = store.deleteRange(KeyRange.between(bytes("b"), bytes("d")));
    assertEquals(List.of("a", "d"), keys());
    assertEquals(List.of("d", "a"), keys(KeyRange.all(), ScanOptions.REVERSE));
    assertNull(store.get(bytes("b1")));
    assertTrue(store.put(bytes("c"), bytes("again")) > version);
    assertEquals(List.of("a", "c", "d"), keys());
    store.compact();
    assertEquals(List.of("a", "c", "d"), keys());
  }

  @Test
  void aPrefixOfFfBytesAndRangesWithoutBoundsReachTheLastKey() {
    byte[] last = {(byte) 0xFF, (byte) 0xFF, 7};
    store.put(last, bytes("1"));
    put("a", "b");
    store.deletePrefix(new byte[] {(byte) 0xFF, (byte) 0xFF});
    assertNull(store.get(last));
    assertEquals(List.of("a", "b"), keys());
    store.flush();
    assertNull(store.get(last));
    store.put(last, bytes("2"));
    assertArrayEquals(bytes("2"), store.get(last));
    store.deleteRange(KeyRange.from(bytes("b")));
    assertEquals(List.of("a"), keys());
    store.flush();
    assertEquals(List.of("a"), keys());
    store.deletePrefix(new byte[0]);
    assertEquals(List.of(), keys());
    store.compact();
    assertEquals(List.of(), keys());
    put("z");
    assertEquals(List.of("z"), keys());
  }

  @Test
  void aPutAfterTheRangeDeleteOfABatchIsKept() {
    put("k1", "k2", "k3");
    Keyspace keyspace = store.keyspace("default");
    store.write(
        store
            .newBatch()
            .put(bytes("k1"), bytes("before"))
            .deletePrefix(keyspace, bytes("k"))
            .put(bytes("k2"), bytes("after")));
    assertEquals(List.of("k2"), keys());
    assertArrayEquals(bytes("after"), store.get(bytes("k2")));
    store.compact();
    assertEquals(List.of("k2"), keys());
  }

  @Test
  void anEmptyRangeDeletesNothingAndBoundsHaveALimit() {
    put("a", "b");
    assertTrue(store.deleteRange(KeyRange.between(bytes("b"), bytes("a"))) > 0);
    assertTrue(store.deleteRange(KeyRange.between(bytes("b"), bytes("b"))) > 0);
    assertTrue(store.deleteRange(KeyRange.below(new byte[0])) > 0);
    assertEquals(0, store.newBatch().deleteRange(KeyRange.between(bytes("b"), bytes("b"))).size());
    assertEquals(List.of("a", "b"), keys());
    byte[] tooLong = new byte[(64 << 10) + 1];
    ApexException e =
        assertThrows(ApexException.class, () -> store.deleteRange(KeyRange.from(tooLong)));
    assertEquals(ApexException.Code.INVALID_REQUEST, e.code());
    store.deleteRange(KeyRange.below(new byte[64 << 10]));
    assertEquals(List.of("a", "b"), keys());
  }

  @Test
  void otherKeyspacesAreNotAffected() {
    Keyspace other = store.keyspace("other");
    other.put(bytes("a"), bytes("1"));
    put("a");
    assertTrue(store.deletePrefix(bytes("a")) > 0);
    assertArrayEquals(bytes("1"), other.get(bytes("a")));
    assertTrue(other.deletePrefixAsync(bytes("a")).toCompletableFuture().join() > 0);
    assertNull(other.get(bytes("a")));
  }

  @Test
  void aSnapshotBeforeTheRangeDeleteStillSeesTheKeys() {
    put("a", "b", "c");
    try (Snapshot before = store.snapshot()) {
      store.deleteRange(KeyRange.all());
      store.compact();
      assertEquals(List.of(), keys());
      assertArrayEquals(bytes("of b"), before.get(bytes("b")));
      int count = 0;
      try (Cursor cursor = before.scan(KeyRange.all())) {
        while (cursor.next()) {
          count++;
        }
      }
      assertEquals(3, count);
    }
  }

  @Test
  void itSurvivesARestartWhereverItIs() {
    put("a", "b");
    store.flush();
    store.deletePrefix(bytes("b"));
    store.close();
    open();
    assertEquals(List.of("a"), keys());
    store.deletePrefix(bytes("a"));
    store.flush();
    store.close();
    open();
    assertEquals(List.of(), keys());
    assertFalse(store.keyspace("default").contains(bytes("a")));
  }

  @Test
  void conditionsSeeIt() {
    put("a", "m");
    Keyspace keyspace = store.keyspace("default");
    long versionOfM = Objects.requireNonNull(keyspace.getVersioned(bytes("m"))).version();
    store.deleteRange(KeyRange.from(bytes("k")));
    assertEquals(Keyspace.REFUSED, keyspace.compareAndSet(bytes("m"), versionOfM, bytes("x")));
    assertTrue(keyspace.putIfAbsent(bytes("m"), bytes("new")) > 0);
    long since = store.put(bytes("a"), bytes("2"));
    Snapshot held = store.snapshot(); // Keeps the changes since then known.
    store.deleteRange(KeyRange.between(bytes("p"), bytes("q")));
    assertRefused(store.newBatch().requireUnchanged(keyspace, KeyRange.from(bytes("pp")), since));
    assertRefused(store.newBatch().requireUnchanged(keyspace, KeyRange.all(), since));
    KeyRange apart = KeyRange.between(bytes("q"), bytes("z"));
    assertTrue(store.write(store.newBatch().requireUnchanged(keyspace, apart, since)) > 0);
    store.flush();
    assertRefused(store.newBatch().requireUnchanged(keyspace, KeyRange.from(bytes("pp")), since));
    assertTrue(store.write(store.newBatch().requireUnchanged(keyspace, apart, since)) > 0);
    held.close();
  }

  private void assertRefused(WriteBatch batch) {
    ApexException e = assertThrows(ApexException.class, () -> store.write(batch));
    assertEquals(ApexException.Code.CONDITION_FAILED, e.code());
  }

  @Test
  void aTransactionSeesItsOwnRangeDelete() {
    put("a", "b", "c", "d");
    store.transact(
        tx -> {
          tx.put(bytes("b2"), bytes("x")).deleteRange(KeyRange.between(bytes("b"), bytes("d")));
          assertNull(tx.get(bytes("b")));
          assertNull(tx.get(bytes("b2")));
          tx.put(bytes("c"), bytes("new"));
          List<String> seen = new ArrayList<>();
          try (TransactionCursor cursor = tx.scan(KeyRange.all())) {
            while (cursor.next()) {
              seen.add(new String(cursor.key(), UTF_8));
            }
          }
          assertEquals(List.of("a", "c", "d"), seen);
          return null;
        });
    assertEquals(List.of("a", "c", "d"), keys());
    assertArrayEquals(bytes("new"), store.get(bytes("c")));
  }

  @Test
  void aTransactionThatReadARangeRunsAgainIfTheRangeIsDeleted() {
    put("a", "b");
    int[] attempts = {0};
    store.transact(
        tx -> {
          int count = 0;
          try (TransactionCursor cursor = tx.scan(KeyRange.all())) {
            while (cursor.next()) {
              count++;
            }
          }
          if (attempts[0]++ == 0) {
            store.deletePrefix(bytes("b"));
          }
          tx.put(bytes("count"), bytes(Integer.toString(count)));
          return null;
        });
    assertEquals(2, attempts[0]);
    assertArrayEquals(bytes("1"), store.get(bytes("count")));
  }

  @Test
  void keysOfADeletedRangeDoNotExpireAgain() {
    Keyspace keyspace = store.keyspace("default");
    keyspace.put(bytes("t"), bytes("1"), Duration.ofMillis(1));
    store.deletePrefix(bytes("t"));
    assertNull(store.get(bytes("t")));
    keyspace.put(bytes("t"), bytes("2"));
    assertArrayEquals(bytes("2"), store.get(bytes("t")));
  }

  @Test
  void aFeedReportsItOnceAndAFeedOfAPrefixOnlyItsPart() {
    put("a", "b");
    String token;
    try (ChangeFeed feed = store.changes().open()) {
      token = feed.token();
    }
    store.sync();
    store.deleteRange(KeyRange.between(bytes("a"), bytes("c")));
    store.write(
        store
            .newBatch()
            .put(bytes("b9"), bytes("gone"))
            .deleteRange(KeyRange.from(bytes("b")))
            .put(bytes("bx"), bytes("1")));
    store.deleteRange(KeyRange.between(bytes("x"), bytes("z")));
    store.sync();
    assertEquals(
        List.of("a to c 0!", "b to null 0", "PUT bx", "x to z 0!"), changes(token, new byte[0]));
    assertEquals(List.of("b to c 0!", "b to c 0", "PUT bx"), changes(token, bytes("b")));
    assertEquals(List.of("bp to bq 0!", "bp to bq 0!"), changes(token, bytes("bp")));
  }

  private List<String> changes(String token, byte[] prefix) {
    List<String> found = new ArrayList<>();
    try (ChangeFeed feed = store.changes().from(token).prefix(prefix).open()) {
      for (Change change = feed.poll(); change != null; change = feed.poll()) {
        switch (change) {
          case Change.RangeDelete range ->
              found.add(
                  text(range.range().from())
                      + " to "
                      + text(range.range().to())
                      + " "
                      + range.index()
                      + (range.endsBatch() ? "!" : ""));
          case Change.KeyChange key -> found.add(key.cause() + " " + text(key.key()));
          case Change.Progress progress -> {}
        }
      }
    }
    return found;
  }

  private static String text(byte @Nullable [] bytes) {
    return bytes == null ? "null" : new String(bytes, UTF_8);
  }

  @Test
  void aScanOverManyDeletedKeysReadsAFewBlocks() {
    byte[] value = new byte[40];
    for (int i = 0; i < 100; i++) {
      WriteBatch batch = store.newBatch();
      for (int j = 0; j < 1_000; j++) {
        batch.put(bytes(String.format("key-%08d", i * 1_000 + j)), value);
      }
      store.write(batch);
    }
    store.flush();
    put("a", "z");
    try (Snapshot before = store.snapshot()) {
      store.deletePrefix(bytes("key-"));
      assertFewBlocks(); // The tombstone is in memory, the keys that it covers are in tables.
      store.flush();
      assertFewBlocks();
      store.compact();
      assertFewBlocks(); // The snapshot keeps everything.
      assertTrue(before.get(bytes("key-00000007")) != null);
    }
    store.compact();
    assertFewBlocks();
  }

  @Test
  @Timeout(20)
  void nestedRangesHaveLinearCost() {
    put("000000", "zzz");
    WriteBatch batch = store.newBatch();
    for (int i = 60_000; i > 0; i--) {
      batch.deleteRange(store.keyspace("default"), KeyRange.from(number(i)));
    }
    store.write(batch);
    assertEquals(List.of("000000"), keys());
    CompletableFuture<?>[] later = new CompletableFuture<?>[20_000];
    for (int i = 0; i < later.length; i++) {
      later[i] =
          store
              .keyspace("other")
              .deleteRangeAsync(KeyRange.from(number(later.length - i)))
              .toCompletableFuture();
    }
    CompletableFuture.allOf(later).join();
    put("zzz");
    store.close();
    open();
    assertEquals(List.of("000000", "zzz"), keys());
    store.flush();
    assertEquals(List.of("000000", "zzz"), keys());
  }

  @Test
  @Tag("stress")
  void withHistoryManyNestedRangesAreFlushedInTime() {
    store.close();
    try (ApexStore past =
        ApexStore.open(directory, OPTIONS.withHistoryRetention(Duration.ofHours(1)))) {
      past.put(number(1_000), bytes("a"));
      long before = past.put(number(3_000), bytes("b"));
      for (int i = 4_000; i > 0; i--) {
        past.deleteRange(KeyRange.from(number(i)));
      }
      past.flush();
      assertTrue(
          past.stats().writes().flushes() >= 3, "one table contains the square of the ranges");
      for (int i : new int[] {1, 999, 1_000, 1_001, 1_002, 2_999, 3_000, 3_001, 4_000}) {
        try (Snapshot then = past.snapshotAt(before + i)) {
          assertEquals(i <= 1_000, then.get(number(3_000)) != null, "after " + i);
          assertEquals(i <= 3_000, then.get(number(1_000)) != null, "after " + i);
        }
      }
    }
    open();
  }

  @Test
  @Tag("stress")
  void withHistoryRangesOverManyOthersAreFlushedInTime() {
    store.close();
    StoreOptions keeping =
        StoreOptions.defaults()
            .withSyncMode(SyncMode.INTERVAL)
            .withHistoryRetention(Duration.ofHours(1));
    try (ApexStore past = ApexStore.open(directory, keeping)) {
      WriteBatch apart = past.newBatch();
      for (int i = 0; i < 20_000; i++) {
        apart.deleteRange(KeyRange.between(number(2 * i), number(2 * i + 1)));
      }
      past.write(apart);
      for (int i = 0; i < 100; i++) {
        past.deleteRange(KeyRange.from(number(0)));
      }
      past.flush();
      assertTrue(past.stats().writes().flushes() >= 2, "100 versions of 40,000 fragments");
    }
    open();
  }

  @Test
  @Tag("stress")
  void withManySnapshotsRangesOverManyOthersAreFlushedInTime() {
    store.close();
    store = ApexStore.open(directory, StoreOptions.defaults().withSyncMode(SyncMode.INTERVAL));
    WriteBatch apart = store.newBatch();
    for (int i = 0; i < 20_000; i++) {
      apart.deleteRange(KeyRange.between(number(2 * i), number(2 * i + 1)));
    }
    store.write(apart);
    List<Snapshot> snapshots = new ArrayList<>();
    for (int i = 0; i < 100; i++) {
      snapshots.add(store.snapshot());
      store.deleteRange(KeyRange.from(number(0)));
    }
    store.flush();
    assertTrue(store.stats().writes().flushes() >= 2, "100 versions of 40,000 fragments");
    snapshots.forEach(Snapshot::close);
  }

  private static byte[] number(int number) {
    return bytes(String.format("%06d", number));
  }

  private void assertFewBlocks() {
    for (ScanOptions options : List.of(ScanOptions.DEFAULT, ScanOptions.REVERSE)) {
      long before = blocksRead();
      assertEquals(2, keys(KeyRange.all(), options).size());
      long read = blocksRead() - before;
      assertTrue(read < 100, () -> read + " blocks");
    }
  }

  private long blocksRead() {
    StoreStats.CacheStats cache = store.stats().cache();
    return cache.hits() + cache.misses();
  }
}
