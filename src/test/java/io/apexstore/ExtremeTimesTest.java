package io.apexstore;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.apexstore.error.ApexException;
import io.apexstore.options.KeyspaceOptions;
import io.apexstore.options.StoreOptions;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.BiFunction;
import java.util.function.Consumer;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Durations and moments at the ends of their range, through every method that takes one. */
class ExtremeTimesTest {
  private static final byte[] KEY = "a".getBytes(UTF_8);
  private static final Duration FOR_EVER = ChronoUnit.FOREVER.getDuration();

  private static final List<Duration> DURATIONS =
      List.of(
          Duration.ofSeconds(Long.MIN_VALUE),
          Duration.ofMillis(Long.MIN_VALUE),
          Duration.ofNanos(-1),
          Duration.ZERO,
          Duration.ofNanos(1),
          Duration.ofMillis(1),
          Duration.ofNanos(Long.MAX_VALUE),
          Duration.ofNanos(Long.MAX_VALUE).plusNanos(1),
          Duration.ofMillis(Long.MAX_VALUE),
          Duration.ofMillis(Long.MAX_VALUE).plusNanos(1),
          Duration.ofSeconds(Long.MAX_VALUE),
          FOR_EVER);

  /** The options of a store that are a time, and what changes them. */
  private static final Map<String, BiFunction<StoreOptions, Duration, StoreOptions>> OPTIONS =
      Map.of(
          "syncInterval", StoreOptions::withSyncInterval,
          "asyncDelay", StoreOptions::withAsyncDelay,
          "logRetentionTime", StoreOptions::withLogRetentionTime,
          "historyRetention", StoreOptions::withHistoryRetention);

  @TempDir Path directory;

  /** Which of the durations a call accepts; any refusal is clear, and nothing else is thrown. */
  private static String accepted(Consumer<Duration> call) {
    List<String> accepted = new ArrayList<>();
    for (Duration duration : DURATIONS) {
      try {
        call.accept(duration);
        accepted.add(duration.equals(FOR_EVER) ? "for ever" : duration.toString());
      } catch (ApexException e) {
        assertEquals(ApexException.Code.INVALID_REQUEST, e.code());
        String message = String.valueOf(e.getMessage());
        assertTrue(message.contains(duration.toString()), message);
        assertTrue(message.contains("allowed"), message);
      }
    }
    return accepted.getFirst() + " to " + accepted.getLast() + ", " + accepted.size();
  }

  @Test
  void everyMethodTakesADurationOrRefusesItClearly() {
    Map<String, String> expected = new TreeMap<>();
    Map<String, String> found = new TreeMap<>();
    try (ApexStore store = ApexStore.open(directory)) {
      Keyspace keyspace = store.defaultKeyspace();
      expected.put("put", "PT0.001S to for ever, 7");
      found.put("put", accepted(ttl -> keyspace.put(KEY, KEY, ttl)));
      expected.put("batch", "PT0.001S to for ever, 7");
      found.put("batch", accepted(ttl -> store.newBatch().put(keyspace, KEY, KEY, ttl)));
      expected.put("next", DURATIONS.getFirst() + " to for ever, 12");
      found.put("next", accepted(timeout -> assertNotNull(nextChange(store, timeout))));
      expected.put("bookmarksEvery", "PT0S to for ever, 9");
      found.put(
          "bookmarksEvery",
          accepted(
              time -> {
                try (ChangeFeed feed = store.changes().from("0").bookmarksEvery(time).open()) {
                  assertNotNull(feed.next(Duration.ofMinutes(1)));
                }
              }));
      // A part of a millisecond is not stored.
      expected.put("keyspace ttl", "PT0S to PT0.001S, 2");
      found.put("keyspace ttl", accepted(ttl -> KeyspaceOptions.defaults().withTtl(ttl)));
      expected.put("fifoAgeMax", "PT0S to PT0.001S, 2");
      found.put("fifoAgeMax", accepted(age -> KeyspaceOptions.defaults().withFifoAgeMax(age)));
    }
    OPTIONS.forEach(
        (name, change) -> {
          expected.put(
              name, name.contains("Retention") ? "PT0S to for ever, 9" : "PT0.001S to PT0.001S, 1");
          found.put(
              name, accepted(time -> assertNotNull(change.apply(StoreOptions.defaults(), time))));
        });

    assertEquals(expected, found);
  }

  private static @Nullable Change nextChange(ApexStore store, Duration timeout) {
    store.put(KEY, KEY);
    store.sync();
    try (ChangeFeed feed = store.changes().from("0").open()) {
      Change change = feed.next(timeout);
      return change == null ? feed.next(Duration.ofMinutes(1)) : change;
    }
  }

  @Test
  void aStoreWorksWithEveryTimeThatItsOptionsAccept() {
    int opened = 0;
    for (BiFunction<StoreOptions, Duration, StoreOptions> change : OPTIONS.values()) {
      for (Duration time : List.of(Duration.ofMillis(1), Duration.ofDays(1), FOR_EVER)) {
        StoreOptions options;
        try {
          options = change.apply(StoreOptions.defaults(), time);
        } catch (ApexException e) {
          continue;
        }
        try (ApexStore store = ApexStore.open(directory, options)) {
          long version = store.put(KEY, KEY);
          store.flush();
          store.put(KEY, new byte[0]);
          store.compact();
          if (options.historyRetention().equals(FOR_EVER)) {
            try (Snapshot past = store.snapshotAt(version)) {
              assertNotNull(past.get(KEY));
            }
          }
        }
        opened++;
      }
    }
    assertEquals(10, opened);
  }

  @Test
  void aVersionCanBeAskedForAtAnyMoment() {
    StoreOptions options = StoreOptions.defaults().withHistoryRetention(FOR_EVER);
    try (ApexStore store = ApexStore.open(directory, options)) {
      store.put(KEY, KEY);
      Function<Instant, Object> answer =
          moment -> {
            try {
              return store.versionAt(moment) >= 0;
            } catch (ApexException e) {
              return e.code();
            }
          };
      for (Instant before : List.of(Instant.MIN, Instant.EPOCH)) {
        assertEquals(ApexException.Code.VERSION_EXPIRED, answer.apply(before));
      }
      assertEquals(answer.apply(Instant.now().plus(1, ChronoUnit.DAYS)), answer.apply(Instant.MAX));
    }
  }

  @Test
  void aValueThatExpiresAtTheEndOfTimeIsThere() {
    try (ApexStore store = ApexStore.open(directory)) {
      Keyspace keyspace = store.defaultKeyspace();
      keyspace.put(KEY, KEY, FOR_EVER);
      assertNotNull(store.get(KEY));
      store.write(store.newBatch().putUntil(keyspace, KEY, KEY, Long.MAX_VALUE));
      VersionedValue found = store.getVersioned(KEY);
      assertNotNull(found);
      assertEquals(Long.MAX_VALUE, found.expiresMs());
    }
  }
}
