package io.apexstore;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.apexstore.error.ApexException;
import io.apexstore.options.CompactionStrategy;
import io.apexstore.options.KeyspaceOptions;
import io.apexstore.options.StoreOptions;
import io.apexstore.options.SyncMode;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Objects;
import java.util.Random;
import java.util.TreeMap;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Puts, deletes and range deletes, flushed, compacted and reopened, checked against a sorted map at
 * each version: by point reads, and by scans in both orders. {@code -Dseed=N} replays a run.
 */
@Tag("model")
class RangeDeleteModelTest {
  private static final int KEYS = 400;
  private static final StoreOptions OPTIONS =
      StoreOptions.defaults()
          .withSyncMode(SyncMode.INTERVAL)
          .withMemtableBytesMax(64 << 10)
          .withBlockBytes(512)
          .withBlockCacheBytes(1 << 20);

  @TempDir Path directory;

  private static final CompactionStrategy[] STRATEGIES = {
    CompactionStrategy.LEVELED, CompactionStrategy.TIERED, CompactionStrategy.LAZY_LEVELING
  };

  private final long seed = Long.getLong("seed", System.nanoTime());
  private final Random random = new Random(seed);
  private TreeMap<String, String> model = new TreeMap<>();
  // The state after some of the commits, by version.
  private final TreeMap<Long, TreeMap<String, String>> past = new TreeMap<>();
  private final List<Held> held = new ArrayList<>();
  private boolean strategiesChange;

  private record Held(Snapshot snapshot, TreeMap<String, String> expected) {}

  private static byte[] bytes(String text) {
    return text.getBytes(UTF_8);
  }

  private String key() {
    return String.format("key-%04d", random.nextInt(KEYS));
  }

  @Test
  void withoutHistory() {
    run(OPTIONS, 20_000);
  }

  @Test
  void withHistory() {
    run(OPTIONS.withHistoryRetention(Duration.ofHours(1)), 6_000);
  }

  /** With concurrent compactions, under a strategy that changes while they run. */
  @Test
  void whileStrategiesChange() {
    strategiesChange = true;
    run(OPTIONS.withCompactionThreads(3).withLevel0Threshold(2).withSizeRatio(2), 15_000);
  }

  private void run(StoreOptions options, int operations) {
    System.err.println("RangeDeleteModelTest: -Dseed=" + seed);
    ApexStore store = open(options);
    try {
      for (int i = 0; i < operations; i++) {
        write(store);
        int choice = random.nextInt(1_000);
        if (choice < 3) {
          store.flush();
        } else if (choice < 4) {
          store.compact();
        } else if (choice < 6) {
          closeHeld();
          store.close();
          store = open(options);
        } else if (choice < 9 && strategiesChange) {
          CompactionStrategy next = STRATEGIES[random.nextInt(STRATEGIES.length)];
          store.keyspace("default", KeyspaceOptions.defaults().withCompaction(next));
        } else if (choice < 16) {
          held.add(new Held(store.snapshot(), new TreeMap<>(model)));
        } else if (choice < 26 && !held.isEmpty()) {
          Held one = held.remove(random.nextInt(held.size()));
          check(one);
          one.snapshot.close();
        } else if (choice < 60) {
          checkNow(store);
        } else if (choice < 70) {
          checkPast(store);
        }
      }
      checkNow(store);
      checkPast(store);
      held.forEach(this::check);
      store.compact();
      checkNow(store);
    } finally {
      closeHeld();
      store.close();
    }
  }

  private ApexStore open(StoreOptions options) {
    return ApexStore.open(directory, options);
  }

  private void closeHeld() {
    held.forEach(one -> one.snapshot.close());
    held.clear();
  }

  private void write(ApexStore store) {
    Keyspace keyspace = store.keyspace("default");
    WriteBatch batch = store.newBatch();
    int count = random.nextInt(8) == 0 ? random.nextInt(12) : 1;
    for (int i = 0; i < count; i++) {
      int choice = random.nextInt(100);
      String key = key();
      if (choice < 80) {
        String value = "v" + random.nextInt() + "x".repeat(random.nextInt(60));
        batch.put(keyspace, bytes(key), bytes(value));
        model.put(key, value);
      } else if (choice < 95) {
        batch.delete(keyspace, bytes(key));
        model.remove(key);
      } else {
        deleteRange(keyspace, batch, key);
      }
    }
    long version = store.write(batch);
    if (random.nextInt(50) == 0) {
      past.put(version, new TreeMap<>(model));
    }
  }

  private void deleteRange(Keyspace keyspace, WriteBatch batch, String key) {
    switch (random.nextInt(12)) {
      case 0 -> {
        batch.deleteRange(keyspace, KeyRange.from(bytes(key)));
        model.tailMap(key, true).clear();
      }
      case 1 -> {
        batch.deleteRange(keyspace, KeyRange.below(bytes(key)));
        model.headMap(key, false).clear();
      }
      case 2, 3 -> {
        String prefix = key.substring(0, 7);
        batch.deletePrefix(keyspace, bytes(prefix));
        model.keySet().removeIf(other -> other.startsWith(prefix));
      }
      default -> {
        String end = String.format("key-%04d", Integer.parseInt(key.substring(4)) + spread());
        batch.deleteRange(keyspace, KeyRange.between(bytes(key), bytes(end)));
        model.subMap(key, true, end, false).clear();
      }
    }
  }

  private int spread() {
    return 1 + random.nextInt(random.nextInt(4) == 0 ? KEYS : 12);
  }

  private void checkNow(ApexStore store) {
    try (Snapshot now = store.snapshot()) {
      check(new Held(now, model));
    }
  }

  private void check(Held one) {
    NavigableMap<String, String> expected = one.expected;
    KeyRange range = KeyRange.all();
    if (random.nextBoolean()) {
      String from = key();
      String to = key();
      range = KeyRange.between(bytes(from), bytes(to));
      expected =
          from.compareTo(to) >= 0
              ? Collections.emptyNavigableMap()
              : expected.subMap(from, true, to, false);
    }
    boolean reverse = random.nextBoolean();
    List<String> found = new ArrayList<>();
    Keyspace keyspace = one.snapshot.defaultKeyspace();
    try (Cursor cursor =
        one.snapshot.scan(keyspace, range, ScanOptions.DEFAULT.withReverse(reverse))) {
      while (cursor.next()) {
        found.add(new String(cursor.key(), UTF_8) + "=" + new String(cursor.value(), UTF_8));
      }
    }
    List<String> lines = new ArrayList<>();
    for (Map.Entry<String, String> entry :
        (reverse ? expected.descendingMap() : expected).entrySet()) {
      lines.add(entry.getKey() + "=" + entry.getValue());
    }
    assertEquals(lines, found, () -> "seed " + seed);
    for (int i = 0; i < 30; i++) {
      String key = key();
      byte[] value = one.snapshot.get(bytes(key));
      assertEquals(
          one.expected.get(key),
          value == null ? null : new String(value, UTF_8),
          () -> "seed " + seed + " " + key);
    }
  }

  private void checkPast(ApexStore store) {
    for (int i = 0; i < 5 && !past.isEmpty(); i++) {
      Map.Entry<Long, TreeMap<String, String>> at =
          Objects.requireNonNull(
              past.floorEntry(
                  past.firstKey() + random.nextLong(past.lastKey() - past.firstKey() + 1)));
      try (Snapshot then = store.snapshotAt(at.getKey())) {
        check(new Held(then, at.getValue()));
      } catch (ApexException e) {
        assertTrue(e.code() == ApexException.Code.VERSION_EXPIRED, () -> "seed " + seed + " " + e);
        past.headMap(at.getKey(), true).clear();
      }
    }
  }
}
