package io.apexstore.stats;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;

import io.apexstore.ApexStore;
import io.apexstore.CachedRead;
import io.apexstore.ChangeFeed;
import io.apexstore.Cursor;
import io.apexstore.KeyRange;
import io.apexstore.Keyspace;
import io.apexstore.MergeOperators;
import io.apexstore.Snapshot;
import io.apexstore.options.KeyspaceOptions;
import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The statistics count the reads that callers asked for, and no others. */
class ReadStatsTest {
  @TempDir private Path folder;

  private static byte[] bytes(String text) {
    return text.getBytes(UTF_8);
  }

  @Test
  void readsOfTheStoreItselfDoNotCount() {
    try (ApexStore store = ApexStore.open(folder)) {
      Keyspace keyspace =
          store.keyspace("audited", KeyspaceOptions.defaults().withLogPreviousValues(true));
      long version = keyspace.put(bytes("a"), bytes("1"));
      keyspace.putAsync(bytes("a"), bytes("1")).toCompletableFuture().join();
      keyspace.put(bytes("a"), bytes("1"), Duration.ofHours(1));
      keyspace.putIfAbsent(bytes("b"), bytes("1"));
      keyspace.update(bytes("b"), value -> bytes("2"));
      keyspace.increment(bytes("c"), 1);
      keyspace.incrementAsync(bytes("c"), 1).toCompletableFuture().join();
      keyspace.merge(bytes("d"), bytes("x"), MergeOperators.append());
      store.write(
          store
              .newBatch()
              .requireUnchanged(keyspace, KeyRange.of(bytes("x"), bytes("y")), version)
              .put(keyspace, bytes("e"), bytes("1")));
      store.put(bytes("a"), bytes("1"));
      store.flush();
      try (ChangeFeed feed = store.changes().withSnapshot().open()) {
        assertNotNull(feed.next(Duration.ofSeconds(30)));
      }
      for (int i = 0; i < 3; i++) {
        assertEquals(new StoreStats.ReadStats(0, 0), store.stats().reads());
      }
    }
  }

  @Test
  void readsThatCallersAskForCount() {
    try (ApexStore store = ApexStore.open(folder)) {
      Keyspace keyspace = store.keyspace("default");
      keyspace.put(bytes("a"), bytes("1"));
      assertNotNull(keyspace.get(bytes("a")));
      assertNull(keyspace.get(bytes("b")));
      keyspace.contains(bytes("a"));
      keyspace.getVersioned(bytes("a"));
      keyspace.getCached(bytes("a"));
      try (Snapshot snapshot = store.snapshot()) {
        snapshot.get(keyspace, bytes("a"));
      }
      try (Cursor cursor = keyspace.scan(KeyRange.all())) {
        cursor.next();
      }
      assertEquals(new StoreStats.ReadStats(6, 1), store.stats().reads());
      store.flush();
      // Not in the cache, so it is read twice.
      assertInstanceOf(CachedRead.NeedsDisk.class, keyspace.getCached(bytes("a")));
      keyspace.get(bytes("a"));
      assertEquals(new StoreStats.ReadStats(7, 1), store.stats().reads());
    }
  }
}
