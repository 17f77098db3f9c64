package io.apexstore.engine;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.apexstore.engine.background.EngineExecutors;
import io.apexstore.engine.base.Batch;
import io.apexstore.engine.base.EngineException;
import io.apexstore.engine.base.Limits;
import io.apexstore.engine.base.Lookup;
import io.apexstore.engine.base.TestClock;
import io.apexstore.engine.base.ValueKind;
import io.apexstore.engine.commit.Conditions;
import io.apexstore.engine.expiry.ExpiryIndex;
import io.apexstore.engine.io.MemoryStorage;
import io.apexstore.engine.keyspace.KeyspaceTree;
import io.apexstore.engine.read.EngineCursor;
import io.apexstore.engine.read.EngineSnapshot;
import io.apexstore.options.KeyspaceOptions;
import io.apexstore.options.SyncMode;
import java.lang.foreign.MemorySegment;
import java.util.ArrayDeque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.Random;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Expiry, with a clock that the test advances and all work on the thread of the test. */
class ExpiryTest {
  private final TestClock clock = TestClock.at(1_000_000);
  private final MemoryStorage storage = new MemoryStorage();
  private final Queue<Runnable> tasks = new ArrayDeque<>();
  private final AtomicReference<@Nullable Runnable> meanwhile = new AtomicReference<>();
  private int batchBytesMax = Limits.BATCH_BYTES_MAX;
  private LsmEngine engine = open();
  private KeyspaceTree keys = engine.keyspace("default");

  private LsmEngine open() {
    clock.onWallRead(() -> MeanwhileWrites.run(meanwhile));
    EngineComponents components =
        new EngineComponents(storage, clock, EngineExecutors.simulated(tasks::add, this::step));
    return LsmEngine.open(
        components, TestStore.options(SyncMode.GROUP).withBatchBytesMax(batchBytesMax));
  }

  private void step() {
    Runnable task = tasks.poll();
    if (task != null) {
      task.run();
    }
  }

  private void reopen() {
    close();
    engine = open();
    keys = engine.keyspace("default");
  }

  @AfterEach
  void close() {
    engine.close();
    while (!tasks.isEmpty()) {
      step();
    }
  }

  private long put(String key, String value, long ttlMs) {
    Batch batch = new Batch(64);
    engine.putExpiring(
        batch,
        keys,
        key.getBytes(UTF_8),
        clock.wallMs() + ttlMs,
        MemorySegment.ofArray(value.getBytes(UTF_8)));
    batch.seal();
    return engine.commit(batch, null);
  }

  private void put(String key, String value) {
    Batch batch = new Batch(64);
    batch.put(
        keys.id(),
        key.getBytes(UTF_8),
        Limits.NEVER_EXPIRES,
        MemorySegment.ofArray(value.getBytes(UTF_8)));
    batch.seal();
    engine.commit(batch, null);
  }

  /** The value of the newest entry of a key, even if it has expired; null: none. */
  private @Nullable String raw(String key) {
    Lookup lookup = new Lookup();
    lookup.start(key.getBytes(UTF_8), Limits.VERSION_MAX, false);
    boolean found =
        engine.get(keys, lookup) == Lookup.Outcome.FOUND && lookup.kind() == ValueKind.PUT;
    byte[] value = found ? lookup.value() : null;
    return value == null ? null : new String(value, UTF_8);
  }

  private int visible(@Nullable EngineSnapshot at) {
    int count = 0;
    try (EngineCursor cursor = engine.scan(keys, null, null, false, at)) {
      while (cursor.next()) {
        count++;
      }
    }
    return count;
  }

  private int indexed() {
    int count = 0;
    try (EngineCursor cursor =
        engine.scan(engine.keyspace(ExpiryIndex.KEYSPACE), null, null, false, null)) {
      while (cursor.next()) {
        count++;
      }
    }
    return count;
  }

  private void sweep() {
    engine.tick(true);
    while (!tasks.isEmpty()) {
      step();
    }
  }

  @Test
  void anEntryIsInvisibleFromTheMomentItExpires() {
    put("a", "1", 1_000);
    clock.advance(999);
    assertEquals(1, visible(null));
    clock.advance(1);
    assertEquals(0, visible(null));
  }

  @Test
  void aSnapshotShowsEntriesThatExpireAfterItWasOpened() {
    put("a", "1", 1_000);
    try (EngineSnapshot before = engine.openSnapshot()) {
      clock.advance(5_000);
      sweep();
      assertNull(raw("a"));
      assertEquals(1, visible(before));
      engine.compact();
      assertEquals(1, visible(before));
    }
  }

  @Test
  void anEntryThatARangeTombstoneDeletesLeavesTheIndexAtItsExpiry() {
    put("a1", "1", 1_000);
    put("a2", "1", 1_000);
    Batch batch = new Batch(64);
    batch.deleteRange(keys.id(), "a".getBytes(UTF_8), "b".getBytes(UTF_8));
    batch.seal();
    final long deleted = engine.commit(batch, null);
    put("a2", "2");
    assertEquals(2, indexed());
    clock.advance(1_000);
    sweep();
    assertEquals(0, indexed());
    assertEquals("2", raw("a2"));
    Lookup lookup = new Lookup();
    lookup.start("a1".getBytes(UTF_8), Limits.VERSION_MAX, false);
    assertEquals(Lookup.Outcome.FOUND, engine.get(keys, lookup));
    assertEquals(deleted, lookup.version(), "no tombstone of its own");
  }

  @Test
  void theSweeperDeletesExpiredEntriesOnly() {
    put("gone", "1", 1_000);
    put("stays", "1", 10_000);
    put("renewed", "1", 1_000);
    put("renewed", "2", 20_000);
    put("kept", "1", 1_000);
    put("kept", "2");
    clock.advance(1_000);
    sweep();
    assertNull(raw("gone"));
    assertEquals("1", raw("stays"));
    assertEquals("2", raw("renewed"));
    assertEquals("2", raw("kept"));
    assertEquals(1, engine.stats().expired());
    assertEquals(4, engine.stats().reads().gets());
    assertEquals(0, engine.stats().reads().scans());
    assertEquals(2, indexed());
  }

  @Test
  void theLimitOfWritesIsNoneOfTheSweepers() {
    for (char of = 'a'; of <= 'd'; of++) {
      put(Character.toString(of).repeat(40_000), "1", 1_000);
    }
    batchBytesMax = 64 << 10;
    reopen();
    clock.advance(1_000);
    sweep();
    assertEquals(4, engine.stats().expired());
    assertEquals(0, indexed());
  }

  /** Runs the work of one tick, while another writer commits and time passes. */
  private void sweepNextToAWriter() {
    engine.tick(true);
    while (!tasks.isEmpty()) {
      step();
      put("other", "value");
      clock.advance(3);
    }
  }

  private void putManyExpiring(int count) {
    for (int i = 0; i < count; i++) {
      put("key" + i, "value", 1_000);
    }
    clock.advance(1_000);
  }

  @Test
  void aSweepYieldsToOtherCommitsUntilTheNextTick() {
    putManyExpiring(6_000);

    sweepNextToAWriter();
    int left = indexed();
    assertTrue(left > 0 && left < 6_000, () -> left + " left after the first tick");
    int ticks = 1;
    while (indexed() > 0) {
      sweepNextToAWriter();
      ticks++;
    }

    assertTrue(ticks <= 25, "took " + ticks + " ticks");
    assertEquals(1, visible(null));
  }

  @Test
  void aSweepWithoutOtherCommitsDoesNotPause() {
    putManyExpiring(6_000);

    sweep();

    assertEquals(0, indexed());
  }

  @Test
  void aSweepThatIsLongOverdueDoesNotPause() {
    putManyExpiring(6_000);
    clock.advance(3_600_000);

    sweepNextToAWriter();

    assertEquals(0, indexed());
  }

  @Test
  void loggedPreviousValuesBoundTheBatchesOfASweep() {
    keys = engine.keyspace("logged", KeyspaceOptions.defaults().withLogPreviousValues(true));
    String value = "v".repeat(300_000);
    for (int i = 0; i < 60; i++) {
      put("key" + i, value, 1_000);
    }
    put("large", "v".repeat(6 << 20), 1_000);
    clock.advance(1_000);
    long before = engine.stats().writes().commits();

    sweep();

    assertEquals(0, indexed());
    assertEquals(61, engine.stats().expired());
    long batches = engine.stats().writes().commits() - before;
    assertTrue(batches >= 5 && batches <= 10, () -> batches + " batches");
  }

  @Test
  void aSweepThatLosesEveryRaceWaitsForTheNextTick() {
    put("a", "1", 1_000);
    clock.advance(1_000);
    AtomicLong writes = new AtomicLong();
    meanwhile.set(
        () -> {
          if (writes.incrementAndGet() < 1_000) {
            put("a", "1", 0);
          }
        });
    sweep();
    assertEquals("1", raw("a"));
    assertTrue(writes.get() > 1 && writes.get() < 100, () -> writes + " writes");

    meanwhile.set(null);
    sweep();

    assertNull(raw("a"));
    assertEquals(0, indexed());
  }

  @Test
  void entriesThatExpiredWhileTheStoreWasClosedAreSwept() {
    put("a", "1", 1_000);
    put("b".repeat(5_000), "1", 1_000);
    reopen();
    clock.advance(1_000);
    reopen();
    assertEquals("1", raw("a"));
    sweep();
    assertNull(raw("a"));
    assertNull(raw("b".repeat(5_000)));
    assertEquals(0, indexed());
  }

  @Test
  void theClockNeverRunsBackEvenAcrossARestart() {
    put("a", "1", 1_000);
    clock.advance(1_000);
    put("b", "1");
    clock.advance(-500_000);
    assertEquals(1, visible(null));
    reopen();
    assertEquals(1, visible(null));
  }

  @Test
  void anExpiredKeyCountsAsAbsentForConditions() {
    long version = put("a", "1", 1_000);
    clock.advance(1_000);
    byte[] key = "a".getBytes(UTF_8);
    assertThrows(
        EngineException.class,
        () -> engine.commit(empty(), new Conditions().version(keys.id(), key, version), null));
    engine.commit(empty(), new Conditions().absent(keys.id(), key), null);
    Conditions raw = new Conditions().versionEvenIfExpired(keys.id(), key, version);
    engine.commit(empty(), raw, null);
  }

  private static Batch empty() {
    Batch batch = new Batch(8);
    batch.seal();
    return batch;
  }

  @Test
  void anOlderValueDoesNotReappearWhenANewerOneExpires() {
    put("a", "old");
    engine.flush();
    put("a", "new", 1_000);
    engine.flush();
    clock.advance(1_000);
    engine.compact();
    assertEquals(0, visible(null));
    sweep();
    engine.compact();
    assertEquals(0, visible(null));
    assertNull(raw("a"));
  }

  /** Puts a key into a keyspace, with a time to live. */
  private void put(KeyspaceTree tree, String key, long ttlMs) {
    Batch batch = new Batch(64);
    engine.putExpiring(
        batch,
        tree,
        key.getBytes(UTF_8),
        clock.wallMs() + ttlMs,
        MemorySegment.ofArray(new byte[1]));
    batch.seal();
    engine.commit(batch, null);
  }

  @Test
  void keysThatAreRefreshedHaveAFewIndexEntriesHoweverOftenTheyAre() {
    int most = 0;
    for (int i = 0; i < 100_000; i++) {
      put("session" + i % 10, "value", 1_800_000);
      clock.advance(70);
      if (i % 100 == 99) {
        sweep();
        most = Math.max(most, indexed());
      }
    }
    int found = most;
    assertTrue(found <= 10 * ExpiryIndex.ENTRIES_MAX, () -> found + " entries for 10 keys");
    assertEquals(10, visible(null));
    clock.advance(1_800_000);
    sweep();
    assertEquals(0, indexed());
    assertEquals(10, engine.stats().expired());
  }

  @Test
  void anEntryIsSweptAtItsExpiryAndNotBefore() {
    long[] ttls = {1, 2, 7, 8, 9, 63, 64, 65, 1_000, 60_000, 86_400_000, 365L * 86_400_000};
    for (long ttlMs : ttls) {
      put("a", "1", ttlMs);
      for (int i = 0; i < 8; i++) {
        clock.advance((ttlMs - 1) / 8);
        sweep();
        assertEquals("1", raw("a"), () -> "of " + ttlMs + " ms");
      }
      clock.advance(ttlMs - (ttlMs - 1) / 8 * 8);
      sweep();
      assertNull(raw("a"), () -> "of " + ttlMs + " ms");
      assertEquals(0, indexed());
    }
  }

  @Test
  void aValueThatKeepsItsExpiryKeepsItsIndexEntry() {
    long expiryMs = clock.wallMs() + 60_000;
    put("counter", "0", 60_000);
    for (int i = 1; i <= 500; i++) {
      clock.advance(100);
      Batch batch = new Batch(64);
      byte[] value = Integer.toString(i).getBytes(UTF_8);
      engine.putKeepingExpiry(
          batch, keys, "counter".getBytes(UTF_8), expiryMs, MemorySegment.ofArray(value));
      batch.seal();
      engine.commit(batch, null);
    }
    assertTrue(indexed() <= 2, () -> indexed() + " entries");
    clock.setWall(expiryMs - 1);
    sweep();
    assertEquals("500", raw("counter"));
    clock.setWall(expiryMs);
    sweep();
    assertNull(raw("counter"));
    assertEquals(0, indexed());
  }

  @Test
  void aDroppedKeyspaceLeavesNothingInTheIndex() {
    KeyspaceTree other = engine.keyspace("other");
    KeyspaceTree next = engine.keyspace("next");
    for (int i = 0; i < 100; i++) {
      put(keys, "key" + i, 86_400_000);
      put(other, "key" + i, 86_400_000);
      put(next, "key" + i, 86_400_000);
    }
    assertEquals(300, indexed());
    engine.dropKeyspace("other");
    assertEquals(200, indexed());
    engine.keyspace("other");
    put(other, "again", 1_000);
    assertEquals(201, indexed());
    clock.advance(86_400_000);
    sweep();
    assertEquals(0, indexed());
    assertEquals(201, engine.stats().expired());
  }

  @Test
  void oneOddEntryOfTheIndexDoesNotEndExpiry() {
    put("a", "1", 1_000);
    int index = engine.keyspace(ExpiryIndex.KEYSPACE).id();
    byte[] ofKeyspace = {0, 0, 0, (byte) keys.id(), 1};
    for (byte[] odd : List.of("a".getBytes(UTF_8), ofKeyspace, new byte[12], new byte[40])) {
      engine.commit(Batch.ofPut(index, odd, new byte[0]), null);
    }
    clock.advance(1_000);
    sweep();
    assertNull(raw("a"));

    put("b", "1", 1_000);
    reopen();
    clock.advance(1_000);
    sweep();
    assertNull(raw("b"));
    assertEquals(0, indexed());
  }

  @Test
  void entriesOfManyKeyspacesAreSweptInTurnAlsoAfterARestart() {
    for (int i = 0; i < 20; i++) {
      KeyspaceTree tree = engine.keyspace("k" + i);
      for (int j = 0; j < 40; j++) {
        put(tree, "key" + j, 1_000L + 10L * i + j);
      }
    }
    reopen();
    clock.advance(1_100);
    sweep();
    final int left = indexed();
    assertTrue(left > 0 && left < 800, () -> left + " left");
    clock.advance(1_000);
    sweep();
    assertEquals(0, indexed());
    assertEquals(800, engine.stats().expired());
  }

  @Test
  void randomExpiriesAgreeWithAModel() {
    long seed = Long.getLong("seed", System.nanoTime());
    Random random = new Random(seed);
    Map<String, Long> model = new HashMap<>();
    for (int i = 0; i < 5_000; i++) {
      String key = "key" + random.nextInt(300);
      switch (random.nextInt(6)) {
        case 0, 1, 2 -> {
          long ttl = 1L + random.nextInt(2_000);
          put(key, "x", ttl);
          model.put(key, clock.wallMs() + ttl);
        }
        case 3 -> {
          put(key, "x");
          model.put(key, Long.MAX_VALUE);
        }
        case 4 -> clock.advance(random.nextInt(100));
        default -> {
          if (random.nextInt(10) == 0) {
            sweep();
          } else if (random.nextInt(50) == 0) {
            engine.compact();
          } else if (random.nextInt(50) == 0) {
            reopen();
          }
        }
      }
      long living = model.values().stream().filter(expiry -> expiry > clock.wallMs()).count();
      assertEquals(living, visible(null), "seed " + seed);
    }
    clock.advance(10_000);
    sweep();
    assertEquals(0, indexed(), "seed " + seed);
    long neverExpiring = model.values().stream().filter(expiry -> expiry == Long.MAX_VALUE).count();
    assertEquals(neverExpiring, visible(null), "seed " + seed);
    assertTrue(engine.stats().expired() > 0);
  }
}
