package io.apexstore.engine;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.apexstore.engine.background.EngineExecutors;
import io.apexstore.engine.base.TimeSource;
import io.apexstore.engine.io.MemoryStorage;
import io.apexstore.options.SyncMode;
import io.apexstore.stats.StoreStats.LevelStats;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.Timeout.ThreadMode;

/** Background work for which no thread can be had is tried again, and nothing waits for ever. */
@Timeout(value = 30, threadMode = ThreadMode.SEPARATE_THREAD)
class RejectedWorkTest {
  private final ExecutorService pool = Executors.newCachedThreadPool();
  private final AtomicReference<Error> refusal = new AtomicReference<>();
  private final AtomicInteger refused = new AtomicInteger();
  private final AtomicInteger running = new AtomicInteger();
  private final Executor moody =
      task -> {
        Error error = refusal.get();
        if (error != null) {
          refused.incrementAndGet();
          throw error;
        }
        running.incrementAndGet();
        pool.execute(
            () -> {
              try {
                task.run();
              } finally {
                running.decrementAndGet();
              }
            });
      };

  @AfterEach
  void end() {
    pool.shutdown();
  }

  private TestStore open() {
    // No own ticker: the test ticks.
    return TestStore.open(
        new MemoryStorage(),
        SyncMode.GROUP,
        TimeSource.SYSTEM,
        EngineExecutors.OWN.withFlushes(moody).withCompactions(moody).withoutTicks());
  }

  // Work that was accepted before has ended then.
  private void refuse() {
    while (running.get() > 0) {
      Thread.onSpinWait();
    }
    refusal.set(new OutOfMemoryError("unable to create native thread"));
  }

  @Test
  void aFlushThatWasRefusedAThreadRunsAtALaterTick() {
    try (TestStore store = open()) {
      store.put("a", "1");
      refuse();
      CompletableFuture<Void> flush = CompletableFuture.runAsync(store.engine()::flush);
      while (refused.get() == 0) {
        Thread.onSpinWait();
      }
      store.put("b", "2");
      refusal.set(null);
      store.engine().tick(true);
      flush.join();
      assertEquals(1, store.engine().stats().writes().flushes());
    }
  }

  @Test
  void aCompactionThatWasRefusedAThreadRunsAtALaterTickAndCloseDoesNotWaitForIt() {
    try (TestStore store = open()) {
      for (int i = 0; i < 2; i++) {
        store.put("a", "v" + i);
        store.engine().flush();
      }
      refuse();
      CompletableFuture<Void> compaction =
          CompletableFuture.runAsync(
              () -> store.engine().compact(store.engine().keyspace("default"), null, null));
      while (refused.get() == 0) {
        Thread.onSpinWait();
      }
      assertTrue(store.engine().stats().compactions().isEmpty());
      refusal.set(null);
      store.engine().tick(true);
      compaction.join();
      assertEquals(
          1,
          store.engine().stats().keyspaces().getFirst().levels().stream()
              .mapToInt(LevelStats::tables)
              .sum());
      // Closing flushes on its own thread.
      store.put("b", "2");
      refusal.set(new OutOfMemoryError("unable to create native thread"));
    }
  }
}
