package io.apexstore.engine;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.apexstore.engine.background.EngineExecutors;
import io.apexstore.engine.base.Batch;
import io.apexstore.engine.base.EngineException;
import io.apexstore.engine.base.EngineException.Failure;
import io.apexstore.engine.base.TestClock;
import io.apexstore.engine.base.ThrowingLogHandler;
import io.apexstore.engine.feed.ChangeCursor;
import io.apexstore.engine.feed.ChangeFilter;
import io.apexstore.engine.io.DiskFullException;
import io.apexstore.engine.io.FaultStorage;
import io.apexstore.engine.io.FaultStorage.Kind;
import io.apexstore.engine.io.MemoryStorage;
import io.apexstore.engine.keyspace.KeyspaceTree;
import io.apexstore.options.SyncMode;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.Timeout.ThreadMode;
import org.junit.jupiter.api.extension.RegisterExtension;

/** A log handler that throws changes nothing about what the store does. */
@Timeout(value = 30, threadMode = ThreadMode.SEPARATE_THREAD)
class ThrowingLogHandlerTest {
  private static final String TABLE = ".sst";

  @RegisterExtension private final ThrowingLogHandler handler = new ThrowingLogHandler();
  private final FaultStorage faulty = new FaultStorage(new MemoryStorage());

  private void assertHandlerWasCalled() {
    assertTrue(handler.thrown() > 0, "nothing was logged");
  }

  private static void assertFailed(Failure expected, Runnable call) {
    assertEquals(expected, assertThrows(EngineException.class, call::run).failure());
  }

  private static void fail(Kind kind, String name) throws IOException {
    throw new IOException(kind + " of " + name + " fails");
  }

  private static void closeBroken(TestStore store) {
    assertFailed(Failure.STORAGE_FAILED, store::close);
  }

  @Test
  void aFailedFlushEndsWaitersAndRefusesWrites() {
    TestStore store = TestStore.open(faulty, SyncMode.GROUP);
    store.put("a", "1");
    faulty.before(Kind.CREATE, name -> name.endsWith(TABLE), ThrowingLogHandlerTest::fail);
    assertFailed(Failure.STORAGE_FAILED, store.engine()::flush);
    assertFailed(Failure.STORAGE_FAILED, store.engine()::compact);
    assertFailed(Failure.STORAGE_FAILED, () -> store.put("b", "2"));
    assertEquals("1", store.get("a"));
    assertEquals("failed", store.engine().stats().stall().state());
    assertHandlerWasCalled();
    closeBroken(store);
  }

  @Test
  void aFailedCompactionEndsWaitersAndRefusesWrites() {
    TestStore store = TestStore.open(faulty, SyncMode.GROUP);
    for (int i = 0; i < 2; i++) {
      store.put("a", "1");
      store.engine().flush();
    }
    faulty.before(Kind.CREATE, name -> name.endsWith(TABLE), ThrowingLogHandlerTest::fail);
    assertFailed(Failure.STORAGE_FAILED, store.engine()::compact);
    assertFailed(Failure.STORAGE_FAILED, () -> store.put("b", "2"));
    assertHandlerWasCalled();
    closeBroken(store);
  }

  @Test
  void aFullDiskStopsWritesAndTheyResume() {
    MemoryStorage files = new MemoryStorage();
    TestStore store = TestStore.open(files, SyncMode.GROUP);
    store.put("a", "v".repeat(64_000));
    files.setCapacityBytes(files.usedBytes());
    assertFailed(Failure.DISK_FULL, store.engine()::flush);
    assertEquals("disk_full", store.engine().stats().stall().state());
    files.setCapacityBytes(1L << 40);
    store.engine().tick(true);
    assertEquals("none", store.engine().stats().stall().state());
    store.engine().flush();
    assertHandlerWasCalled();
    store.close();
  }

  @Test
  void damageEndsTheCompactionsOfOneKeyspaceOnly() throws IOException {
    MemoryStorage files = new MemoryStorage();
    try (TestStore store = TestStore.open(files, SyncMode.GROUP)) {
      store.put("a", "1");
      store.engine().flush();
      KeyspaceTree other = store.engine().keyspace("other");
      for (int i = 0; i < 2; i++) {
        put(store.engine(), other, "a", 0);
        store.engine().flush();
      }
    }
    // The oldest table is that of the default keyspace; the first block follows the header.
    String oldest =
        files.contents().keySet().stream()
            .filter(name -> name.endsWith(TABLE))
            .sorted()
            .toList()
            .getFirst();
    FaultStorage.flipByte(files, oldest, 100);
    TestStore store = TestStore.open(files, SyncMode.GROUP);
    store.put("a", "2");
    assertFailed(Failure.CORRUPTION, store.engine()::compact);
    assertHandlerWasCalled();
    assertEquals(1, store.engine().stats().keyspaces().getLast().levels().getLast().tables());
    store.put("b", "2");
    store.engine().flush();
    store.close();
  }

  @Test
  void aSweepThatFailsIsRepeated() {
    TestClock clock = TestClock.wallAt(1_000_000);
    TestStore store = TestStore.open(faulty, SyncMode.GROUP, clock, EngineExecutors.OWN);
    LsmEngine engine = store.engine();
    KeyspaceTree tree = engine.keyspace("expiring");
    put(engine, tree, "x", clock.currentTimeMs() + 10);
    FaultStorage.Rule broken =
        faulty.before(
            Kind.REGION_WRITE,
            (kind, name) -> {
              throw new DiskFullException("full", null);
            });
    clock.advance(100);
    await(
        () -> {
          engine.tick(true);
          return handler.thrown() > 0;
        });
    broken.stop();
    await(
        () -> {
          engine.tick(true);
          return engine.stats().expired() == 1;
        });
    store.close();
  }

  @Test
  void closingReportsLeaksAndCloses() {
    TestStore store = TestStore.open(faulty, SyncMode.GROUP);
    store.put("a", "1");
    var snapshot = store.engine().openSnapshot();
    var cursor =
        store.engine().scan(store.engine().keyspace("default"), null, null, false, snapshot);
    store.close();
    assertHandlerWasCalled();
    cursor.close();
    snapshot.close();
    TestStore again = TestStore.open(faulty, SyncMode.GROUP);
    assertEquals("1", again.get("a"));
    again.close();
  }

  @Test
  void aConsumerThatThrowsKeepsNoOtherConsumerWaiting() throws InterruptedException {
    TestStore store = TestStore.open(faulty, SyncMode.GROUP);
    CountDownLatch notified = new CountDownLatch(1);
    ChangeCursor broken = open(store);
    ChangeCursor whole = open(store);
    broken.whenReady(
        () -> {
          throw new IllegalStateException("this consumer always throws");
        });
    whole.whenReady(notified::countDown);
    store.put("a", "1");
    assertTrue(notified.await(20, TimeUnit.SECONDS));
    assertHandlerWasCalled();
    store.close();
  }

  private static ChangeCursor open(TestStore store) {
    return store.engine().changes().openNow(ChangeFilter.ALL, false, Long.MAX_VALUE);
  }

  @Test
  void theLogsThreadFailsTheLog() {
    TestStore store = TestStore.open(faulty, SyncMode.GROUP);
    store.put("a", "1");
    faulty.before(Kind.DELETE, name -> name.endsWith(".log"), ThrowingLogHandlerTest::fail);
    store.engine().flush();
    store.put("b", "2");
    store.engine().flush();
    assertEquals("2", store.get("b"));
    store.close();
  }

  private static void put(LsmEngine engine, KeyspaceTree tree, String key, long expiryMs) {
    Batch batch = new Batch(64);
    byte[] bytes = key.getBytes(StandardCharsets.UTF_8);
    MemorySegment value = MemorySegment.ofArray(bytes);
    if (expiryMs == 0) {
      batch.put(tree.id(), bytes, 0, value);
    } else {
      engine.putExpiring(batch, tree, bytes, expiryMs, value);
    }
    batch.seal();
    engine.commit(batch, null);
  }

  private static void await(BooleanSupplier condition) {
    while (!condition.getAsBoolean()) {
      LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(1));
    }
  }
}
