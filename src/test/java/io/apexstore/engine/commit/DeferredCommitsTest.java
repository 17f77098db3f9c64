package io.apexstore.engine.commit;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
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
import io.apexstore.engine.base.Limits;
import io.apexstore.engine.base.Lookup;
import io.apexstore.engine.base.TestClock;
import io.apexstore.engine.io.MemoryStorage;
import io.apexstore.engine.keyspace.KeyspaceTree;
import io.apexstore.options.KeyspaceOptions;
import io.apexstore.options.SyncMode;
import java.lang.foreign.MemorySegment;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Asynchronous commits that must read first, on one thread that runs one task after another. */
@Timeout(30)
class DeferredCommitsTest {
  private static final byte[] KEY = "key".getBytes(UTF_8);
  private static final byte[] OTHER = "other".getBytes(UTF_8);

  private final AtomicReference<@Nullable Runnable> meanwhile = new AtomicReference<>();
  private final Queue<Runnable> tasks = new ArrayDeque<>();
  private final TestStore store =
      TestStore.open(
          new MemoryStorage(),
          SyncMode.ASYNC,
          TestClock.wallAt(1_000_000).onWallRead(() -> MeanwhileWrites.run(meanwhile)),
          EngineExecutors.simulated(tasks::add, this::step));
  private final LsmEngine engine = store.engine();
  private final KeyspaceTree plain = engine.keyspace("plain");
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

  private static Batch put(KeyspaceTree tree, byte[] key, int value) {
    return Batch.ofPut(tree.id(), key, new byte[] {(byte) value});
  }

  private CompletableFuture<Long> submit(Batch batch) {
    return engine.commits().submit(batch, null).toCompletableFuture();
  }

  private byte[] valueOf(KeyspaceTree tree) {
    Lookup lookup = new Lookup();
    lookup.start(KEY, Limits.VERSION_MAX, false);
    assertEquals(Lookup.Outcome.FOUND, engine.get(tree, lookup));
    byte[] value = lookup.value();
    return value == null ? new byte[0] : value;
  }

  private static void assertAscending(List<? extends CompletionStage<Long>> commits) {
    long before = 0;
    for (CompletionStage<Long> commit : commits) {
      long version = commit.toCompletableFuture().getNow(0L);
      assertTrue(version > before, version + " after " + before);
      before = version;
    }
  }

  @Test
  void aCommitThatMustReadDoesNotReadOnTheSubmittingThread() {
    CompletableFuture<Long> commit = submit(put(logged, KEY, 1));
    assertFalse(commit.isDone());
    step(); // The leader defers it.
    assertFalse(commit.isDone());
    runAll();
    assertTrue(commit.isDone());
  }

  @Test
  void onlyCommitsOfTheSameKeyspacesWaitForIt() {
    CompletableFuture<Long> first = submit(put(logged, KEY, 1));
    CompletableFuture<Long> second = submit(put(plain, KEY, 2));
    while (!second.isDone()) {
      step();
    }
    assertFalse(first.isDone());
    Batch both = new Batch(64);
    both.put(logged.id(), KEY, 0, MemorySegment.ofArray(new byte[] {3}));
    both.put(plain.id(), KEY, 0, MemorySegment.ofArray(new byte[] {3}));
    both.seal();
    CompletableFuture<Long> third = submit(both);
    CompletableFuture<Long> fourth = submit(put(plain, KEY, 4));
    runAll();
    assertAscending(List.of(second, first, third, fourth));
    assertArrayEquals(new byte[] {4}, valueOf(plain));
    assertArrayEquals(new byte[] {3}, valueOf(logged));
  }

  @Test
  void aCommitWhoseEvaluationIsTooOldKeepsItsPlace() {
    engine.commit(put(plain, KEY, 1), null);
    meanwhile.set(
        () -> {
          meanwhile.set(null);
          engine.commit(put(plain, OTHER, 1), null);
          engine.flush();
        });
    Conditions present = new Conditions().present(plain.id(), KEY);
    CompletableFuture<Long> first =
        engine.commitAsync(put(plain, KEY, 2), present, null).toCompletableFuture();
    meanwhile.set(null);
    CompletableFuture<Long> second = submit(put(plain, KEY, 3));
    step();
    assertFalse(first.isDone(), "memory does not reach back to the evaluation");
    assertFalse(second.isDone(), "it overtook the first one");
    runAll();
    assertAscending(List.of(first, second));
    assertArrayEquals(new byte[] {3}, valueOf(plain));
  }

  @Test
  void aThousandCommitsOfOneKeyArePreparedAFewTimesEach() {
    int[] prepared = new int[1];
    List<CompletionStage<Long>> commits = new ArrayList<>();
    for (int i = 0; i < 1_000; i++) {
      int value = i;
      commits.add(
          engine
              .commits()
              .submit(
                  () -> {
                    prepared[0]++;
                    Lookup lookup = new Lookup();
                    lookup.start(KEY, Limits.VERSION_MAX, false);
                    boolean found = engine.get(plain, lookup) == Lookup.Outcome.FOUND;
                    return new OptimisticWrite.Prepared(
                        put(plain, KEY, value),
                        new Conditions().builtFrom(plain.id(), KEY, found ? lookup.version() : 0));
                  },
                  new int[] {plain.id()},
                  0,
                  null));
    }
    runAll();
    assertAscending(commits);
    assertTrue(prepared[0] < 3_000, prepared[0] + " times");
  }

  @Test
  void independentCommitsArePreparedOnce() {
    int[] prepared = new int[1];
    List<CompletionStage<Long>> commits = new ArrayList<>();
    for (int i = 0; i < 1_000; i++) {
      byte[] key = ("key" + i).getBytes(UTF_8);
      commits.add(
          engine
              .commits()
              .submit(
                  () -> {
                    prepared[0]++;
                    return new OptimisticWrite.Prepared(
                        put(plain, key, 1), new Conditions().builtFrom(plain.id(), key, 0));
                  },
                  new int[] {plain.id()},
                  0,
                  null));
    }
    runAll();
    assertAscending(commits);
    assertEquals(1_000, prepared[0]);
  }

  @Test
  void aFailureIsTheOutcomeOfItsCommitAlone() {
    IllegalStateException no = new IllegalStateException("no");
    CompletableFuture<Long> failing =
        engine
            .commits()
            .submit(
                () -> {
                  throw no;
                },
                new int[] {plain.id()},
                0,
                null)
            .toCompletableFuture();
    CompletableFuture<Long> after = submit(put(plain, KEY, 1));
    runAll();
    assertEquals(no, assertThrows(CompletionException.class, failing::join).getCause());
    assertTrue(after.getNow(0L) > 0);
  }

  @Test
  void closingCommitsWhatWasSubmittedAndRefusesWhatComesLater() {
    List<CompletableFuture<Long>> commits = new ArrayList<>();
    for (int i = 0; i < 10; i++) {
      commits.add(submit(put(logged, KEY, i)));
    }
    engine.close();
    runAll();
    assertAscending(commits);
    CompletableFuture<Long> late = submit(put(logged, KEY, 11));
    runAll();
    CompletionException e = assertThrows(CompletionException.class, late::join);
    assertEquals(Failure.CLOSED, assertInstanceOf(EngineException.class, e.getCause()).failure());
  }
}
