package io.apexstore;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.apexstore.Change.KeyChange;
import io.apexstore.Change.Progress;
import io.apexstore.Change.Stage;
import io.apexstore.options.StoreOptions;
import io.apexstore.options.SyncMode;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Feeds under random work. They deliver exactly the committed operations in order, from every
 * token, also after restarts. A snapshot followed by the log yields the content of the store.
 * {@code -Dseed=N} replays a run.
 */
@Tag("model")
class ChangeFeedModelTest {
  private static final StoreOptions OPTIONS =
      StoreOptions.defaults()
          .withSyncMode(SyncMode.INTERVAL)
          .withMemtableBytesMax(64 << 10)
          .withBlockCacheBytes(1 << 20);
  private static final List<String> KEYSPACES = List.of("default", "second", "third");

  @TempDir Path directory;

  private final long seed = Long.getLong("seed", System.nanoTime());
  private final Random random = new Random(seed);

  private static byte[] bytes(String text) {
    return text.getBytes(UTF_8);
  }

  /** Commits a batch and returns the lines that a feed must deliver for it. */
  private List<String> commit(ApexStore store) {
    WriteBatch batch = store.newBatch();
    Map<String, String> operations = new LinkedHashMap<>();
    int count = random.nextInt(5) == 0 ? random.nextInt(200) : 1;
    for (int i = 0; i < count; i++) {
      Keyspace keyspace = store.keyspace(KEYSPACES.get(random.nextInt(3)));
      String key = "k" + random.nextInt(100);
      String place = keyspace.name() + "/" + key;
      operations.remove(place);
      String end = "k" + random.nextInt(100);
      if (random.nextInt(30) == 0 && key.compareTo(end) < 0) {
        batch.deleteRange(keyspace, KeyRange.between(bytes(key), bytes(end)));
        String endPlace = keyspace.name() + "/" + end;
        operations
            .keySet()
            .removeIf(other -> other.compareTo(place) >= 0 && other.compareTo(endPlace) < 0);
        operations.put("range " + i, "RANGE_DELETE " + place + " to " + end);
      } else if (random.nextInt(4) == 0) {
        batch.delete(keyspace, bytes(key));
        operations.put(place, "DELETE " + place);
      } else {
        String value = "v" + random.nextLong();
        batch.put(keyspace, bytes(key), bytes(value));
        operations.put(place, "PUT " + place + "=" + value);
      }
    }
    long version = store.write(batch);
    List<String> lines = new ArrayList<>();
    for (String operation : operations.values()) {
      boolean last = lines.size() == operations.size() - 1;
      lines.add(operation + " @" + version + "." + lines.size() + (last ? "!" : ""));
    }
    return lines;
  }

  @Test
  void aFeedDeliversExactlyTheCommittedOperationsInOrderFromEveryTokenAfterRestarts() {
    System.err.println("ChangeFeedModelTest: -Dseed=" + seed);
    List<String> expected = new ArrayList<>();
    List<String> found = new ArrayList<>();
    List<String> tokens = new ArrayList<>();
    String token = "0";
    ApexStore store = ApexStore.open(directory, OPTIONS);
    ChangeFeed feed = store.changes().from(token).open();
    for (int i = 0; i < 3_000; i++) {
      expected.addAll(commit(store));
      int choice = random.nextInt(300);
      if (choice == 0) {
        store.flush();
      } else if (choice == 1) {
        store.close();
        store = ApexStore.open(directory, OPTIONS);
        feed = store.changes().from(token).open();
      } else if (choice == 2) {
        feed.close();
        feed = store.changes().from(token).open();
      } else if (choice < 30) {
        store.sync();
        for (int n = random.nextInt(300); n > 0; n--) {
          Change change = feed.poll();
          if (change == null) {
            break;
          }
          token = change.token();
          if (!(change instanceof Progress)) {
            found.add(ChangeFeedTest.text(change));
            tokens.add(token);
          }
        }
      }
    }
    store.sync();
    for (Change change = feed.poll(); change != null; change = feed.poll()) {
      if (!(change instanceof Progress)) {
        found.add(ChangeFeedTest.text(change));
        tokens.add(change.token());
      }
    }
    assertEquals(expected, found, () -> "seed " + seed);
    assertEquals(tokens.size(), Set.copyOf(tokens).size());
    for (int n = 0; n < 150; n++) {
      int at = random.nextInt(tokens.size());
      int until = Math.min(tokens.size(), at + 1 + random.nextInt(400));
      try (ChangeFeed from = store.changes().from(tokens.get(at)).open()) {
        for (int i = at + 1; i < until; i++) {
          Change change = from.poll();
          assertNotNull(change);
          assertEquals(expected.get(i), ChangeFeedTest.text(change), () -> "seed " + seed);
          assertEquals(tokens.get(i), change.token());
        }
      }
    }
    store.close();
  }

  /** A consumer that applies the changes to a map. */
  private static final class Replica {
    private final Map<String, TreeMap<String, String>> keyspaces = new TreeMap<>();

    void apply(Change change) {
      if (change instanceof KeyChange key) {
        TreeMap<String, String> entries =
            keyspaces.computeIfAbsent(key.keyspace(), name -> new TreeMap<>());
        byte[] value = key.value();
        if (value == null) {
          entries.remove(new String(key.key(), UTF_8));
        } else {
          entries.put(new String(key.key(), UTF_8), new String(value, UTF_8));
        }
      } else if (change instanceof Change.RangeDelete deleted) {
        keyspaces
            .computeIfAbsent(deleted.keyspace(), name -> new TreeMap<>())
            .keySet()
            .removeIf(key -> deleted.range().contains(bytes(key)));
      }
    }

    void check(ApexStore store) {
      for (String name : store.keyspaceNames()) {
        TreeMap<String, String> entries = new TreeMap<>();
        try (Cursor cursor = store.keyspace(name).scan(KeyRange.all())) {
          while (cursor.next()) {
            entries.put(new String(cursor.key(), UTF_8), new String(cursor.value(), UTF_8));
          }
        }
        assertEquals(entries, keyspaces.getOrDefault(name, new TreeMap<>()), name);
      }
    }
  }

  @Test
  void aSnapshotAndTheLogAfterItYieldTheStoreEvenIfInterruptedAnywhere() {
    System.err.println("ChangeFeedModelTest: -Dseed=" + seed);
    ApexStore store = ApexStore.open(directory, OPTIONS);
    for (int i = 0; i < 200; i++) {
      commit(store);
    }
    for (int round = 0; round < 12; round++) {
      Replica replica = new Replica();
      store.sync();
      ChangeFeed feed = store.changes().withSnapshot().open();
      String token = feed.token();
      long consistentAt = Long.MAX_VALUE;
      for (int n = 0; n < 600; n++) {
        Change change = feed.poll();
        if (change != null) {
          replica.apply(change);
          token = change.token();
          if (change instanceof Progress progress && progress.stage() == Stage.SNAPSHOT_END) {
            consistentAt = progress.version();
          }
        }
        int choice = random.nextInt(120);
        if (choice < 20) {
          commit(store);
        } else if (choice < 22) {
          store.flush();
        } else if (choice < 25) {
          store.sync();
        } else if (choice == 25) {
          store.compact();
        } else if (choice == 26) {
          feed.close();
          feed = store.changes().from(token).open();
        } else if (choice == 27) {
          store.close();
          store = ApexStore.open(directory, OPTIONS);
          feed = store.changes().from(token).open();
        }
      }
      store.sync();
      for (Change change = feed.poll(); change != null; change = feed.poll()) {
        replica.apply(change);
        if (change instanceof Progress progress && progress.stage() == Stage.SNAPSHOT_END) {
          consistentAt = progress.version();
        }
      }
      assertTrue(consistentAt <= store.stats().version(), () -> "seed " + seed);
      replica.check(store);
      feed.close();
    }
    store.close();
  }

  @Test
  void manyReadersAtDifferentPlacesSeeWhatManyWritersCommit() throws Exception {
    int writers = 4;
    int readers = 6;
    int commits = 1_500;
    Map<Long, String> written = new ConcurrentHashMap<>();
    AtomicInteger running = new AtomicInteger(writers);
    List<Throwable> failures = Collections.synchronizedList(new ArrayList<>());
    try (ApexStore store = ApexStore.open(directory, OPTIONS.withSyncMode(SyncMode.GROUP))) {
      List<Thread> threads = new ArrayList<>();
      for (int w = 0; w < writers; w++) {
        String name = "w" + w;
        threads.add(
            Thread.ofPlatform()
                .start(
                    () -> {
                      for (int i = 0; i < commits; i++) {
                        String key = name + "-" + i;
                        written.put(store.put(bytes(key), bytes("v")), key);
                      }
                      running.decrementAndGet();
                    }));
      }
      List<Map<Long, String>> seen = new ArrayList<>();
      for (int r = 0; r < readers; r++) {
        Map<Long, String> mine = new TreeMap<>();
        seen.add(mine);
        Random own = new Random(seed + r);
        threads.add(
            Thread.ofPlatform()
                .start(
                    () -> {
                      try {
                        read(store, mine, own, writers * commits);
                      } catch (RuntimeException | AssertionError e) {
                        failures.add(e);
                      }
                    }));
      }
      for (Thread thread : threads) {
        thread.join();
      }
      assertEquals(List.of(), failures);
      for (Map<Long, String> mine : seen) {
        assertEquals(new TreeMap<>(written), mine);
      }
    }
  }

  /** Reads until this many were seen, sometimes continuing from the last token in a new feed. */
  private static void read(ApexStore store, Map<Long, String> seen, Random random, int count) {
    String token = "0";
    long last = 0;
    Set<String> tokens = new HashSet<>();
    while (seen.size() < count) {
      try (ChangeFeed feed = store.changes().from(token).open()) {
        for (int n = 1 + random.nextInt(2_000); n > 0 && seen.size() < count; n--) {
          Change change = feed.next(Duration.ofSeconds(30));
          assertNotNull(change);
          token = change.token();
          if (change instanceof KeyChange key) {
            assertTrue(key.version() > last);
            assertTrue(tokens.add(token));
            last = key.version();
            seen.put(last, new String(key.key(), UTF_8));
          }
        }
      }
    }
  }

  @Test
  void snapshotsTakenWhileOthersWriteAreEachOfOneVersion() throws Exception {
    StoreOptions oftenSynced = OPTIONS.withSyncInterval(Duration.ofMillis(20));
    try (ApexStore store = ApexStore.open(directory, oftenSynced)) {
      // Both keyspaces are always written together, with the same value.
      Keyspace a = store.keyspace("second");
      Keyspace b = store.keyspace("third");
      AtomicInteger stop = new AtomicInteger();
      Thread writer =
          Thread.ofPlatform()
              .start(
                  () -> {
                    for (int i = 0; stop.get() == 0; i++) {
                      byte[] key = bytes("k" + i % 500);
                      byte[] value = bytes("v" + i);
                      store.write(store.newBatch().put(a, key, value).put(b, key, value));
                    }
                  });
      for (int round = 0; round < 20; round++) {
        Map<String, Set<String>> found = new TreeMap<>();
        try (ChangeFeed feed = store.changes().withSnapshot().open()) {
          Change change = feed.next(Duration.ofSeconds(30));
          while (change instanceof KeyChange key) {
            found
                .computeIfAbsent(key.keyspace(), name -> new TreeSet<>())
                .add(new String(key.key(), UTF_8) + Arrays.toString(key.value()));
            change = feed.next(Duration.ofSeconds(30));
          }
          assertNotNull(change);
        }
        assertEquals(found.get("second"), found.get("third"));
        store.flush();
      }
      stop.set(1);
      writer.join();
      assertFalse(store.stats().feeds().readers() > 0);
    }
  }
}
