package io.apexstore.engine.compaction;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.apexstore.engine.io.MemoryStorage;
import io.apexstore.options.CompactionStrategy;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.TreeSet;
import java.util.concurrent.CancellationException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;

/** Subcompactions run exactly once, and a merge fails as a whole. */
class SubcompactionRunnerTest {
  private static List<Runnable> counting(AtomicInteger ran, int count) {
    List<Runnable> subcompactions = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      subcompactions.add(ran::incrementAndGet);
    }
    return subcompactions;
  }

  @Test
  void everySubcompactionRunsOnceWithAnyHelpers() {
    AtomicInteger ran = new AtomicInteger();
    SubcompactionRunner.INLINE.runAll(counting(ran, 7));
    assertEquals(7, ran.getAndSet(0));
    SubcompactionRunner.helpedBy(
            task -> {
              throw new RejectedExecutionException("ended");
            },
            3)
        .runAll(counting(ran, 7));
    assertEquals(7, ran.getAndSet(0));
    List<Runnable> late = new ArrayList<>();
    SubcompactionRunner.helpedBy(late::add, 3).runAll(counting(ran, 7));
    assertEquals(7, ran.get(), "no helper started in time");
    late.forEach(Runnable::run);
    assertEquals(7, ran.getAndSet(0));
    try (ExecutorService helpers = Executors.newFixedThreadPool(3)) {
      for (int round = 0; round < 200; round++) {
        SubcompactionRunner.helpedBy(helpers, 3).runAll(counting(ran, 5));
        assertEquals(5, ran.getAndSet(0));
      }
    }
  }

  @Test
  void aMergeThatIsCancelledInItsSecondSubcompactionChangesNothing() {
    MemoryStorage storage = new MemoryStorage();
    AtomicBoolean cancels = new AtomicBoolean();
    AtomicReference<TreeWorkload> workload = new AtomicReference<>();
    SubcompactionRunner runner =
        subcompactions -> {
          subcompactions.getFirst().run();
          if (cancels.get()) {
            Objects.requireNonNull(workload.get()).cancel();
          }
          subcompactions.subList(1, subcompactions.size()).forEach(Runnable::run);
        };
    TreeWorkload work =
        new TreeWorkload(
            storage, 1, 3_000, CompactionStrategy.LEVELED, 4, runner, /* userFilter= */ null);
    workload.set(work);
    for (int i = 0; i < 6; i++) {
      work.write(2_000);
      work.flush();
      while (work.compactOnce()) {}
    }
    work.write(2_000);
    work.flush();
    work.write(2_000);
    work.flush();
    work.write(2_000);
    work.flush();
    CompactionChoice.Merge merge =
        (CompactionChoice.Merge) new LeveledPolicy(TreeWorkload.OPTIONS).pick(work.state());
    assertTrue(
        Subcompactions.borders(merge.inputs(), 4, 2 * TreeWorkload.OPTIONS.tableBytesTarget())
                .size()
            > 1);
    cancels.set(true);
    assertThrows(CancellationException.class, () -> work.merge(merge));
    work.store.runCloser();
    assertEquals("", work.differences(work.store.current(), work.published()));
    assertEquals(work.store.namedFiles(), new TreeSet<>(storage.list()));
    work.store.close();
  }
}
