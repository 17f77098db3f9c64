package io.apexstore.engine.commit;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.apexstore.engine.LsmEngine;
import io.apexstore.engine.MeanwhileWrites;
import io.apexstore.engine.TestStore;
import io.apexstore.engine.background.EngineExecutors;
import io.apexstore.engine.base.Batch;
import io.apexstore.engine.base.EngineException;
import io.apexstore.engine.base.EngineException.Failure;
import io.apexstore.engine.base.TestClock;
import io.apexstore.engine.io.MemoryStorage;
import io.apexstore.engine.keyspace.KeyspaceTree;
import io.apexstore.options.KeyspaceOptions;
import io.apexstore.options.SyncMode;
import java.util.ArrayDeque;
import java.util.Queue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Commits that log previous values while others write the same key. */
class PreviousValuesTest {
  private static final byte[] KEY = "key".getBytes(UTF_8);

  private final AtomicReference<@Nullable Runnable> meanwhile = new AtomicReference<>();
  private final AtomicInteger writes = new AtomicInteger();
  private final Queue<Runnable> tasks = new ArrayDeque<>();
  private final TestStore store =
      TestStore.open(
          new MemoryStorage(),
          SyncMode.ASYNC,
          TestClock.wallAt(1_000_000).onWallRead(() -> MeanwhileWrites.run(meanwhile)),
          EngineExecutors.simulated(tasks::add, this::step));
  private final LsmEngine engine = store.engine();
  private final KeyspaceTree logged =
      engine.keyspace("logged", KeyspaceOptions.defaults().withLogPreviousValues(true));

  private void step() {
    Runnable task = tasks.poll();
    if (task != null) {
      task.run();
    }
  }

  private void runAll() {
    while (!tasks.isEmpty()) {
      step();
    }
  }

  @AfterEach
  void close() {
    meanwhile.set(null);
    store.close();
    runAll();
  }

  private Batch put() {
    return Batch.ofPut(logged.id(), KEY, new byte[] {1});
  }

  private void writeMeanwhile(int times) {
    meanwhile.set(
        () -> {
          if (writes.get() < times) {
            writes.incrementAndGet();
            engine.commit(put(), null);
          }
        });
  }

  @Test
  void aCommitSucceedsOnceNoOneOvertakesIt() {
    writeMeanwhile(20);
    assertEquals(21, engine.commit(put(), null));
    assertEquals(20, writes.get());
  }

  @Test
  void aCommitThatIsAlwaysOvertakenFailsWithConflict() {
    writeMeanwhile(2 * Backoff.ATTEMPTS_MAX);
    EngineException e = assertThrows(EngineException.class, () -> engine.commit(put(), null));
    assertEquals(Failure.CONFLICT, e.failure());
    assertEquals(Backoff.ATTEMPTS_MAX, writes.get());
  }

  @Test
  void anAsynchronousCommitThatIsAlwaysOvertakenFailsWithConflict() {
    writeMeanwhile(2 * Backoff.ATTEMPTS_MAX);
    CompletableFuture<Long> commit = engine.commitAsync(put(), null).toCompletableFuture();
    runAll();
    assertTrue(commit.isDone());
    CompletionException e = assertThrows(CompletionException.class, commit::join);
    assertEquals(Failure.CONFLICT, assertInstanceOf(EngineException.class, e.getCause()).failure());
    assertEquals(Backoff.ATTEMPTS_MAX, writes.get());
  }
}
