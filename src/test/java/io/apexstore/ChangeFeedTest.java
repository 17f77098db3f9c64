package io.apexstore;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.apexstore.Change.Cause;
import io.apexstore.Change.KeyChange;
import io.apexstore.Change.Progress;
import io.apexstore.Change.Stage;
import io.apexstore.error.ApexException;
import io.apexstore.options.StoreOptions;
import io.apexstore.options.SyncMode;
import io.apexstore.stats.StoreStats;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The guarantees of change feeds, case by case; {@link ChangeFeedModelTest} has the rest. */
class ChangeFeedTest {
  private static final Duration SOON = Duration.ofSeconds(30);

  @TempDir Path directory;

  private static byte[] bytes(String text) {
    return text.getBytes(UTF_8);
  }

  /** A change as a line of text. */
  static String text(Change change) {
    return switch (change) {
      case KeyChange key -> {
        byte[] value = key.value();
        yield key.cause()
            + " "
            + key.keyspace()
            + "/"
            + new String(key.key(), UTF_8)
            + (value == null ? "" : "=" + new String(value, UTF_8))
            + " @"
            + key.version()
            + "."
            + key.index()
            + (key.endsBatch() ? "!" : "");
      }
      case Change.RangeDelete range ->
          "RANGE_DELETE "
              + range.keyspace()
              + "/"
              + bound(range.range().from())
              + " to "
              + bound(range.range().to())
              + " @"
              + range.version()
              + "."
              + range.index()
              + (range.endsBatch() ? "!" : "");
      case Progress progress -> progress.stage() + " @" + progress.version();
    };
  }

  private static String bound(byte @Nullable [] bytes) {
    return bytes == null ? "" : new String(bytes, UTF_8);
  }

  static List<String> drain(ChangeFeed feed) {
    List<String> all = new ArrayList<>();
    Change change;
    while ((change = feed.poll()) != null) {
      all.add(text(change));
    }
    return all;
  }

  private static List<String> from(ApexStore store, String token) {
    try (ChangeFeed feed = store.changes().from(token).open()) {
      return drain(feed);
    }
  }

  private static ApexException.Code refusal(ChangeFeed.Builder builder) {
    return assertThrows(ApexException.class, builder::open).code();
  }

  private static ApexException.Code pollFails(ChangeFeed feed) {
    return assertThrows(ApexException.class, () -> drain(feed)).code();
  }

  @Test
  void everyOperationIsDeliveredOnceInOrderWithItsIndexInTheBatch() {
    try (ApexStore store = ApexStore.open(directory);
        ChangeFeed feed = store.changes().open()) {
      Keyspace other = store.keyspace("other");
      final long first = store.put(bytes("a"), bytes("1"));
      WriteBatch batch = store.newBatch();
      batch.put(bytes("b"), bytes("2")).put(other, bytes("c"), bytes("3")).delete(bytes("a"));
      final long second = store.write(batch.put(bytes("b"), bytes("4")));
      final long third = other.delete(bytes("none"));
      assertEquals(
          List.of(
              "PUT default/a=1 @" + first + ".0!",
              "PUT other/c=3 @" + second + ".0",
              "DELETE default/a @" + second + ".1",
              "PUT default/b=4 @" + second + ".2!",
              "DELETE other/none @" + third + ".0!"),
          drain(feed));
      assertEquals(List.of(), drain(feed));
    }
  }

  @Test
  void internalOperationsHaveNoIndexAndATokenContinuesAfterItsChange() {
    try (ApexStore store = ApexStore.open(directory);
        ChangeFeed feed = store.changes().open()) {
      Keyspace keyspace = store.keyspace("default");
      Duration day = Duration.ofDays(1);
      final long first = keyspace.put(bytes("a"), bytes("1"), day);
      WriteBatch batch = store.newBatch();
      for (String key : List.of("b", "c", "d")) {
        batch.put(keyspace, bytes(key), bytes("2"), day);
      }
      final long second = store.write(batch);
      List<String> all =
          List.of(
              "PUT default/a=1 @" + first + ".0!",
              "PUT default/b=2 @" + second + ".0",
              "PUT default/c=2 @" + second + ".1",
              "PUT default/d=2 @" + second + ".2!");
      for (int after = 1; after <= all.size(); after++) {
        assertEquals(all.get(after - 1), text(Objects.requireNonNull(feed.poll())));
        try (ChangeFeed rest = store.changes().from(feed.token()).open()) {
          assertEquals(all.subList(after, all.size()), drain(rest));
        }
      }
    }
  }

  @Test
  void commitTimesNeverDecreaseAndAreAboutNow() {
    long before = System.currentTimeMillis() - 1_000;
    try (ApexStore store = ApexStore.open(directory);
        ChangeFeed feed = store.changes().open()) {
      for (int i = 0; i < 20; i++) {
        store.put(bytes("k" + i), bytes("v"));
      }
      long last = before;
      for (int i = 0; i < 20; i++) {
        KeyChange change = assertInstanceOf(KeyChange.class, feed.poll());
        assertTrue(change.commitTimeMs() >= last);
        last = change.commitTimeMs();
      }
      assertTrue(last <= System.currentTimeMillis() + 60_000);
    }
  }

  @Test
  void aFeedIsFilteredByPrefixAndByKeyspaceEvenOneCreatedLater() {
    try (ApexStore store = ApexStore.open(directory);
        ChangeFeed prefixed = store.changes().prefix(bytes("user:")).open();
        ChangeFeed later = store.changes().keyspaces("later", "later").open()) {
      store.internalKeyspace("_internal").put(bytes("user:0"), bytes("secret"));
      store.put(bytes("user:1"), bytes("a"));
      store.put(bytes("order:1"), bytes("b"));
      WriteBatch batch = store.newBatch().put(bytes("order:2"), bytes("c"));
      batch.put(bytes("user:2"), bytes("d")).delete(bytes("x"));
      final long version = store.write(batch);
      final long last = store.keyspace("later").put(bytes("user:3"), bytes("e"));
      assertEquals(
          List.of(
              "PUT default/user:1=a @" + (version - 2) + ".0!",
              "PUT default/user:2=d @" + version + ".1!",
              "PUT later/user:3=e @" + last + ".0!"),
          drain(prefixed));
      assertEquals(List.of("PUT later/user:3=e @" + last + ".0!"), drain(later));
      assertEquals(
          ApexException.Code.INVALID_REQUEST, refusal(store.changes().keyspaces("_internal")));
    }
  }

  @Test
  void nothingIsDeliveredBeforeItIsDurable() {
    StoreOptions lazy =
        StoreOptions.defaults()
            .withSyncMode(SyncMode.INTERVAL)
            .withSyncInterval(Duration.ofHours(1));
    try (ApexStore store = ApexStore.open(directory, lazy);
        ChangeFeed feed = store.changes().open();
        ChangeFeed snapshot = store.changes().withSnapshot().open()) {
      long version = store.put(bytes("a"), bytes("1"));
      try (ChangeFeed second = store.changes().withSnapshot().open();
          ChangeFeed after = store.changes().from(Long.toString(version)).open()) {
        assertNull(feed.poll());
        assertNull(second.poll());
        assertNull(after.poll());
        assertEquals(List.of("SNAPSHOT_END @" + (version - 1)), drain(snapshot));
        store.sync();
        assertEquals(List.of("PUT default/a=1 @" + version + ".0!"), drain(feed));
        assertEquals(List.of("PUT default/a=1 @" + version + ".0!"), drain(snapshot));
        assertEquals(
            List.of("SNAPSHOT default/a=1 @" + version + ".0!", "SNAPSHOT_END @" + version),
            drain(second));
        assertEquals(List.of(), drain(after));
      }
    }
  }

  @Test
  void aFeedThatWaitsIsWokenByACommit() throws Exception {
    try (ApexStore store = ApexStore.open(directory);
        ChangeFeed feed = store.changes().bookmarksEvery(Duration.ofHours(1)).open()) {
      AtomicReference<@Nullable Change> got = new AtomicReference<>();
      Thread reader = Thread.ofPlatform().start(() -> got.set(feed.next(SOON)));
      while (reader.getState() != Thread.State.TIMED_WAITING) {
        Thread.onSpinWait();
      }
      store.put(bytes("a"), bytes("1"));
      reader.join();
      assertInstanceOf(KeyChange.class, got.get());
      assertNull(feed.next(Duration.ofMillis(5)));
    }
  }

  @Test
  void aFeedCallsBackOnceWhenThereIsAChange() throws Exception {
    try (ApexStore store = ApexStore.open(directory);
        ChangeFeed feed = store.changes().open()) {
      CountDownLatch first = new CountDownLatch(1);
      AtomicReference<@Nullable Thread> caller = new AtomicReference<>();
      feed.whenReady(
          () -> {
            caller.set(Thread.currentThread());
            first.countDown();
          });
      assertEquals(1, first.getCount());
      store.put(bytes("a"), bytes("1"));
      assertTrue(first.await(30, TimeUnit.SECONDS));
      assertTrue(String.valueOf(caller.get()).contains("apexstore-feed"));
      CountDownLatch atOnce = new CountDownLatch(1);
      feed.whenReady(atOnce::countDown);
      assertTrue(atOnce.await(30, TimeUnit.SECONDS));
      assertNotNull(feed.poll());
    }
  }

  @Test
  void anInterruptedThreadDoesNotWaitAndStaysInterrupted() {
    try (ApexStore store = ApexStore.open(directory);
        ChangeFeed feed = store.changes().open()) {
      Thread.currentThread().interrupt();
      assertNull(feed.next(SOON));
      assertTrue(Thread.interrupted());
      store.put(bytes("a"), bytes("1"));
      Thread.currentThread().interrupt();
      assertNotNull(feed.next(SOON));
      assertTrue(Thread.interrupted());
    }
  }

  @Test
  void closingTheStoreWakesAWaitingFeedWhichThenFailsWithClosed() throws Exception {
    ApexStore store = ApexStore.open(directory);
    ChangeFeed feed = store.changes().open();
    AtomicReference<@Nullable Throwable> failure = new AtomicReference<>();
    Thread reader =
        Thread.ofPlatform()
            .start(
                () -> {
                  try {
                    feed.next(SOON);
                  } catch (ApexException e) {
                    failure.set(e);
                  }
                });
    while (reader.getState() != Thread.State.TIMED_WAITING) {
      Thread.onSpinWait();
    }
    CountDownLatch notified = new CountDownLatch(1);
    store.close();
    reader.join();
    assertEquals(
        ApexException.Code.CLOSED, assertInstanceOf(ApexException.class, failure.get()).code());
    feed.whenReady(notified::countDown);
    assertTrue(notified.await(30, TimeUnit.SECONDS));
    assertEquals(ApexException.Code.CLOSED, pollFails(feed));
    feed.close();
    assertEquals(
        ApexException.Code.CLOSED,
        assertThrows(ApexException.class, () -> store.changes().open()).code());
  }

  @Test
  void aFeedWithoutMatchingChangesReportsItsProgress() {
    try (ApexStore store = ApexStore.open(directory);
        ChangeFeed feed =
            store.changes().prefix(bytes("none")).bookmarksEvery(Duration.ofMillis(1)).open()) {
      assertNull(feed.poll());
      long version = store.put(bytes("a"), bytes("1"));
      Progress mark = assertInstanceOf(Progress.class, feed.next(SOON));
      assertEquals(Stage.BOOKMARK, mark.stage());
      assertEquals(version, mark.version());
      assertEquals(List.of(), from(store, mark.token()));
      assertEquals(mark.token(), feed.token());
    }
  }

  @Test
  void aFeedThatSkipsManyChangesReportsItsProgressEarly() {
    StoreOptions options = StoreOptions.defaults().withSyncMode(SyncMode.INTERVAL);
    try (ApexStore store = ApexStore.open(directory, options);
        ChangeFeed feed =
            store.changes().prefix(bytes("none")).bookmarksEvery(Duration.ofHours(1)).open()) {
      byte[] large = new byte[100_000];
      for (int i = 0; i < 100; i++) {
        store.put(bytes("k" + i), large);
      }
      store.sync();
      List<String> all = drain(feed);
      assertEquals(2, all.size(), all.toString());
    }
  }

  @Test
  void foreignFutureAndMalformedTokensAreDistinguished() {
    String foreign;
    try (ApexStore store = ApexStore.open(directory.resolve("other"));
        ChangeFeed feed = store.changes().open()) {
      foreign = feed.token();
    }
    try (ApexStore store = ApexStore.open(directory.resolve("own"))) {
      long version = store.put(bytes("a"), bytes("1"));
      assertEquals(ApexException.Code.TOKEN_UNKNOWN, refusal(store.changes().from(foreign)));
      assertEquals(
          ApexException.Code.TOKEN_UNKNOWN,
          refusal(store.changes().from(Long.toString(version + 1))));
      assertEquals(ApexException.Code.INVALID_REQUEST, refusal(store.changes().from("nonsense")));
      assertEquals(List.of(), from(store, Long.toString(version)));
    }
  }

  @Test
  @Tag("stress")
  void aTokenThatIsTooOldExpiresAndSoDoesASlowFeed() {
    StoreOptions keepNothing =
        StoreOptions.defaults()
            .withSyncMode(SyncMode.INTERVAL)
            .withLogRetentionBytes(0)
            .withMemtableBytesMax(1 << 20);
    try (ApexStore store = ApexStore.open(directory, keepNothing)) {
      String start;
      try (ChangeFeed slow = store.changes().open()) {
        start = slow.token();
        fillSegments(store);
        assertEquals(ApexException.Code.TOKEN_EXPIRED, refusal(store.changes().from(start)));
        assertEquals(ApexException.Code.TOKEN_EXPIRED, pollFails(slow));
        assertEquals(ApexException.Code.TOKEN_EXPIRED, pollFails(slow));
      }
      // What an expired reader has found must not lead another one past the gap.
      assertEquals(ApexException.Code.TOKEN_EXPIRED, refusal(store.changes().from(start)));
      try (ChangeFeed again = store.changes().withSnapshot().open()) {
        assertTrue(drain(again).size() > 100);
      }
    }
  }

  @Test
  void theLogAfterASnapshotIsKeptWhileTheSnapshotIsRead() {
    StoreOptions keepNothing =
        StoreOptions.defaults()
            .withSyncMode(SyncMode.INTERVAL)
            .withLogRetentionBytes(0)
            .withMemtableBytesMax(1 << 20);
    try (ApexStore store = ApexStore.open(directory, keepNothing)) {
      long begin = store.put(bytes("a"), bytes("1"));
      store.sync();
      try (ChangeFeed feed = store.changes().withSnapshot().open()) {
        assertEquals("SNAPSHOT default/a=1 @" + begin + ".0!", text(next(feed)));
        final int written = fillSegments(store);
        assertTrue(store.stats().log().retainedBytes() > 4 << 20);
        assertEquals("SNAPSHOT_END @" + begin, text(next(feed)));
        assertEquals(written, drain(feed).size());
      }
      fillSegments(store);
      awaitRetainedBelow(store, 1);
      assertEquals(
          ApexException.Code.TOKEN_EXPIRED, refusal(store.changes().from(Long.toString(begin))));
    }
  }

  /** Fills several segments and flushes; returns the number of puts. */
  private static int fillSegments(ApexStore store) {
    byte[] large = new byte[64 << 10];
    int puts = 0;
    for (int i = 0; i < 160; i++) {
      store.put(bytes("large" + i), large);
      puts++;
    }
    store.sync();
    store.flush();
    // A flush releases segments that are full and durable by then.
    store.put(bytes("small"), bytes("1"));
    store.sync();
    store.flush();
    return puts + 1;
  }

  private static void awaitRetainedBelow(ApexStore store, long bytes) {
    for (int i = 0; store.stats().log().retainedBytes() >= bytes; i++) {
      assertTrue(i < 3_000, "still kept: " + store.stats().log());
      LockSupport.parkNanos(
          10_000_000); // Segments are deleted in the background, without notification.
    }
  }

  private static Change next(ChangeFeed feed) {
    Change change = feed.poll();
    assertNotNull(change);
    return change;
  }

  @Test
  void aSnapshotIsOfOneVersionWhateverIsWrittenFlushedAndCompactedMeanwhile() {
    try (ApexStore store =
        ApexStore.open(
            directory,
            StoreOptions.defaults()
                .withSyncMode(SyncMode.INTERVAL)
                .withMemtableBytesMax(64 << 10))) {
      Keyspace second = store.keyspace("second");
      List<String> expected = new ArrayList<>();
      for (int i = 1000; i < 3000; i++) {
        long version = store.put(bytes("key" + i), bytes("old" + i));
        expected.add("SNAPSHOT default/key" + i + "=old" + i + " @" + version + ".0!");
      }
      long end = second.put(bytes("z"), bytes("old"));
      expected.add("SNAPSHOT second/z=old @" + end + ".0!");
      expected.add("SNAPSHOT_END @" + end);
      store.sync();
      List<String> found = new ArrayList<>();
      try (ChangeFeed feed = store.changes().withSnapshot().open()) {
        for (int round = 0; round < 4; round++) {
          for (int i = 0; i < 400; i++) {
            found.add(text(next(feed)));
          }
          for (int i = 1000; i < 3000; i++) {
            if (i % 3 == 0) {
              store.delete(bytes("key" + i));
            } else {
              store.put(bytes("key" + i), bytes("new" + round));
            }
          }
          store.put(bytes("extra" + round), bytes("x"));
          second.delete(bytes("z"));
          store.compact();
        }
        while (found.size() < expected.size()) {
          found.add(text(next(feed)));
        }
        assertEquals(expected, found);
        store.sync();
        assertEquals(4 * 2002, drain(feed).size());
      }
    }
  }

  @Test
  void keysTooLongForATokenHaveTokensOfTheirOwn() {
    try (ApexStore store = ApexStore.open(directory)) {
      List<String> keys = new ArrayList<>();
      for (int i = 0; i < 12; i++) {
        keys.add(i + "k".repeat(i % 3 == 0 ? 10 : 60_000));
      }
      keys.sort(null);
      keys.forEach(key -> store.put(bytes(key), bytes("v")));
      List<String> tokens = new ArrayList<>();
      List<String> all = new ArrayList<>();
      try (ChangeFeed feed = store.changes().withSnapshot().open()) {
        for (int i = 0; i < keys.size(); i++) {
          KeyChange change = assertInstanceOf(KeyChange.class, next(feed));
          assertFalse(tokens.contains(change.token()));
          assertTrue(change.token().length() < 2_048);
          tokens.add(change.token());
          all.add(text(change));
        }
      }
      for (int i = 0; i < keys.size(); i++) {
        List<String> rest = from(store, tokens.get(i));
        List<String> missing = all.subList(i + 1, all.size());
        assertTrue(rest.containsAll(missing), "after key " + i);
        assertTrue(rest.size() <= missing.size() + 1 + 4, "after key " + i + ": " + rest.size());
      }
    }
  }

  @Test
  void statsShowTheNumberOfFeedsAndTheLargestLag() {
    try (ApexStore store = ApexStore.open(directory)) {
      assertEquals(0, store.stats().feeds().readers());
      assertEquals(0, store.stats().feeds().lagVersions());
      try (ChangeFeed slow = store.changes().open();
          ChangeFeed fast = store.changes().open()) {
        final long begin = store.stats().feeds().oldestPosition();
        for (int i = 0; i < 10; i++) {
          store.put(bytes("a" + i), bytes("1"));
        }
        drain(fast);
        StoreStats.FeedStats stats = store.stats().feeds();
        assertEquals(2, stats.readers());
        assertEquals(begin, stats.oldestPosition());
        assertEquals(10, stats.lagVersions());
        drain(slow);
        assertEquals(0, store.stats().feeds().lagVersions());
      }
      assertEquals(0, store.stats().feeds().readers());
    }
  }

  @Test
  void deliveredChangesCanBeReadFromTheStore() throws Exception {
    try (ApexStore store = ApexStore.open(directory);
        ChangeFeed feed = store.changes().open()) {
      Thread writer =
          Thread.ofPlatform()
              .start(
                  () -> {
                    for (int i = 0; i < 2_000; i++) {
                      store.put(bytes("counter"), bytes(Integer.toString(i)));
                    }
                  });
      for (int i = 0; i < 2_000; i++) {
        KeyChange change = assertInstanceOf(KeyChange.class, feed.next(SOON));
        VersionedValue seen = store.getVersioned(bytes("counter"));
        assertNotNull(seen);
        assertTrue(seen.version() >= change.version());
        assertEquals(Cause.PUT, change.cause());
      }
      writer.join();
    }
  }
}
