package io.apexstore.engine;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.apexstore.engine.background.EngineExecutors;
import io.apexstore.engine.base.TestClock;
import io.apexstore.engine.io.MemoryStorage;
import io.apexstore.engine.io.SimulatedExecutor;
import io.apexstore.options.SyncMode;
import org.junit.jupiter.api.Test;

/** Compactions of a store at rest: while nothing is written. */
class AtRestTest {
  private final TestClock clock = TestClock.at(0);
  private final SimulatedExecutor work = new SimulatedExecutor(1);

  @Test
  void levelZeroIsCompactedOneSecondAfterTheLastWriteAndNotBefore() {
    try (TestStore store =
        TestStore.open(
            new MemoryStorage(),
            SyncMode.GROUP,
            clock,
            EngineExecutors.simulated(work, this::step))) {
      flushOne(store, "a");
      flushOne(store, "b");
      tickAfter(store, 5_000); // Notices the writes.
      tickAfter(store, 999);
      assertEquals(2, tablesAtLevel(store, 0));
      tickAfter(store, 1);
      assertEquals(0, tablesAtLevel(store, 0));
      assertEquals(1, tablesAtLevel(store, 1));

      flushOne(store, "c");
      tickAfter(store, 1);
      flushOne(store, "d");
      tickAfter(store, 999);
      assertEquals(2, tablesAtLevel(store, 0), "written to within the second");
      tickAfter(store, 1_000);
      assertEquals(0, tablesAtLevel(store, 0));
      assertEquals("2", store.get("key"));
    }
  }

  private void flushOne(TestStore store, String name) {
    store.put(name, "1");
    store.put("key", "2");
    store.engine().flush();
    work.runAll();
  }

  private void tickAfter(TestStore store, long ms) {
    clock.advance(ms);
    store.engine().tick(true);
    work.runAll();
  }

  private static int tablesAtLevel(TestStore store, int level) {
    return store.engine().stats().keyspaces().getFirst().levels().get(level).tables();
  }

  private void step() {
    work.step();
  }
}
