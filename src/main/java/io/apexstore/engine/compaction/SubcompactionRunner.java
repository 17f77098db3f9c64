package io.apexstore.engine.compaction;

import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.atomic.AtomicBoolean;

/**
 * Runs the parts of a job, which share nothing but its inputs.
 *
 * <p><b>Threads:</b> any.
 */
@FunctionalInterface
public interface SubcompactionRunner {
  /** Runs them one after the other. */
  SubcompactionRunner INLINE = parts -> parts.forEach(Runnable::run);

  /** Returns when all parts have run, here or elsewhere. They throw nothing. */
  void runAll(List<? extends Runnable> parts);

  /**
   * Returns one that has others help. The caller takes parts itself until none is left, so it never
   * waits for a helper that has not begun.
   */
  static SubcompactionRunner helpedBy(Executor helpers) {
    return parts -> {
      List<Claim> claims = parts.stream().map(Claim::new).toList();
      Runnable work = () -> claims.forEach(Claim::runIfFree);
      try {
        for (int i = 1; i < claims.size(); i++) {
          helpers.execute(work);
        }
      } catch (RejectedExecutionException e) {
        // Its owner is shutting down: the caller does the rest alone.
      }
      work.run();
      claims.forEach(claim -> claim.done.join());
    };
  }

  /** A part that one thread runs. */
  final class Claim {
    private final Runnable part;
    private final AtomicBoolean taken = new AtomicBoolean();
    private final CompletableFuture<Boolean> done = new CompletableFuture<>();

    private Claim(Runnable part) {
      this.part = part;
    }

    private void runIfFree() {
      if (taken.compareAndSet(false, true)) {
        try {
          part.run();
        } finally {
          done.complete(true);
        }
      }
    }
  }
}
