package io.apexstore.engine;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.apexstore.engine.background.EngineExecutors;
import io.apexstore.engine.base.EngineException;
import io.apexstore.engine.base.EngineException.Failure;
import io.apexstore.engine.base.TimeSource;
import io.apexstore.engine.compaction.UserFilter;
import io.apexstore.engine.file.FileNames;
import io.apexstore.engine.io.FaultStorage;
import io.apexstore.engine.io.FaultStorage.Kind;
import io.apexstore.engine.io.MemoryStorage;
import io.apexstore.engine.io.PowerCut;
import io.apexstore.engine.io.RetryableIoException;
import io.apexstore.options.SyncMode;
import io.apexstore.stats.StoreStats.StallStats;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.BooleanSupplier;
import java.util.function.Predicate;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.function.Executable;

/**
 * While the system refuses to open, create or write files, what needs them fails and is tried again
 * by itself afterwards; nothing else is affected, and no restart is needed.
 */
@Timeout(60)
class ShortageTest {
  private static final String VALUE = "v".repeat(2_000);

  private final MemoryStorage files = new MemoryStorage();
  private final FaultStorage faulty = new FaultStorage(files);
  private final Map<String, String> acknowledged = new TreeMap<>();
  private final List<FaultStorage.Rule> shortage = new ArrayList<>();
  private int next;

  private static boolean isTable(String name) {
    return name.endsWith(FileNames.TABLE_SUFFIX);
  }

  private static boolean isManifest(String name) {
    return name.startsWith(FileNames.MANIFEST);
  }

  private void refuse(Kind kind, Predicate<String> names) {
    shortage.add(
        faulty.before(
            kind,
            names,
            (k, name) -> {
              throw new RetryableIoException("opening " + name + ": Zu viele offene Dateien", null);
            }));
  }

  private void endShortage() {
    shortage.forEach(FaultStorage.Rule::stop);
  }

  private void put(TestStore store) {
    String key = "key-" + next++;
    store.put(key, VALUE);
    acknowledged.put(key, VALUE);
  }

  /** Writes two tables with the same key, so that they must be merged. */
  private void flushTwo(TestStore store) {
    for (int i = 0; i < 2; i++) {
      next = 0;
      put(store);
      store.engine().flush();
    }
  }

  private static void assertUnavailable(Executable call) {
    EngineException e = assertThrows(EngineException.class, call);
    assertTrue(
        e.failure() == Failure.STORAGE_UNAVAILABLE || e.failure() == Failure.READ_FAILED,
        e.failure() + ": " + e.getMessage());
  }

  /** Ticks until a condition holds; the test's timeout ends it. */
  private static void await(TestStore store, BooleanSupplier condition) {
    while (!condition.getAsBoolean()) {
      store.engine().tick(true);
      Thread.onSpinWait();
    }
  }

  private static StallStats stall(TestStore store) {
    return store.engine().stats().stall();
  }

  /** Checks that all is as before, that nothing is lost, and that the store closes. */
  private void assertRecovered(TestStore store) {
    await(store, () -> stall(store).reason().isEmpty());
    assertEquals("none", stall(store).state());
    put(store);
    store.engine().flush();
    store.engine().compact();
    assertEquals(acknowledged, store.scan());
    MemoryStorage cut = files.afterPowerCut(PowerCut.DROP_ALL, 1);
    store.close();
    for (MemoryStorage left : List.of(cut, files)) {
      try (TestStore again = TestStore.open(left, SyncMode.GROUP)) {
        assertEquals(acknowledged, again.scan());
      }
    }
  }

  @Test
  void aSpareSegmentThatCannotBeCreatedDisturbsNoOne() {
    TestStore store = TestStore.open(faulty, SyncMode.GROUP);
    refuse(Kind.CREATE_REGION, name -> true);
    for (int i = 0; i < 100; i++) {
      put(store); // More than a quarter of the first segment, where the spare is prepared.
    }
    endShortage();
    assertRecovered(store);
  }

  @Test
  void writesThatNeedASegmentAreRefusedUntilItCanBeCreated() {
    TestStore store = TestStore.open(faulty, SyncMode.GROUP);
    refuse(Kind.CREATE_REGION, name -> true);
    refuse(Kind.OPEN_REGION, name -> true);
    assertUnavailable(
        () -> {
          while (true) {
            put(store);
          }
        });
    StallStats refused = stall(store);
    assertEquals("unavailable", refused.state());
    assertTrue(refused.reason().contains("Zu viele offene Dateien"), refused.reason());
    assertEquals(acknowledged, store.scan());
    endShortage();
    // Without a write, which a caller may not send while the store reports that it refuses them.
    await(store, () -> stall(store).state().equals("none"));
    assertRecovered(store);
  }

  @Test
  void aFlushThatCannotCreateItsTableIsRepeated() {
    TestStore store = TestStore.open(faulty, SyncMode.GROUP);
    put(store);
    refuse(Kind.CREATE, ShortageTest::isTable);
    assertUnavailable(store.engine()::flush);
    assertTrue(stall(store).reason().contains("Zu viele offene Dateien"), stall(store).reason());
    put(store);
    endShortage();
    assertRecovered(store);
  }

  @Test
  void aFlushThatCannotOpenItsTableIsRepeated() {
    TestStore store = TestStore.open(faulty, SyncMode.GROUP);
    put(store);
    refuse(Kind.OPEN, ShortageTest::isTable);
    assertUnavailable(store.engine()::flush);
    put(store);
    endShortage();
    assertRecovered(store);
  }

  @Test
  void aFlushThatCannotWriteTheManifestIsRepeated() {
    TestStore store = TestStore.open(faulty, SyncMode.GROUP);
    put(store);
    refuse(Kind.APPEND, ShortageTest::isManifest);
    refuse(Kind.CREATE, ShortageTest::isManifest);
    assertUnavailable(store.engine()::flush);
    put(store);
    endShortage();
    assertRecovered(store);
  }

  @Test
  void aCompactionThatCannotOpenItsInputsIsRepeated() {
    try (TestStore store = TestStore.open(files, SyncMode.GROUP)) {
      flushTwo(store);
    }
    refuse(Kind.OPEN, ShortageTest::isTable);
    TestStore store = TestStore.open(faulty, SyncMode.GROUP);
    assertUnavailable(store.engine()::compact);
    assertTrue(stall(store).reason().contains("is tried again"), stall(store).reason());
    assertUnavailable(() -> store.get("key-0"));
    put(store);
    assertEquals(List.of(), store.engine().stats().damage());
    endShortage();
    assertRecovered(store);
  }

  @Test
  void aCompactionThatCannotCreateItsTableIsRepeated() {
    TestStore store = TestStore.open(faulty, SyncMode.GROUP);
    flushTwo(store);
    refuse(Kind.CREATE, ShortageTest::isTable);
    assertUnavailable(store.engine()::compact);
    put(store);
    endShortage();
    assertRecovered(store);
  }

  @Test
  void aCompactionForWhichThereIsNoMemoryIsRepeated() {
    AtomicBoolean exhausted = new AtomicBoolean(true);
    UserFilter filter =
        entry -> {
          if (exhausted.get()) {
            throw new EngineException(Failure.MEMORY_EXHAUSTED, "the system gave no memory");
          }
          return true;
        };
    TestStore store =
        TestStore.open(
            new EngineComponents(files, TimeSource.SYSTEM, EngineExecutors.OWN)
                .withFilters(Map.of("default", filter)),
            SyncMode.GROUP);
    flushTwo(store);
    EngineException e = assertThrows(EngineException.class, store.engine()::compact);
    assertEquals(Failure.MEMORY_EXHAUSTED, e.failure());
    assertTrue(stall(store).reason().contains("is tried again"), stall(store).reason());
    put(store);
    exhausted.set(false);
    assertRecovered(store);
  }
}
