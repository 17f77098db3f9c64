package io.apexstore;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.apexstore.error.ApexException;
import io.apexstore.options.StoreOptions;
import io.apexstore.options.SyncMode;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SnapshotTest {
  private static final StoreOptions SMALL =
      StoreOptions.defaults().withSyncMode(SyncMode.INTERVAL).withMemtableBytesMax(64 << 10);

  @TempDir Path directory;

  private static byte[] bytes(String text) {
    return text.getBytes(UTF_8);
  }

  private record Held(Snapshot snapshot, Map<String, String> expected) {}

  @Test
  void aSnapshotReturnsTheSameResultsWhileItIsOpen() {
    long seed = Long.getLong("seed", System.nanoTime());
    Random random = new Random(seed);
    TreeMap<String, String> model = new TreeMap<>();
    Deque<Held> held = new ArrayDeque<>();
    try (ApexStore store = ApexStore.open(directory, SMALL)) {
      for (int i = 0; i < 20_000; i++) {
        String key = "key" + random.nextInt(500);
        if (random.nextInt(4) == 0) {
          store.delete(bytes(key));
          model.remove(key);
        } else {
          String value = "value" + i;
          store.put(bytes(key), bytes(value));
          model.put(key, value);
        }
        if (random.nextInt(1000) == 0) {
          held.add(new Held(store.snapshot(), new TreeMap<>(model)));
        }
        if (random.nextInt(2000) == 0) {
          store.flush();
        }
        if (random.nextInt(5000) == 0) {
          store.compact();
        }
        if (held.size() > 5) {
          Held oldest = held.remove();
          assertSees(oldest, random, seed);
          oldest.snapshot.close();
        }
      }
      for (Held last : held) {
        assertSees(last, random, seed);
        last.snapshot.close();
      }
    }
  }

  private static void assertSees(Held held, Random random, long seed) {
    Map<String, String> found = new TreeMap<>();
    ScanOptions options = random.nextBoolean() ? ScanOptions.DEFAULT : ScanOptions.REVERSE;
    Keyspace keyspace = held.snapshot.defaultKeyspace();
    try (Cursor cursor = held.snapshot.scan(keyspace, KeyRange.all(), options)) {
      while (cursor.next()) {
        found.put(new String(cursor.key(), UTF_8), new String(cursor.value(), UTF_8));
      }
    }
    assertEquals(held.expected, found, () -> "seed " + seed);
    for (int i = 0; i < 100; i++) {
      String key = "key" + random.nextInt(500);
      byte[] value = held.snapshot.get(bytes(key));
      String expected = held.expected.get(key);
      assertEquals(expected, value == null ? null : new String(value, UTF_8), "seed " + seed);
    }
  }

  @Test
  void aClosedSnapshotReadsNothing() {
    try (ApexStore store = ApexStore.open(directory, SMALL)) {
      Snapshot snapshot = store.snapshot();
      snapshot.close();
      snapshot.close();
      ApexException e = assertThrows(ApexException.class, () -> snapshot.get(bytes("a")));
      assertEquals(ApexException.Code.CLOSED, e.code());
    }
  }

  @Test
  void withoutHistoryTheNextCompactionDropsAnOldVersionUnlessASnapshotNeedsIt() {
    try (ApexStore store = ApexStore.open(directory, SMALL)) {
      long first = store.put(bytes("a"), bytes("1"));
      try (Snapshot held = store.snapshot()) {
        store.put(bytes("a"), bytes("2"));
        store.compact();
        assertEquals(first, held.version());
        try (Snapshot again = store.snapshotAt(first)) {
          assertArrayEquals(bytes("1"), again.get(bytes("a")));
        }
      }
      store.compact();
      ApexException e = assertThrows(ApexException.class, () -> store.snapshotAt(first));
      assertEquals(ApexException.Code.VERSION_EXPIRED, e.code());
    }
  }

  @Test
  void aVersionThatDoesNotExistYetIsRefused() {
    try (ApexStore store = ApexStore.open(directory, SMALL)) {
      long version = store.put(bytes("a"), bytes("1"));
      ApexException e = assertThrows(ApexException.class, () -> store.snapshotAt(version + 1));
      assertEquals(ApexException.Code.INVALID_REQUEST, e.code());
      assertTrue(String.valueOf(e.getMessage()).contains(Long.toString(version)));
    }
  }

  @Test
  void historyIsReadableAfterFlushCompactionAndRestart() {
    StoreOptions history = SMALL.withHistoryRetention(Duration.ofHours(1));
    long first;
    long second;
    try (ApexStore store = ApexStore.open(directory, history)) {
      first = store.put(bytes("a"), bytes("1"));
      second = store.delete(bytes("a"));
      store.put(bytes("a"), bytes("3"));
      store.compact();
      assertReads(store, first, "1");
    }
    try (ApexStore store = ApexStore.open(directory, history)) {
      store.put(bytes("b"), bytes("1"));
      store.compact();
      assertReads(store, first, "1");
      assertReads(store, second, null);
    }
    // Without history, the next compaction drops these versions for good.
    try (ApexStore store = ApexStore.open(directory, SMALL)) {
      store.put(bytes("b"), bytes("2"));
      store.compact();
    }
    try (ApexStore store = ApexStore.open(directory, history)) {
      ApexException e = assertThrows(ApexException.class, () -> store.snapshotAt(first));
      assertEquals(ApexException.Code.VERSION_EXPIRED, e.code());
      e = assertThrows(ApexException.class, () -> store.versionAt(Instant.EPOCH));
      assertEquals(ApexException.Code.VERSION_EXPIRED, e.code());
    }
  }

  private static void assertReads(ApexStore store, long version, @Nullable String expected) {
    try (Snapshot snapshot = store.snapshotAt(version)) {
      byte[] value = snapshot.get(bytes("a"));
      if (expected == null) {
        assertNull(value);
      } else {
        assertArrayEquals(bytes(expected), value);
      }
    }
  }
}
