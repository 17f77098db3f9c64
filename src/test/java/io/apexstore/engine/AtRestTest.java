package io.apexstore.engine;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.apexstore.engine.EngineComponents.Executors;
import io.apexstore.engine.base.TimeSource;
import io.apexstore.engine.io.MemoryStorage;
import io.apexstore.engine.io.SimulatedExecutor;
import io.apexstore.options.SyncMode;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

/** What a store does about its tables while nobody writes. */
class AtRestTest {
  private final AtomicLong nanos = new AtomicLong();
  private final SimulatedExecutor work = new SimulatedExecutor(1);

  @Test
  void aSecondAfterTheLastWriteLevelZeroGoesDownAndNotBefore() {
    try (TestStore store =
        TestStore.open(
            new MemoryStorage(), SyncMode.GROUP, clock(), Executors.simulated(work, this::step))) {
      flushOne(store, "a");
      flushOne(store, "b");
      tickAfter(store, 5_000); // Notes the writes.
      tickAfter(store, 999);
      assertEquals(2, tablesAtLevel(store, 0));
      tickAfter(store, 1);
      assertEquals(0, tablesAtLevel(store, 0));
      assertEquals(1, tablesAtLevel(store, 1));

      flushOne(store, "c");
      tickAfter(store, 1);
      flushOne(store, "d");
      tickAfter(store, 999);
      assertEquals(2, tablesAtLevel(store, 0), "written to meanwhile");
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
    nanos.addAndGet(TimeUnit.MILLISECONDS.toNanos(ms));
    store.engine().tick(true);
    work.runAll();
  }

  private static int tablesAtLevel(TestStore store, int level) {
    return store.engine().stats().keyspaces().getFirst().levels().get(level).tables();
  }

  private void step() {
    work.step();
  }

  private TimeSource clock() {
    return new TimeSource() {
      @Override
      public long currentTimeMs() {
        return TimeUnit.NANOSECONDS.toMillis(nanos.get());
      }

      @Override
      public long nanoTime() {
        return nanos.get();
      }
    };
  }
}
