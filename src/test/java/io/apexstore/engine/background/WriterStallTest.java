package io.apexstore.engine.background;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.apexstore.engine.TestStore;
import io.apexstore.engine.base.TimeSource;
import io.apexstore.engine.file.FileNames;
import io.apexstore.engine.io.FaultStorage;
import io.apexstore.engine.io.FaultStorage.Kind;
import io.apexstore.engine.io.MemoryStorage;
import io.apexstore.options.SyncMode;
import java.io.IOException;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executor;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Writers, and their writes, while background work is late. */
@Timeout(60)
class WriterStallTest {
  private static final String VALUE = "v".repeat(10_000);

  private final MemoryStorage files = new MemoryStorage();
  private final FaultStorage faulty = new FaultStorage(files);

  @Test
  void writesBeforeAStopBecomeDurableWhileTheWriterWaits() throws Exception {
    ConcurrentLinkedQueue<Runnable> flushes = new ConcurrentLinkedQueue<>();
    AtomicBoolean flushing = new AtomicBoolean();
    Executor late =
        task -> {
          flushes.add(task);
          if (flushing.get()) {
            Thread.startVirtualThread(() -> runAll(flushes));
          }
        };
    TestStore store =
        TestStore.open(
            faulty,
            SyncMode.ASYNC,
            TimeSource.SYSTEM,
            EngineExecutors.OWN.withoutTicks().withFlushes(late));
    AtomicLong acknowledged = new AtomicLong();
    AtomicBoolean enough = new AtomicBoolean();
    Thread writer =
        Thread.ofPlatform()
            .start(
                () -> {
                  for (int i = 0; !enough.get(); i++) {
                    acknowledged.set(store.put("key-" + i, VALUE));
                  }
                });
    while (!store.engine().stats().stall().state().equals("stopped")
        || writer.getState() != Thread.State.WAITING) {
      Thread.onSpinWait();
    }
    store.engine().tick(true);
    assertEquals(acknowledged.get(), store.engine().stats().durableVersion());
    enough.set(true);
    flushing.set(true);
    runAll(flushes);
    writer.join();
    store.close();
  }

  private static void runAll(ConcurrentLinkedQueue<Runnable> tasks) {
    for (Runnable task = tasks.poll(); task != null; task = tasks.poll()) {
      task.run();
    }
  }

  @Test
  void aKeyspaceThatCannotBeCompactedStillAcceptsWrites() {
    faulty.before(
        Kind.READ,
        name -> name.endsWith(FileNames.TABLE_SUFFIX),
        (kind, name) -> {
          if (Thread.currentThread().getName().startsWith("apexstore-compaction")) {
            throw new IOException("Input/output error");
          }
        });
    TestStore store = TestStore.open(faulty, SyncMode.INTERVAL);
    for (int i = 0; i < 800; i++) {
      store.put("key-" + i % 50, VALUE + i);
    }
    assertEquals(VALUE + 799, store.get("key-49"));
    store.close();
  }

  @Test
  void aSlowSyncDoesNotDelayWritesOfTheAsyncBuffer() throws Exception {
    TestStore store = TestStore.open(faulty, SyncMode.ASYNC);
    CountDownLatch slow = new CountDownLatch(1);
    CountDownLatch syncing = new CountDownLatch(1);
    faulty.before(
        Kind.REGION_SYNC,
        (kind, name) -> {
          if (Thread.currentThread().getName().startsWith("apexstore-ticker")) {
            syncing.countDown();
            awaitUninterrupted(slow);
          }
        });
    store.put("a", "1");
    syncing.await();
    FaultStorage.Rule writes = faulty.before(Kind.REGION_WRITE, (kind, name) -> {});
    store.put("b", "2");
    while (writes.seen() == 0) {
      Thread.onSpinWait();
    }
    assertTrue(slow.getCount() > 0);
    slow.countDown();
    store.close();
  }

  private static void awaitUninterrupted(CountDownLatch latch) {
    try {
      latch.await();
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }
}
