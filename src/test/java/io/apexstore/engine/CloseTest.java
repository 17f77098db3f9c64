package io.apexstore.engine;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.apexstore.engine.background.EngineExecutors;
import io.apexstore.engine.base.EngineException;
import io.apexstore.engine.base.EngineException.Failure;
import io.apexstore.engine.base.TestClock;
import io.apexstore.engine.base.TimeSource;
import io.apexstore.engine.file.FileNames;
import io.apexstore.engine.io.FaultStorage;
import io.apexstore.engine.io.FaultStorage.Kind;
import io.apexstore.engine.io.MemoryStorage;
import io.apexstore.engine.io.Storage;
import io.apexstore.engine.read.EngineCursor;
import io.apexstore.engine.read.ReadEpochs;
import io.apexstore.options.SyncMode;
import java.lang.reflect.Proxy;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** A store releases its resources even if closing or opening it fails or meets other work. */
@Timeout(60)
class CloseTest {
  /** The engine has its own threads, and no ticks. */
  private static final EngineExecutors QUIET = EngineExecutors.OWN.withoutTicks();

  private final MemoryStorage files = new MemoryStorage();
  private final FaultStorage faulty = new FaultStorage(files);

  private static boolean isTable(String name) {
    return name.endsWith(FileNames.TABLE_SUFFIX);
  }

  private TestStore open(SyncMode mode) {
    return TestStore.open(faulty, mode, TimeSource.SYSTEM, QUIET);
  }

  @ParameterizedTest
  @EnumSource(
      value = SyncMode.class,
      names = {"INTERVAL", "ASYNC"})
  void aFailureOfTheLastSyncIsReportedAndTheDirectoryCanBeOpenedAgain(SyncMode mode) {
    TestStore store = open(mode);
    store.put("a", "1");
    faulty.failNthSyncAndLosePages(Kind.REGION_SYNC, 1);
    EngineException e = assertThrows(EngineException.class, store::close);
    assertEquals(Failure.STORAGE_FAILED, e.failure());
    store.close();
    try (TestStore after = open(mode)) {
      assertEquals(Map.of("a", "1"), after.scan());
    }
  }

  @ParameterizedTest
  @EnumSource(
      value = Kind.class,
      names = {"REGION_SYNC", "APPEND_SYNC", "APPEND", "REGION_WRITE", "CREATE", "CLOSE"})
  void afterAnyFailureOfCloseTheDirectoryCanBeOpenedAgain(Kind kind) {
    for (int nth = 1; nth <= 6; nth++) {
      MemoryStorage disk = new MemoryStorage();
      FaultStorage broken = new FaultStorage(disk);
      TestStore store = TestStore.open(broken, SyncMode.ASYNC, TimeSource.SYSTEM, QUIET);
      store.put("a", "1");
      store.engine().sync();
      store.put("b", "2");
      broken.failNth(kind, nth, "Input/output error");
      try {
        store.close();
      } catch (EngineException e) {
        assertEquals(Failure.STORAGE_FAILED, e.failure());
      }
      try (TestStore after = TestStore.open(disk, SyncMode.ASYNC)) {
        assertEquals("1", after.get("a"), kind + " " + nth);
      }
    }
  }

  @Test
  void aCursorMayBeClosedWhileTheStoreCloses() {
    AtomicBoolean storageClosed = new AtomicBoolean();
    AtomicBoolean tooEarly = new AtomicBoolean();
    TestStore store =
        TestStore.open(
            observingClose(faulty, storageClosed), SyncMode.GROUP, TimeSource.SYSTEM, QUIET);
    store.put("a", "1");
    EngineCursor cursor =
        store.engine().scan(store.engine().keyspace("default"), null, null, false, null);
    AtomicReference<EngineCursor> open = new AtomicReference<>(cursor);
    // When the log is closed, new readers are refused and the manifest is not written yet.
    faulty.before(
        Kind.CLOSE,
        FileNames::isLog,
        (kind, name) -> {
          EngineCursor last = isClosed(store) ? open.getAndSet(null) : null;
          if (last != null) {
            last.close();
            tooEarly.set(storageClosed.get());
          }
        });
    store.close();
    assertNull(open.get());
    assertFalse(tooEarly.get());
    assertTrue(storageClosed.get());
    try (TestStore after = open(SyncMode.GROUP)) {
      assertEquals(Map.of("a", "1"), after.scan());
    }
  }

  private static Storage observingClose(Storage storage, AtomicBoolean closed) {
    return (Storage)
        Proxy.newProxyInstance(
            Storage.class.getClassLoader(),
            new Class<?>[] {Storage.class},
            (proxy, method, arguments) -> {
              closed.compareAndSet(false, method.getName().equals("close"));
              return method.invoke(storage, arguments);
            });
  }

  private static boolean isClosed(TestStore store) {
    try {
      store.engine().requireOpen();
      return false;
    } catch (EngineException e) {
      return true;
    }
  }

  @Test
  void closeDoesNotFreeTheMemoryOfAScanThatHasJustBegun() throws Exception {
    AtomicReference<Thread> closing = new AtomicReference<>();
    AtomicReference<TestStore> opened = new AtomicReference<>();
    Thread scanner = Thread.currentThread();
    TimeSource time =
        TestClock.system()
            .onWallRead(
                () -> {
                  TestStore store = opened.get();
                  if (Thread.currentThread() == scanner && store != null && closing.get() == null) {
                    Thread thread = Thread.ofPlatform().start(store::close);
                    closing.set(thread);
                    awaitEndOrPark(thread);
                  }
                });
    TestStore store = TestStore.open(faulty, SyncMode.GROUP, time, QUIET);
    store.put("a", "1");
    store.engine().flush();
    opened.set(store);
    try (EngineCursor cursor =
        store.engine().scan(store.engine().keyspace("default"), null, null, false, null)) {
      EngineException e = assertThrows(EngineException.class, cursor::next);
      assertEquals(Failure.CLOSED, e.failure());
    }
    Objects.requireNonNull(closing.get()).join();
    try (TestStore after = open(SyncMode.GROUP)) {
      assertEquals(Map.of("a", "1"), after.scan());
    }
  }

  /** Returns when the thread has ended or waits in {@link ReadEpochs} for the calling reader. */
  private static void awaitEndOrPark(Thread thread) {
    while (thread.isAlive()) {
      for (StackTraceElement frame : thread.getStackTrace()) {
        if (frame.getClassName().equals(ReadEpochs.class.getName())) {
          return;
        }
      }
      Thread.onSpinWait();
    }
  }

  @Test
  void aFlushThatCloseCannotFinishFailsForItsCaller() throws Exception {
    EngineExecutors noFlushes = QUIET.withFlushes(task -> {});
    TestStore store = TestStore.open(faulty, SyncMode.GROUP, TimeSource.SYSTEM, noFlushes);
    store.put("a", "1");
    CompletableFuture<Void> flush =
        CompletableFuture.runAsync(() -> store.engine().flush(), Thread::startVirtualThread);
    while (store.engine().stats().memtables().sealedCount() == 0) {
      Thread.onSpinWait();
    }
    files.setCapacityBytes(files.usedBytes());
    store.close(); // The log has all.
    CompletionException failure = assertThrows(CompletionException.class, flush::join);
    assertTrue(failure.getCause() instanceof EngineException, () -> String.valueOf(failure));
    files.setCapacityBytes(1L << 40);
    try (TestStore after = open(SyncMode.GROUP)) {
      assertEquals(Map.of("a", "1"), after.scan());
    }
  }

  @Test
  void aFailedOpenLeavesNoTableOpen() {
    try (TestStore store = open(SyncMode.GROUP)) {
      store.put("a", "1");
      store.engine().flush();
      store.put("b", "2");
    }
    FaultStorage.Rule opens = faulty.before(Kind.OPEN, CloseTest::isTable, (kind, name) -> {});
    FaultStorage.Rule closes = faulty.before(Kind.CLOSE, CloseTest::isTable, (kind, name) -> {});
    FaultStorage.Rule failing = faulty.failNth(Kind.CREATE_REGION, 1, "Too many open files");
    assertThrows(EngineException.class, () -> open(SyncMode.GROUP));
    assertEquals(0, opens.seen());
    failing.stop();
    try (TestStore after = open(SyncMode.GROUP)) {
      assertFalse(after.scan().isEmpty());
    }
    assertTrue(opens.seen() > 0);
    assertEquals(opens.seen(), closes.seen());
  }
}
