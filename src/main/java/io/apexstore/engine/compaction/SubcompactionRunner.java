package io.apexstore.engine.compaction;

import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.concurrent.atomic.AtomicBoolean;

/**
 * Runs the subcompactions of a job. They share nothing but their inputs.
 *
 * <p><b>Threads:</b> any.
 */
@FunctionalInterface
public interface SubcompactionRunner {
  /** Runs subcompactions one after the other, on the caller's thread. */
  SubcompactionRunner INLINE = subcompactions -> subcompactions.forEach(Runnable::run);

  /** Returns when all subcompactions have run, on any thread. They throw nothing. */
  void runAll(List<? extends Runnable> subcompactions);

  /**
   * Returns a runner that uses the threads of an executor too. The caller runs subcompactions
   * itself until none is left, so it never waits for a helper that has not started.
   *
   * @param helpersMax the most threads of the executor that help at once
   */
  static SubcompactionRunner helpedBy(Executor helpers, int helpersMax) {
    return subcompactions -> {
      List<Claim> claims = subcompactions.stream().map(Claim::new).toList();
      Runnable work = () -> claims.forEach(Claim::runIfFree);
      try {
        for (int i = 1; i < Math.min(claims.size(), helpersMax + 1); i++) {
          helpers.execute(work);
        }
      } catch (RuntimeException | Error e) {
        // The executor is shutting down, or has no thread: the caller runs the rest alone.
      }
      work.run();
      claims.forEach(claim -> claim.done.join());
    };
  }

  /** A subcompaction that exactly one thread runs. */
  final class Claim {
    private final Runnable subcompaction;
    private final AtomicBoolean taken = new AtomicBoolean();
    private final CompletableFuture<Boolean> done = new CompletableFuture<>();

    private Claim(Runnable subcompaction) {
      this.subcompaction = subcompaction;
    }

    private void runIfFree() {
      if (taken.compareAndSet(false, true)) {
        try {
          subcompaction.run();
        } finally {
          done.complete(true);
        }
      }
    }
  }
}
