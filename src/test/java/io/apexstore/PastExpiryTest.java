package io.apexstore;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;

import io.apexstore.engine.base.TestClock;
import io.apexstore.options.StoreOptions;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The past does not change: a version shows what had not expired when it was committed. */
class PastExpiryTest {
  private final TestClock clock = TestClock.at(1_000_000);
  @TempDir Path directory;

  private ApexStore open(Duration retention) {
    StoreOptions options = StoreOptions.defaults().withHistoryRetention(retention);
    return ApexStore.builder(directory).options(options).time(clock).open();
  }

  private static byte[] bytes(String text) {
    return text.getBytes(UTF_8);
  }

  private static byte @Nullable [] valueAt(ApexStore store, long version, String key) {
    try (Snapshot past = store.snapshotAt(version)) {
      return past.get(bytes(key));
    }
  }

  private static long version(ApexStore store) {
    try (Snapshot present = store.snapshot()) {
      return present.version();
    }
  }

  @ParameterizedTest
  @ValueSource(longs = {0, 3_600})
  void aVersionShowsAValueAlsoAfterItExpiredAndALaterVersionDoesNot(long retentionSeconds) {
    try (ApexStore store = open(Duration.ofSeconds(retentionSeconds))) {
      final long before = store.put(bytes("x"), bytes("1"));
      clock.advance(100);
      final long version =
          store.defaultKeyspace().put(bytes("a"), bytes("1"), Duration.ofSeconds(1));
      clock.advance(900);
      final long alive = store.put(bytes("x"), bytes("2"));
      clock.advance(200);
      final long gone = store.put(bytes("x"), bytes("3"));
      clock.advance(5_000);
      for (int i = 0; i < 2; i++) {
        assertNull(store.get(bytes("a")));
        assertNull(valueAt(store, before, "a"));
        assertNotNull(valueAt(store, version, "a"));
        assertNotNull(valueAt(store, alive, "a"));
        assertNull(valueAt(store, gone, "a"));
        if (retentionSeconds > 0) {
          store.flush();
          store.compact();
        }
      }
    }
    if (retentionSeconds > 0) {
      try (ApexStore store = open(Duration.ofSeconds(retentionSeconds))) {
        assertNull(valueAt(store, version(store), "a"));
      }
    }
  }

  @Test
  void aSnapshotOfThePresentShowsWhatHadNotExpiredWhenItWasOpened() {
    try (ApexStore store = open(Duration.ZERO)) {
      store.defaultKeyspace().put(bytes("a"), bytes("1"), Duration.ofSeconds(1));
      try (Snapshot early = store.snapshot()) {
        clock.advance(2_000);
        try (Snapshot late = store.snapshot();
            Snapshot past = store.snapshotAt(early.version())) {
          assertEquals(early.version(), late.version());
          assertNotNull(early.get(bytes("a")));
          assertNull(late.get(bytes("a")));
          assertNotNull(past.get(bytes("a")));
        }
      }
    }
  }

  /** What a version showed when it was the newest one. */
  private record Then(long version, TreeMap<String, String> content) {}

  @Test
  void everyVersionShowsForEverWhatItShowedWhenItWasCommitted() {
    long seed = Long.getLong("seed", System.nanoTime());
    Random random = new Random(seed);
    List<Then> history = new ArrayList<>();
    TreeMap<String, String> values = new TreeMap<>();
    TreeMap<String, Long> expiries = new TreeMap<>();
    ApexStore store = open(Duration.ofSeconds(100));
    try {
      for (int i = 0; i < 600; i++) {
        String key = "key" + random.nextInt(12);
        long version;
        switch (random.nextInt(4)) {
          case 0 -> {
            version = store.put(bytes(key), bytes("v" + i));
            values.put(key, "v" + i);
            expiries.put(key, Long.MAX_VALUE);
          }
          case 1 -> {
            version = store.delete(bytes(key));
            values.remove(key);
          }
          default -> {
            long ttlMs = random.nextLong(1, 61);
            version =
                store.defaultKeyspace().put(bytes(key), bytes("v" + i), Duration.ofMillis(ttlMs));
            values.put(key, "v" + i);
            expiries.put(key, clock.wallMs() + ttlMs);
          }
        }
        TreeMap<String, String> visible = new TreeMap<>(values);
        visible.keySet().removeIf(known -> expiries.getOrDefault(known, 0L) <= clock.wallMs());
        history.add(new Then(version, visible));
        clock.advance(random.nextBoolean() ? 0 : random.nextLong(40));
        if (random.nextInt(60) == 0) {
          store.flush();
        } else if (random.nextInt(100) == 0) {
          store.compact();
        } else if (random.nextInt(100) == 0) {
          store.close();
          store = open(Duration.ofSeconds(100));
        }
        if (random.nextInt(20) == 0) {
          check(store, history.get(random.nextInt(history.size())), seed);
        }
      }
      for (Then then : history) {
        check(store, then, seed);
      }
      store.compact();
      store.close();
      store = open(Duration.ofSeconds(100));
      for (Then then : history) {
        check(store, then, seed);
      }
      assertFalse(history.isEmpty());
    } finally {
      store.close();
    }
  }

  private static void check(ApexStore store, Then then, long seed) {
    TreeMap<String, String> found = new TreeMap<>();
    try (Snapshot past = store.snapshotAt(then.version);
        Cursor cursor = past.scan(KeyRange.all())) {
      while (cursor.next()) {
        String key = new String(cursor.key(), UTF_8);
        found.put(key, new String(cursor.value(), UTF_8));
        assertNotNull(past.get(bytes(key)));
      }
    }
    assertEquals(then.content, found, "version " + then.version + ", seed " + seed);
  }
}
