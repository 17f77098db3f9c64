package io.apexstore.engine;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.apexstore.engine.background.EngineExecutors;
import io.apexstore.engine.base.Batch;
import io.apexstore.engine.base.Limits;
import io.apexstore.engine.base.TestClock;
import io.apexstore.engine.io.CrashImages;
import io.apexstore.engine.io.CrashStorage;
import io.apexstore.engine.io.MemoryStorage;
import io.apexstore.engine.io.PowerCut;
import io.apexstore.engine.keyspace.KeyspaceTree;
import io.apexstore.engine.read.EngineCursor;
import io.apexstore.engine.read.EngineSnapshot;
import io.apexstore.options.CompactionStrategy;
import io.apexstore.options.KeyspaceOptions;
import io.apexstore.options.SyncMode;
import io.apexstore.stats.StoreStats;
import java.lang.foreign.MemorySegment;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.Random;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Keyspaces that delete their oldest entries, with all work on the thread of the test. */
class FifoTest {
  private static final long SEED = Long.getLong("seed", System.nanoTime());
  private static final long BYTES_MAX = 300 << 10;
  private static final int VALUE_BYTES = 1_000;

  private final Random random = new Random(SEED);
  private final TestClock clock = TestClock.at(1_000_000);
  private final Queue<Runnable> tasks = new ArrayDeque<>();
  private final CrashStorage storage = new CrashStorage();
  private LsmEngine engine = open(storage);
  private KeyspaceTree keys = engine.keyspace("events", options(BYTES_MAX, 0));

  private static KeyspaceOptions options(long bytesMax, long ageMs) {
    return KeyspaceOptions.defaults()
        .withCompaction(CompactionStrategy.FIFO)
        .withFifoBytesMax(bytesMax)
        .withFifoAgeMax(Duration.ofMillis(ageMs));
  }

  private LsmEngine open(MemoryStorage files) {
    EngineComponents components =
        new EngineComponents(files, clock, EngineExecutors.simulated(tasks::add, this::step));
    return LsmEngine.open(components, TestStore.options(SyncMode.GROUP));
  }

  private void step() {
    Runnable task = tasks.poll();
    if (task != null) {
      task.run();
    }
  }

  private void runAll() {
    while (!tasks.isEmpty()) {
      step();
    }
  }

  private void tick(long ms) {
    clock.advance(ms);
    engine.tick(true);
    runAll();
  }

  @AfterEach
  void close() {
    engine.close();
    runAll();
  }

  private static byte[] key(int number) {
    return String.format("%06d", number).getBytes(UTF_8);
  }

  private void put(int number) {
    byte[] value = new byte[VALUE_BYTES];
    random.nextBytes(value);
    put(number, value);
  }

  private void put(int number, byte[] value) {
    Batch batch = new Batch(64);
    batch.put(keys.id(), key(number), Limits.NEVER_EXPIRES, MemorySegment.ofArray(value));
    batch.seal();
    engine.commit(batch, null);
  }

  private List<Integer> present(LsmEngine of, @Nullable EngineSnapshot at) {
    List<Integer> present = new ArrayList<>();
    try (EngineCursor cursor = of.scan(of.keyspace("events"), null, null, false, at)) {
      while (cursor.next()) {
        present.add(Integer.parseInt(new String(cursor.key(), 0, cursor.keyLength(), UTF_8)));
      }
    }
    return present;
  }

  private long tableBytes() {
    return engine.stats().keyspaces().stream()
        .filter(keyspace -> keyspace.name().equals("events"))
        .flatMap(keyspace -> keyspace.levels().stream())
        .mapToLong(StoreStats.LevelStats::bytes)
        .sum();
  }

  private static void assertFromTo(int first, int last, List<Integer> present) {
    List<Integer> expected = new ArrayList<>();
    for (int i = first; i <= last; i++) {
      expected.add(i);
    }
    assertEquals(expected, present, "seed " + SEED);
  }

  @Test
  void theOldestEntriesAreDeletedWhenTheTablesExceedTheirLimit() {
    for (int i = 0; i < 2_000; i++) {
      put(i);
      if (i % 50 == 0) {
        tick(1_000);
      }
    }
    engine.flush();
    tick(1_000);
    tick(1_000);
    List<Integer> present = present(engine, null);
    assertFromTo(present.getFirst(), 1_999, present);
    assertTrue(present.getFirst() > 1_000, "seed " + SEED + ": from " + present.getFirst());
    assertTrue(present.size() * (long) VALUE_BYTES > BYTES_MAX / 2, "seed " + SEED);
    assertTrue(tableBytes() <= BYTES_MAX, "seed " + SEED + ": " + tableBytes());
    assertTrue(engine.stats().expired() >= present.getFirst(), "seed " + SEED);
    assertEquals(new StoreStats.ReadStats(0, 1), engine.stats().reads(), "seed " + SEED);
  }

  @Test
  void loggedPreviousValuesBoundTheBatchesOfASweep() {
    keys = engine.keyspace("events", options(1L << 30, 0).withLogPreviousValues(true));
    byte[] value = new byte[30_000];
    random.nextBytes(value);
    // One batch is flushed to one table.
    Batch batch = new Batch(64);
    for (int i = 0; i < 500; i++) {
      batch.put(keys.id(), key(i), Limits.NEVER_EXPIRES, MemorySegment.ofArray(value));
    }
    batch.seal();
    engine.commit(batch, null);
    engine.flush();
    keys = engine.keyspace("events", options(1, 0).withLogPreviousValues(true));
    long before = engine.stats().writes().commits();

    tick(1_000);

    assertEquals(List.of(), present(engine, null));
    long batches = engine.stats().writes().commits() - before;
    assertTrue(batches >= 4, batches + " batches");
  }

  @Test
  void anOverwrittenEntryCountsAsNew() {
    for (int i = 0; i < 1_000; i++) {
      put(i);
      if (i % 100 == 0) {
        put(0);
        tick(1_000);
      }
    }
    engine.flush();
    tick(1_000);
    List<Integer> present = present(engine, null);
    assertEquals(0, present.getFirst(), "seed " + SEED);
    assertFromTo(present.get(1), 999, present.subList(1, present.size()));
    assertTrue(present.get(1) > 1, "seed " + SEED);
  }

  @Test
  void entriesAreDeletedAtTheirAgeEvenInTheMemtable() {
    keys = engine.keyspace("events", options(0, 60_000));
    tick(1_000);
    for (int i = 0; i < 10; i++) {
      put(i);
      tick(2_000);
    }
    tick(30_000);
    assertFromTo(0, 9, present(engine, null));
    put(10);
    for (int i = 0; i < 40; i++) {
      tick(1_000);
    }
    assertFromTo(10, 10, present(engine, null));
    for (int i = 0; i < 120; i++) {
      tick(1_000);
    }
    assertEquals(List.of(), present(engine, null));
    assertEquals(0, tableBytes());
  }

  @Test
  void entriesOfASnapshotStayUntilItIsClosed() {
    for (int i = 0; i < 500; i++) {
      put(i);
    }
    engine.flush();
    runAll();
    try (EngineSnapshot snapshot = engine.openSnapshot()) {
      for (int i = 500; i < 1_000; i++) {
        put(i);
      }
      engine.flush();
      tick(1_000);
      assertTrue(present(engine, null).getFirst() > 0, "seed " + SEED);
      assertFromTo(0, 499, present(engine, snapshot));
      assertTrue(tableBytes() > 900 * VALUE_BYTES, "seed " + SEED);
    }
    tick(1_000);
    put(1_000);
    engine.flush();
    tick(1_000);
    tick(1_000);
    assertTrue(tableBytes() <= BYTES_MAX, "seed " + SEED);
  }

  @Test
  void itsOptionsSurviveAReopen() {
    assertEquals(options(BYTES_MAX, 0), keys.options());
    engine.close();
    runAll();
    engine = open(storage);
    keys = engine.keyspace("events");
    assertEquals(options(BYTES_MAX, 0), keys.options());
    KeyspaceOptions leveled = KeyspaceOptions.defaults().withCompaction(CompactionStrategy.LEVELED);
    engine.keyspace("events", leveled);
    assertEquals(leveled, engine.keyspace("events").options());
  }

  /** The oldest entries are deleted first: after a power cut, the remaining ones have no gap. */
  @Test
  @Tag("crash")
  void noPowerCutLosesEntriesThatWereNotDeleted() {
    int first = storage.steps();
    for (int i = 0; i < 1_200; i++) {
      storage.submitted(i);
      put(i);
      storage.acknowledged(i);
      if (random.nextInt(30) == 0) {
        tick(1_000);
      }
    }
    CrashImages images = storage.images();
    PowerCut[] cuts = PowerCut.values();
    for (int round = 0; round < 150; round++) {
      int step = first + random.nextInt(images.steps() - first + 1);
      MemoryStorage image = images.at(step, cuts[random.nextInt(cuts.length)], random.nextLong());
      String where = "seed " + SEED + " step " + step;
      try (LsmEngine after = open(image)) {
        List<Integer> present = present(after, null);
        if (images.acknowledgedAt(step) >= 0) {
          assertTrue(!present.isEmpty(), where);
          assertTrue(present.getLast() >= images.acknowledgedAt(step), where);
          assertTrue(present.getLast() <= images.submittedAt(step), where);
          assertEquals(
              present.size(), present.getLast() - present.getFirst() + 1, where + " " + present);
        }
      }
      runAll();
    }
  }

  /** Deleted keys do not reappear when the table with their range tombstone is dropped. */
  @Test
  void keysOfARangeTombstoneStayDeletedWhenTablesAreDropped() {
    TreeMap<Integer, Boolean> model = new TreeMap<>();
    long[] ranges = {0};
    for (int i = 0; i < 3_000; i++) {
      int number = random.nextInt(500);
      if (random.nextInt(60) == 0) {
        int end = number + 1 + random.nextInt(200);
        Batch batch = new Batch(64);
        batch.deleteRange(keys.id(), key(number), key(end));
        batch.seal();
        engine.commit(batch, null);
        model.subMap(number, end).clear();
        ranges[0]++;
      } else {
        put(number);
        model.put(number, true);
      }
      if (random.nextInt(40) == 0) {
        tick(1_000);
        List<Integer> present = present(engine, null);
        assertTrue(model.keySet().containsAll(present), "seed " + SEED + " " + i);
        // A dropped entry never reappears.
        model.keySet().retainAll(present);
      }
      if (random.nextInt(500) == 0) {
        engine.close();
        runAll();
        engine = open(storage);
        keys = engine.keyspace("events");
      }
    }
    engine.flush();
    for (int i = 0; i < 20; i++) {
      tick(1_000);
    }
    assertTrue(ranges[0] > 0 && tableBytes() <= BYTES_MAX, "seed " + SEED);
    assertTrue(model.keySet().containsAll(present(engine, null)), "seed " + SEED);
  }
}
