package io.apexstore.engine;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.apexstore.engine.base.EngineException;
import io.apexstore.engine.base.EngineException.Failure;
import io.apexstore.engine.file.FileNames;
import io.apexstore.engine.io.MemoryStorage;
import io.apexstore.engine.io.PowerCut;
import io.apexstore.options.SyncMode;
import java.io.IOException;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** On a full disk writes fail, reads go on, nothing acknowledged is lost, and writes resume. */
@Timeout(60)
class DiskFullTest {
  private static final String VALUE = "v".repeat(2_000);

  private final MemoryStorage files = new MemoryStorage();
  private final Map<String, String> acknowledged = new TreeMap<>();
  private int next;

  /** Puts until one is refused; returns the error. */
  private EngineException fill(TestStore store) {
    while (true) {
      String key = "key-" + next++;
      try {
        store.put(key, VALUE + next);
        acknowledged.put(key, VALUE + next);
      } catch (EngineException e) {
        return e;
      }
    }
  }

  /** Puts until one is accepted. */
  private void putUntilAccepted(TestStore store) {
    while (true) {
      @Nullable EngineException refused = null;
      try {
        store.put("resumed", "yes");
      } catch (EngineException e) {
        assertEquals(Failure.DISK_FULL, e.failure(), String.valueOf(e.getMessage()));
        refused = e;
      }
      if (refused == null) {
        acknowledged.put("resumed", "yes");
        return;
      }
      LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(5));
    }
  }

  /**
   * Flushes until that is accepted: a compaction that met the full disk may report it after writes
   * were accepted again.
   */
  private static void flushUntilAccepted(TestStore store) {
    while (true) {
      try {
        store.engine().flush();
        return;
      } catch (EngineException e) {
        assertEquals(Failure.DISK_FULL, e.failure(), String.valueOf(e.getMessage()));
      }
      LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(5));
    }
  }

  @ParameterizedTest
  @EnumSource(
      value = SyncMode.class,
      names = {"GROUP", "INTERVAL", "ASYNC"})
  void writesFailReadsGoOnAndWritesResumeByThemselves(SyncMode mode) {
    TestStore store = TestStore.open(files, mode);
    store.put("first", "1");
    acknowledged.put("first", "1");
    files.setCapacityBytes(files.usedBytes() + (3 << 20));
    EngineException refused = fill(store);
    assertEquals(Failure.DISK_FULL, refused.failure(), String.valueOf(refused.getMessage()));
    assertTrue(acknowledged.size() > 100, "refused at once");
    assertEquals("1", store.get("first"));
    assertEquals(acknowledged, store.scan());

    files.setCapacityBytes(1L << 40);
    putUntilAccepted(store);
    assertEquals(acknowledged, store.scan());
    flushUntilAccepted(store);
    store.close();
    try (TestStore after = TestStore.open(files.afterPowerCut(PowerCut.DROP_ALL, 1), mode)) {
      assertEquals(acknowledged, after.scan());
    }
  }

  @Test
  void aPowerCutOnAFullDiskLosesNothingAcknowledged() {
    TestStore store = TestStore.open(files, SyncMode.GROUP);
    files.setCapacityBytes(files.usedBytes() + (3 << 20));
    fill(store);
    for (PowerCut policy : PowerCut.values()) {
      MemoryStorage image = files.afterPowerCut(policy, 1);
      try (TestStore after = TestStore.open(image, SyncMode.GROUP)) {
        assertEquals(acknowledged, after.scan(), policy::toString);
      }
    }
    files.setCapacityBytes(1L << 40);
    store.close();
  }

  @Test
  void aStoreOnAFullDiskOpensOrReportsItAndOpensOnceThereIsSpace() {
    TestStore store = TestStore.open(files, SyncMode.GROUP);
    fill200(store);
    store.close();
    files.setCapacityBytes(files.usedBytes());
    try (TestStore full = TestStore.open(files, SyncMode.GROUP)) {
      assertEquals(acknowledged, full.scan());
    } catch (EngineException e) {
      assertEquals(Failure.DISK_FULL, e.failure(), String.valueOf(e.getMessage()));
    }
    files.setCapacityBytes(1L << 40);
    try (TestStore after = TestStore.open(files, SyncMode.GROUP)) {
      assertEquals(acknowledged, after.scan());
      assertNotNull(after.get("key-0"));
    }
  }

  @Test
  void aFullDiskDoesNotFailTheCloseAndLosesNothing() {
    TestStore store = TestStore.open(files, SyncMode.GROUP);
    store.put("a", VALUE);
    acknowledged.put("a", VALUE);
    files.setCapacityBytes(files.usedBytes());
    store.close();
    files.setCapacityBytes(1L << 40);
    try (TestStore after = TestStore.open(files, SyncMode.GROUP)) {
      assertEquals(acknowledged, after.scan());
    }
  }

  @Test
  void filesThatAreNotNeededMakeRoomForTheOpen() throws IOException {
    TestStore store = TestStore.open(files, SyncMode.GROUP);
    fill200(store);
    store.close();
    files.put(FileNames.RESERVE, new byte[4 << 20]);
    files.put(FileNames.table(9_000), new byte[4 << 20]);
    files.setCapacityBytes(files.usedBytes());
    try (TestStore full = TestStore.open(files, SyncMode.GROUP)) {
      assertEquals(acknowledged, full.scan());
    }
  }

  private void fill200(TestStore store) {
    for (; next < 200; next++) {
      store.put("key-" + next, VALUE);
      acknowledged.put("key-" + next, VALUE);
    }
  }
}
