package io.apexstore;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.apexstore.engine.io.CrashImages;
import io.apexstore.engine.io.CrashStorage;
import io.apexstore.engine.io.MemoryStorage;
import io.apexstore.engine.io.PowerCut;
import io.apexstore.engine.io.Storage;
import io.apexstore.error.ApexException;
import io.apexstore.options.KeyspaceOptions;
import io.apexstore.options.StoreOptions;
import io.apexstore.stats.StoreStats;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class DropKeyspaceTest {
  private static final StoreOptions OPTIONS =
      StoreOptions.defaults().withMemtableBytesMax(64 << 10);

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

  private void reopen() {
    store.close();
    open();
  }

  private static int count(Keyspace keyspace) {
    try (Cursor cursor = keyspace.scan(KeyRange.all())) {
      return count(cursor);
    }
  }

  private static int count(Cursor cursor) {
    int count = 0;
    while (cursor.next()) {
      count++;
    }
    return count;
  }

  private static void fill(Keyspace keyspace, int keys) {
    for (int i = 0; i < keys; i++) {
      keyspace.put(bytes("key" + i), new byte[100]);
    }
  }

  @Test
  void lookingUpAKeyspaceNeverCreatesIt() {
    assertNull(store.existingKeyspace("carts"));
    assertEquals(List.of("default"), store.keyspaceNames());
    Keyspace carts = store.keyspace("carts");
    assertSame(carts, store.existingKeyspace("carts"));
    assertTrue(store.dropKeyspace("carts"));
    assertNull(store.existingKeyspace("carts"));
    reopen();
    assertNull(store.existingKeyspace("carts"));
    assertEquals(List.of("default"), store.keyspaceNames());
    store.keyspace("carts");
    reopen();
    Keyspace again = store.existingKeyspace("carts");
    assertNotNull(again);
    assertSame(again, store.keyspace("carts"));
    store.close();
    assertEquals(ApexException.Code.CLOSED, codeOf(() -> store.existingKeyspace("other")));
  }

  private static ApexException.Code codeOf(org.junit.jupiter.api.function.Executable call) {
    return assertThrows(ApexException.class, call).code();
  }

  @Test
  void droppedKeysDoNotReturnWithTheName() {
    Keyspace old = store.keyspace("k", KeyspaceOptions.defaults().withTtl(Duration.ofDays(1)));
    fill(old, 1_000);
    store.flush();
    old.put(bytes("in memory"), bytes("1"));
    store.put(bytes("beside"), bytes("1"));
    assertTrue(store.dropKeyspace("k"));
    assertTrue(old.isDropped());
    assertEquals(List.of("default"), store.keyspaceNames());
    assertFalse(store.dropKeyspace("k"));
    assertEquals(0, count(old));
    assertNull(old.get(bytes("key5")));

    Keyspace made = store.keyspace("k");
    assertFalse(made.isDropped());
    assertEquals(List.of("default", "k"), store.keyspaceNames());
    assertEquals(Duration.ZERO, made.options().ttl());
    assertEquals(0, count(made));
    made.put(bytes("new"), bytes("1"));
    reopen();
    assertEquals(1, count(store.keyspace("k")));
    store.compact();
    assertEquals(1, count(store.keyspace("k")));
    assertArrayEquals(bytes("1"), store.get(bytes("beside")));
  }

  @Test
  void aDroppedKeyspaceStaysDroppedAfterARestart() {
    fill(store.keyspace("k"), 10);
    store.dropKeyspace("k");
    reopen();
    assertEquals(List.of("default"), store.keyspaceNames());
    assertTrue(store.stats().keyspaces().stream().noneMatch(k -> k.name().equals("k")));
    assertFalse(store.dropKeyspace("k"));
    assertEquals(0, count(store.keyspace("k")));
  }

  @Test
  @Tag("stress")
  void itsDiskSpaceIsReclaimed() {
    fill(store.keyspace("k"), 5_000);
    store.flush();
    store.dropKeyspace("k");
    store.compact();
    store.keyspace("k");
    StoreStats.KeyspaceStats stats =
        store.stats().keyspaces().stream()
            .filter(k -> k.name().equals("k"))
            .findFirst()
            .orElseThrow();
    assertEquals(0, stats.levels().stream().mapToLong(StoreStats.LevelStats::bytes).sum());
  }

  @Test
  void aBatchWithAPutIntoADroppedKeyspaceIsRefusedAsAWhole() {
    Keyspace old = store.keyspace("k");
    store.dropKeyspace("k");
    assertEquals(ApexException.Code.INVALID_REQUEST, codeOf(() -> old.put(bytes("a"), bytes("1"))));
    CompletionException async =
        assertThrows(
            CompletionException.class,
            () -> old.putAsync(bytes("a"), bytes("1")).toCompletableFuture().join());
    ApexException cause = assertInstanceOf(ApexException.class, async.getCause());
    assertEquals(ApexException.Code.INVALID_REQUEST, cause.code());
    assertEquals(
        ApexException.Code.INVALID_REQUEST,
        codeOf(
            () ->
                store.write(
                    store
                        .newBatch()
                        .put(bytes("b"), bytes("1"))
                        .put(old, bytes("a"), bytes("1")))));
    assertEquals(
        ApexException.Code.INVALID_REQUEST, codeOf(() -> old.putIfAbsent(bytes("a"), bytes("1"))));
    assertNull(store.get(bytes("b")));
    store.put(bytes("b"), bytes("2"));
    store.keyspace("k");
    old.put(bytes("a"), bytes("1"));
    assertEquals(1, count(old));
  }

  @Test
  void openSnapshotsAndCursorsStillSeeTheKeys() {
    Keyspace keyspace = store.keyspace("k");
    fill(keyspace, 1_000);
    try (Snapshot snapshot = store.snapshot();
        Cursor before = keyspace.scan(KeyRange.all())) {
      store.dropKeyspace("k");
      store.compact();
      assertEquals(1_000, count(before));
      assertNotNull(snapshot.get(keyspace, bytes("key7")));
      try (Cursor cursor = snapshot.scan(keyspace, KeyRange.all(), ScanOptions.DEFAULT)) {
        assertEquals(1_000, count(cursor));
      }
    }
  }

  @Test
  void feedsReportOneRangeDeleteEvenAfterARestart() {
    String token;
    try (ChangeFeed feed = store.changes().open()) {
      token = feed.token();
    }
    store.keyspace("k").put(bytes("a"), bytes("1"));
    store.dropKeyspace("k");
    reopen();
    store.keyspace("k").put(bytes("b"), bytes("2"));
    store.sync();
    List<String> seen = new ArrayList<>();
    try (ChangeFeed feed = store.changes().from(token).open()) {
      for (Change change = feed.poll(); change != null; change = feed.poll()) {
        if (change instanceof Change.KeyChange c) {
          seen.add(c.keyspace() + " " + c.cause() + " " + new String(c.key(), UTF_8));
        } else if (change instanceof Change.RangeDelete c) {
          seen.add(c.keyspace() + " " + (c.range().equals(KeyRange.all()) ? "all" : c.range()));
        }
      }
    }
    assertEquals(List.of("k PUT a", "k all", "k PUT b"), seen);
  }

  @Test
  void theDefaultAndInternalKeyspacesCannotBeDropped() {
    assertFalse(store.dropKeyspace("nothing"));
    assertEquals(List.of("default"), store.keyspaceNames());
    assertEquals(ApexException.Code.INVALID_REQUEST, codeOf(() -> store.dropKeyspace("default")));
    assertEquals(ApexException.Code.INVALID_REQUEST, codeOf(() -> store.dropKeyspace("_expiry")));
  }

  @Test
  void noWriterPutsAnythingAfterTheDrop() throws Exception {
    Keyspace keyspace = store.keyspace("k");
    AtomicBoolean ended = new AtomicBoolean();
    try (ExecutorService threads = Executors.newFixedThreadPool(4)) {
      List<Future<Integer>> writers = new ArrayList<>();
      for (int t = 0; t < 4; t++) {
        byte[] key = bytes("key" + t);
        writers.add(threads.submit(() -> writeUntil(ended, keyspace, key)));
      }
      try {
        for (int i = 0; i < 50; i++) {
          assertTrue(store.dropKeyspace("k"));
          for (int n = 0; n < 5; n++) {
            assertEquals(0, count(keyspace));
          }
          store.keyspace("k").put(bytes("mine"), bytes("1"));
          assertNotNull(keyspace.get(bytes("mine")));
        }
      } finally {
        ended.set(true);
      }
      for (Future<Integer> writer : writers) {
        assertTrue(writer.get() > 0);
      }
    }
    store.put(bytes("still"), bytes("writable"));
  }

  private static int writeUntil(AtomicBoolean ended, Keyspace keyspace, byte[] key) {
    int written = 0;
    while (!ended.get()) {
      try {
        keyspace.put(key, new byte[50]);
        written++;
      } catch (ApexException e) {
        assertEquals(ApexException.Code.INVALID_REQUEST, e.code());
      }
    }
    return written;
  }

  @Test
  @Tag("crash")
  void afterAPowerCutTheKeyspaceIsUnchangedEmptyOrDroppedAndNeverReturns() {
    long seed = Long.getLong("seed", System.nanoTime());
    MemoryStorage made = new MemoryStorage();
    open(made).close();
    CrashStorage recorded = new CrashStorage(made);
    try (ApexStore run = open(recorded)) {
      Keyspace keyspace = run.keyspace("k");
      keyspace.put(bytes("old"), bytes("1"));
      recorded.acknowledged(1);
      recorded.submitted(2);
      run.dropKeyspace("k");
      recorded.acknowledged(2);
      recorded.submitted(3);
      run.keyspace("k").put(bytes("new"), bytes("1"));
      recorded.acknowledged(3);
      run.flush();
    }
    CrashImages images = recorded.images();
    PowerCut[] policies = PowerCut.values();
    int checked = 0;
    for (int step : images.turningPoints()) {
      PowerCut policy = policies[checked++ % policies.length];
      String message = "seed " + seed + ", before " + images.describe(step) + ", " + policy;
      check(
          images.at(step, policy, seed + step),
          images.acknowledgedAt(step),
          images.submittedAt(step),
          message);
    }
    assertTrue(checked > 20);
  }

  private void check(Storage image, long acknowledged, long submitted, String message) {
    try (ApexStore store = open(image)) {
      boolean there = store.keyspaceNames().contains("k");
      Keyspace keyspace = store.keyspace("k");
      boolean old = keyspace.get(bytes("old")) != null;
      boolean young = keyspace.get(bytes("new")) != null;
      assertFalse(old && (young || acknowledged >= 2 || !there), message);
      assertTrue(old || acknowledged < 1 || submitted >= 2, message);
      assertTrue(!there || acknowledged < 2 || submitted >= 3, message);
      assertTrue(young || acknowledged < 3, message);
    }
  }

  private ApexStore open(Storage storage) {
    return ApexStore.builder(directory.resolve("unused"))
        .options(OPTIONS)
        .storage(files -> replaced(files, storage))
        .open();
  }

  private static Storage replaced(Storage files, Storage by) {
    try {
      files.close();
    } catch (java.io.IOException e) {
      throw new java.io.UncheckedIOException(e);
    }
    return by;
  }
}
