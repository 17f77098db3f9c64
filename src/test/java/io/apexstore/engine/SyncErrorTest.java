package io.apexstore.engine;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.apexstore.engine.base.EngineException;
import io.apexstore.engine.base.EngineException.Failure;
import io.apexstore.engine.io.FaultStorage;
import io.apexstore.engine.io.FaultStorage.Kind;
import io.apexstore.engine.io.MemoryStorage;
import io.apexstore.engine.io.PowerCut;
import io.apexstore.options.SyncMode;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.ConcurrentSkipListSet;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** A failed sync is never repeated: its waiters fail, writes are refused, reads go on. */
class SyncErrorTest {
  private final MemoryStorage files = new MemoryStorage();
  private final FaultStorage faulty = new FaultStorage(files);

  private static void assertRefused(TestStore store) {
    EngineException e = assertThrows(EngineException.class, () -> store.put("refused", "x"));
    assertEquals(Failure.STORAGE_FAILED, e.failure());
  }

  private static void closeBroken(TestStore store) {
    try {
      store.close();
    } catch (EngineException e) {
      assertEquals(Failure.STORAGE_FAILED, e.failure());
    }
  }

  @ParameterizedTest
  @EnumSource(
      value = SyncMode.class,
      names = {"EVERY", "GROUP"})
  void aFailedSyncOfTheLogIsNeverRepeated(SyncMode mode) {
    TestStore store = TestStore.open(faulty, mode);
    store.put("before", "1");
    AtomicInteger syncs = new AtomicInteger();
    faulty.before(Kind.REGION_SYNC, (kind, name) -> syncs.incrementAndGet());
    faulty.failNthSyncAndLosePages(Kind.REGION_SYNC, 1);

    EngineException failure = assertThrows(EngineException.class, () -> store.put("during", "2"));
    assertEquals(Failure.STORAGE_FAILED, failure.failure());
    for (int i = 0; i < 3; i++) {
      assertRefused(store);
    }
    assertThrows(EngineException.class, () -> store.engine().sync());
    assertEquals("1", store.get("before"));
    assertEquals("1", store.scan().get("before"));
    closeBroken(store);
    assertEquals(1, syncs.get(), "the log was synced again");

    for (PowerCut policy : PowerCut.values()) {
      try (TestStore after = TestStore.open(files.afterPowerCut(policy, 1), mode)) {
        assertEquals("1", after.get("before"), policy::toString);
        after.put("after", "3");
      }
    }
  }

  @Test
  void allWaitersOfAFailedSyncFailAndNoLaterWriteIsAcknowledged() throws Exception {
    TestStore store = TestStore.open(faulty, SyncMode.GROUP);
    Set<String> acknowledged = new ConcurrentSkipListSet<>();
    AtomicInteger failures = new AtomicInteger();
    faulty.failNthSyncAndLosePages(Kind.REGION_SYNC, 20);
    Thread[] threads = new Thread[8];
    for (int t = 0; t < threads.length; t++) {
      String prefix = "t" + t + "-";
      threads[t] =
          Thread.ofVirtual()
              .start(
                  () -> {
                    try {
                      for (int i = 0; ; i++) {
                        store.put(prefix + i, "x");
                        acknowledged.add(prefix + i);
                      }
                    } catch (EngineException e) {
                      assertEquals(Failure.STORAGE_FAILED, e.failure());
                      failures.incrementAndGet();
                    }
                  });
    }
    for (Thread thread : threads) {
      thread.join();
    }
    assertEquals(threads.length, failures.get());
    assertRefused(store);
    closeBroken(store);
    try (TestStore after =
        TestStore.open(files.afterPowerCut(PowerCut.DROP_ALL, 1), SyncMode.GROUP)) {
      assertEquals(acknowledged, new TreeSet<>(after.scan().keySet()));
    }
  }

  @Test
  void afterAFailedWriteOfTheLogWritesAreRefused() {
    TestStore store = TestStore.open(faulty, SyncMode.GROUP);
    store.put("before", "1");
    faulty.failNth(Kind.REGION_WRITE, 1, "Input/output error");
    EngineException failure = assertThrows(EngineException.class, () -> store.put("during", "2"));
    assertEquals(Failure.STORAGE_FAILED, failure.failure());
    assertRefused(store);
    assertEquals("1", store.get("before"));
    closeBroken(store);
    try (TestStore after = TestStore.open(files, SyncMode.GROUP)) {
      assertEquals(Map.of("before", "1"), after.scan());
    }
  }

  @Test
  void aFailedSyncOfATableOrTheManifestLosesNothing() {
    for (int nth = 1; nth <= 3; nth++) {
      MemoryStorage disk = new MemoryStorage();
      FaultStorage broken = new FaultStorage(disk);
      TestStore store = TestStore.open(broken, SyncMode.GROUP);
      store.put("a", "1");
      broken.failNthSyncAndLosePages(Kind.APPEND_SYNC, nth);
      try {
        store.engine().flush();
      } catch (EngineException e) {
        assertEquals(Failure.STORAGE_FAILED, e.failure());
      }
      assertEquals("1", store.get("a"));
      closeBroken(store);
      for (PowerCut policy : PowerCut.values()) {
        try (TestStore after = TestStore.open(disk.afterPowerCut(policy, nth), SyncMode.GROUP)) {
          assertEquals(Map.of("a", "1"), after.scan());
        }
      }
    }
  }

  @Test
  void afterAFailedBackgroundSyncWritesAreRefused() {
    TestStore store = TestStore.open(faulty, SyncMode.INTERVAL);
    store.put("a", "1");
    faulty.failNthSyncAndLosePages(Kind.REGION_SYNC, 1);
    EngineException e =
        assertThrows(
            EngineException.class,
            () -> {
              for (int i = 0; ; i++) {
                store.put("b" + i % 100, "2");
              }
            });
    assertEquals(Failure.STORAGE_FAILED, e.failure());
    assertTrue(store.scan().containsKey("a"));
    closeBroken(store);
  }

  @Test
  void closeReportsAFailedBackgroundSync() {
    TestStore store = TestStore.open(faulty, SyncMode.INTERVAL);
    store.put("a", "1");
    faulty.failNthSyncAndLosePages(Kind.REGION_SYNC, 1);
    store.engine().tick(true);
    EngineException failure = assertThrows(EngineException.class, store::close);
    assertEquals(Failure.STORAGE_FAILED, failure.failure());
  }
}
