package io.apexstore;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertDoesNotThrow;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.apexstore.engine.io.FaultStorage;
import io.apexstore.engine.io.Storage;
import io.apexstore.error.ApexException;
import io.apexstore.options.StoreOptions;
import io.apexstore.options.SyncMode;
import io.apexstore.stats.StoreStats;
import java.lang.foreign.MemorySegment;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class ApexStoreTest {
  private static final StoreOptions SMALL =
      StoreOptions.defaults()
          .withSyncMode(SyncMode.INTERVAL)
          .withMemtableBytesMax(64 << 10)
          .withBlockCacheBytes(1 << 20);

  @TempDir Path directory;

  @Test
  void aDirectoryThatCannotBeOpenedIsReportedWithTheReason() throws Exception {
    Path file = Files.writeString(directory.toRealPath().resolve("file"), "x");
    ApexException e = assertThrows(ApexException.class, () -> ApexStore.open(file));
    assertEquals(ApexException.Code.STORAGE_FAILED, e.code());
    assertEquals("opening " + file + ": it is not a directory", e.getMessage());
    Path store = Files.createDirectories(directory.toRealPath().resolve("store"));
    Path lock = Files.createDirectory(store.resolve("LOCK"));
    String message =
        String.valueOf(assertThrows(ApexException.class, () -> ApexStore.open(store)).getMessage());
    assertTrue(message.startsWith("opening " + lock + ": "), message);
    Path link = Files.createSymbolicLink(directory.toRealPath().resolve("link"), store);
    message =
        String.valueOf(assertThrows(ApexException.class, () -> ApexStore.open(link)).getMessage());
    assertEquals(link + " is a symbolic link; name the directory itself", message);
  }

  @Test
  void aPutValueIsReadBackAndADeletedOneIsGone() {
    try (ApexStore store = ApexStore.open(directory)) {
      assertNull(store.get(bytes("a")));
      long first = store.put(bytes("a"), bytes("1"));
      long second = store.put(bytes("a"), bytes("2"));
      assertTrue(second > first);
      assertArrayEquals(bytes("2"), store.get(bytes("a")));
      VersionedValue found = store.getVersioned(bytes("a"));
      assertNotNull(found);
      assertEquals(second, found.version());
      assertTrue(store.delete(bytes("a")) > second);
      assertNull(store.get(bytes("a")));
    }
  }

  /** The names have the same hash: a lock for one must not block the other. */
  @Test
  void aKeyspaceIsFoundWhileAnotherIsBeingCreated() throws Exception {
    try (ApexStore store = ApexStore.open(directory)) {
      store.keyspace("Aa");
    }
    AtomicReference<FaultStorage> files = new AtomicReference<>();
    UnaryOperator<Storage> wrapper =
        real -> {
          FaultStorage faults = new FaultStorage(real);
          files.set(faults);
          return faults;
        };
    CountDownLatch reached = new CountDownLatch(1);
    CountDownLatch goOn = new CountDownLatch(1);
    try (ApexStore store = StoreSeams.open(ApexStore.builder(directory), wrapper);
        ExecutorService pool = Executors.newFixedThreadPool(2)) {
      Objects.requireNonNull(files.get())
          .before(
              FaultStorage.Kind.APPEND_SYNC,
              name -> name.startsWith("MANIFEST"),
              (kind, name) -> {
                reached.countDown();
                assertDoesNotThrow(() -> goOn.await());
              });
      Future<Keyspace> made = pool.submit(() -> store.keyspace("BB"));
      assertTrue(reached.await(30, TimeUnit.SECONDS));
      Future<Keyspace> found = pool.submit(() -> store.keyspace("Aa"));
      try {
        assertEquals("Aa", found.get(10, TimeUnit.SECONDS).name());
        assertFalse(made.isDone());
      } finally {
        goOn.countDown();
      }
      assertSame(made.get(30, TimeUnit.SECONDS), store.keyspace("BB"));
    }
  }

  @Test
  void anEmptyValueIsNotAnAbsentOne() {
    try (ApexStore store = ApexStore.open(directory)) {
      store.put(bytes("a"), new byte[0]);
      assertArrayEquals(new byte[0], store.get(bytes("a")));
    }
  }

  @ParameterizedTest
  @EnumSource(SyncMode.class)
  void everythingIsThereAfterAReopen(SyncMode mode) {
    StoreOptions options = SMALL.withSyncMode(mode);
    int keys = mode == SyncMode.EVERY || mode == SyncMode.GROUP ? 90 : 3_000;
    try (ApexStore store = ApexStore.open(directory, options)) {
      for (int i = 0; i < keys; i++) {
        store.put(key(i), bytes("value " + i));
      }
      for (int i = 0; i < keys; i += 3) {
        store.delete(key(i));
      }
    }
    try (ApexStore store = ApexStore.open(directory, options)) {
      for (int i = 0; i < keys; i++) {
        byte[] expected = i % 3 == 0 ? null : bytes("value " + i);
        assertArrayEquals(expected, store.get(key(i)), "key " + i);
      }
      assertEquals(keys / 3 * 2, keysOf(store, KeyRange.all(), ScanOptions.DEFAULT).size());
    }
  }

  @Test
  void flushAndCompactionChangeNothingThatAReaderSees() {
    try (ApexStore store = ApexStore.open(directory, SMALL)) {
      for (int round = 0; round < 5; round++) {
        for (int i = 0; i < 2_000; i++) {
          store.put(key(i), bytes("round " + round + " value " + i));
        }
        store.flush();
      }
      store.delete(key(7));
      store.compact();
      StoreStats stats = store.stats();
      assertTrue(stats.writes().flushes() >= 5, stats.toString());
      assertTrue(stats.writes().compactions() >= 1, stats.toString());
      assertNull(store.get(key(7)));
      assertArrayEquals(bytes("round 4 value 8"), store.get(key(8)));
      assertEquals(1_999, keysOf(store, KeyRange.all(), ScanOptions.DEFAULT).size());
    }
  }

  @Test
  void aScanReturnsTheRangeInBothOrders() {
    try (ApexStore store = ApexStore.open(directory, SMALL)) {
      for (int i = 999; i >= 0; i--) {
        store.put(key(i), bytes("v" + i));
        if (i == 500) {
          store.flush();
        }
      }
      KeyRange range = KeyRange.between(key(100), key(900));
      List<String> forwards = keysOf(store, range, ScanOptions.DEFAULT);
      assertEquals(800, forwards.size());
      assertEquals(new String(key(100), UTF_8), forwards.getFirst());
      assertEquals(new String(key(899), UTF_8), forwards.getLast());
      List<String> backwards = keysOf(store, range, ScanOptions.REVERSE);
      assertEquals(forwards, backwards.reversed());
    }
  }

  @Test
  void aCursorSeesOneVersionWhateverIsWrittenMeanwhile() {
    try (ApexStore store = ApexStore.open(directory, SMALL)) {
      for (int i = 0; i < 500; i++) {
        store.put(key(i), bytes("before"));
      }
      try (Cursor cursor = store.scan(KeyRange.all())) {
        assertTrue(cursor.next());
        for (int i = 0; i < 500; i++) {
          store.put(key(i), bytes("after"));
          store.put(bytes("new " + i), bytes("after"));
        }
        store.compact();
        int seen = 0;
        do {
          assertEquals("before", new String(cursor.value(), UTF_8));
          assertTrue(cursor.version() <= cursor.readVersion());
          seen++;
        } while (cursor.next());
        assertEquals(500, seen);
      }
    }
  }

  @Test
  void aBatchOverKeyspacesHasOneVersionAndTheLastOperationOnAKeyWins() {
    try (ApexStore store = ApexStore.open(directory)) {
      Keyspace other = store.keyspace("other");
      WriteBatch batch = store.newBatch();
      batch.put(bytes("k"), bytes("first")).put(other, bytes("k"), bytes("theirs"));
      batch.delete(bytes("k")).put(bytes("k"), bytes("last")).put(bytes("gone"), bytes("x"));
      batch.delete(bytes("gone"));
      long version = store.write(batch);
      assertEquals(version, versionOf(store.getVersioned(bytes("k"))));
      assertEquals(version, versionOf(other.getVersioned(bytes("k"))));
      assertArrayEquals(bytes("last"), store.get(bytes("k")));
      assertArrayEquals(bytes("theirs"), other.get(bytes("k")));
      assertNull(store.get(bytes("gone")));
      assertEquals(List.of("default", "other"), store.keyspaceNames());
    }
    try (ApexStore store = ApexStore.open(directory)) {
      assertArrayEquals(bytes("theirs"), store.keyspace("other").get(bytes("k")));
    }
  }

  @Test
  void concurrentWritersGetDistinctVersions() throws Exception {
    int threads = 8;
    int writes = 50;
    StoreOptions durable = SMALL.withSyncMode(SyncMode.GROUP);
    try (ApexStore store = ApexStore.open(directory, durable);
        ExecutorService pool = Executors.newFixedThreadPool(threads)) {
      List<Future<List<Long>>> versions = new ArrayList<>();
      for (int t = 0; t < threads; t++) {
        int thread = t;
        versions.add(
            pool.submit(
                () -> {
                  List<Long> mine = new ArrayList<>();
                  for (int i = 0; i < writes; i++) {
                    byte[] key = key(thread * writes + i);
                    mine.add(store.put(key, key));
                    assertArrayEquals(key, store.get(key));
                  }
                  return mine;
                }));
      }
      List<Long> all = new ArrayList<>();
      for (Future<List<Long>> future : versions) {
        all.addAll(future.get(60, TimeUnit.SECONDS));
      }
      int expected = threads * writes;
      assertEquals(expected, all.stream().distinct().count());
      assertEquals(expected, keysOf(store, KeyRange.all(), ScanOptions.DEFAULT).size());
    }
  }

  @Test
  void asynchronousWritesCompleteWithTheirVersions() throws Exception {
    try (ApexStore store = ApexStore.open(directory)) {
      List<CompletionStage<Long>> stages = new ArrayList<>();
      for (int i = 0; i < 1_000; i++) {
        stages.add(store.putAsync(key(i), bytes("v" + i)));
      }
      long last = 0;
      for (CompletionStage<Long> stage : stages) {
        long version = stage.toCompletableFuture().get(30, TimeUnit.SECONDS);
        assertTrue(version > last);
        last = version;
      }
      assertArrayEquals(bytes("v999"), store.get(key(999)));
    }
  }

  @Test
  void keysAndValuesThatAreTooLongAreRefused() {
    try (ApexStore store = ApexStore.open(directory, SMALL.withValueBytesMax(10))) {
      refused(() -> store.put(new byte[0], bytes("v")), "key of 0 bytes, allowed are 1 to 65536");
      refused(() -> store.put(new byte[65_537], bytes("v")), "key of 65537 bytes");
      refused(() -> store.put(bytes("k"), new byte[11]), "value of 11 bytes, allowed are 0 to 10");
      refused(() -> store.get(new byte[0]), "key of 0 bytes");
      assertTrue(keysOf(store, KeyRange.all(), ScanOptions.DEFAULT).isEmpty());
    }
  }

  @Test
  void useAfterCloseFailsWithClosed() {
    ApexStore store = ApexStore.open(directory);
    store.put(bytes("k"), bytes("v"));
    Cursor cursor = store.scan(KeyRange.all());
    assertTrue(cursor.next());
    store.close();
    store.close();
    closed(() -> store.get(bytes("k")));
    closed(() -> store.put(bytes("k"), bytes("v")));
    closed(() -> store.scan(KeyRange.all()));
    closed(cursor::next);
    cursor.close();
    cursor.close();
  }

  @Test
  void readingACursorWithoutAnEntryFails() {
    try (ApexStore store = ApexStore.open(directory)) {
      Cursor cursor = store.scan(KeyRange.all());
      List<Runnable> calls =
          List.of(
              cursor::key,
              cursor::value,
              cursor::valueLength,
              cursor::version,
              () -> cursor.withKey(MemorySegment::byteSize),
              () -> cursor.withValue(MemorySegment::byteSize));
      for (Runnable call : calls) {
        ApexException e = assertThrows(ApexException.class, call::run);
        assertEquals(ApexException.Code.INVALID_REQUEST, e.code());
      }
      cursor.close();
      calls.forEach(ApexStoreTest::closed);
    }
  }

  @Test
  void aSecondOpenOfTheDirectoryFailsAndNamesTheHolder() {
    try (ApexStore store = ApexStore.open(directory)) {
      ApexException e = assertThrows(ApexException.class, () -> ApexStore.open(directory));
      assertEquals(ApexException.Code.LOCKED, e.code());
      String pid = Long.toString(ProcessHandle.current().pid());
      assertTrue(String.valueOf(e.getMessage()).contains(pid), e.getMessage());
      assertNull(store.get(bytes("k")));
    }
    ApexStore.open(directory).close();
  }

  @Test
  void aReadThatNeedsNoDiskIsAnsweredAtOnce() {
    try (ApexStore store = ApexStore.open(directory)) {
      store.put(bytes("k"), bytes("v"));
      Keyspace keyspace = store.keyspace(ApexStore.DEFAULT_KEYSPACE);
      assertTrue(keyspace.getCached(bytes("k")) instanceof CachedRead.Found);
      assertTrue(keyspace.getCached(bytes("absent")) instanceof CachedRead.Absent);
    }
    try (ApexStore store = ApexStore.open(directory)) {
      Keyspace keyspace = store.keyspace(ApexStore.DEFAULT_KEYSPACE);
      assertTrue(keyspace.getCached(bytes("k")) instanceof CachedRead.NeedsDisk);
      assertArrayEquals(bytes("v"), keyspace.get(bytes("k")));
      assertTrue(keyspace.getCached(bytes("k")) instanceof CachedRead.Found);
    }
  }

  @Test
  void interruptedCallersHarmNoOne() throws Exception {
    try (ApexStore store = ApexStore.open(directory, SMALL)) {
      Thread writer =
          new Thread(
              () -> {
                for (int i = 0; i < 2_000; i++) {
                  Thread.currentThread().interrupt();
                  store.put(key(i), key(i));
                  assertArrayEquals(key(i), store.get(key(i)));
                  assertTrue(Thread.currentThread().isInterrupted());
                }
              });
      List<Throwable> failures = new ArrayList<>();
      writer.setUncaughtExceptionHandler((thread, failure) -> failures.add(failure));
      writer.start();
      for (int i = 2_000; i < 3_000; i++) {
        store.put(key(i), key(i));
      }
      writer.join();
      assertEquals(List.of(), failures);
      assertEquals(3_000, keysOf(store, KeyRange.all(), ScanOptions.DEFAULT).size());
    }
  }

  private static void refused(Runnable call, String message) {
    ApexException e = assertThrows(ApexException.class, call::run);
    assertEquals(ApexException.Code.INVALID_REQUEST, e.code());
    assertTrue(String.valueOf(e.getMessage()).contains(message), e.getMessage());
  }

  private static void closed(Runnable call) {
    ApexException e = assertThrows(ApexException.class, call::run);
    assertEquals(ApexException.Code.CLOSED, e.code());
  }

  private static long versionOf(@org.jspecify.annotations.Nullable VersionedValue found) {
    assertNotNull(found);
    return found.version();
  }

  private static List<String> keysOf(ApexStore store, KeyRange range, ScanOptions options) {
    List<String> keys = new ArrayList<>();
    try (Cursor cursor = store.scan(range, options)) {
      while (cursor.next()) {
        keys.add(new String(cursor.key(), UTF_8));
      }
      assertFalse(cursor.next());
    }
    return keys;
  }

  private static byte[] key(int i) {
    return bytes(String.format("key-%08d", i));
  }

  private static byte[] bytes(String text) {
    return text.getBytes(UTF_8);
  }
}
