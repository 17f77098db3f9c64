package io.apexstore;

import io.apexstore.engine.LsmEngine;
import io.apexstore.engine.base.Batch;
import io.apexstore.engine.base.EngineException;
import io.apexstore.engine.commit.Backoff;
import io.apexstore.engine.commit.Conditions;
import io.apexstore.error.ApexException;
import io.apexstore.options.SyncMode;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * The commit of a batch whose merges need what the store holds: folds them onto that, and commits
 * what comes of it if none of their keys was written meanwhile; if one was, does so again.
 *
 * <p><b>Threads:</b> one after another: the submitter's, or for asynchronous commits those on which
 * the store reads for them. Operators are called there, never on the one that writes.
 */
final class MergeCommit {
  private final LsmEngine engine;
  private final Batch batch;
  private final Merges merges;
  private final @Nullable Conditions wanted;
  private final @Nullable SyncMode atLeast;

  /**
   * Makes it.
   *
   * @param batch everything else that is committed, sealed
   * @param wanted conditions of the caller's; if they fail, the commit does
   */
  MergeCommit(
      LsmEngine engine,
      Batch batch,
      Merges merges,
      @Nullable Conditions wanted,
      @Nullable SyncMode atLeast) {
    this.engine = engine;
    this.batch = batch;
    this.merges = merges;
    this.wanted = wanted;
    this.atLeast = atLeast;
  }

  private record Attempt(Batch batch, Conditions conditions) {}

  private Attempt prepare() {
    Conditions conditions = new Conditions();
    Batch whole = batch.copy();
    Conditions own = wanted;
    if (own != null) {
      // What the operators may rely on. They come first, so that their failure is the one told.
      Failures.translate(
          () -> {
            engine.evaluate(own, atLeast);
            conditions.addAll(own);
          });
    }
    merges.evaluate(whole, conditions);
    whole.seal();
    return new Attempt(whole, conditions);
  }

  /** Commits and returns the version. */
  long commit() {
    EngineException last = null;
    for (int i = 0; i < Backoff.ATTEMPTS_MAX; i++) {
      Attempt attempt = prepare();
      try {
        return engine.commit(attempt.batch, attempt.conditions, atLeast);
      } catch (EngineException e) {
        if (e.failure() != EngineException.Failure.OVERTAKEN) {
          throw Failures.of(e);
        }
        last = e;
        Backoff.pause(i);
      }
    }
    throw Updates.conflict(last);
  }

  /** Commits; the stage completes with the version. */
  CompletionStage<Long> commitAsync() {
    return Failures.translated(attempt(1, engine.checks()));
  }

  private CompletionStage<Long> attempt(int number, Executor executor) {
    try {
      return CompletableFuture.supplyAsync(
              () -> {
                Attempt attempt = prepare();
                return engine.commitAsync(attempt.batch, attempt.conditions, atLeast);
              },
              executor)
          .thenCompose(stage -> stage)
          .exceptionallyCompose(failure -> again(number, failure));
    } catch (RejectedExecutionException e) {
      return CompletableFuture.failedStage(
          new ApexException(ApexException.Code.CLOSED, "the store is closed", e));
    }
  }

  private CompletionStage<Long> again(int number, Throwable failure) {
    Throwable cause = failure instanceof CompletionException ? failure.getCause() : failure;
    boolean overtaken =
        cause instanceof EngineException e && e.failure() == EngineException.Failure.OVERTAKEN;
    if (!overtaken) {
      return CompletableFuture.failedStage(cause == null ? failure : cause);
    }
    if (number == Backoff.ATTEMPTS_MAX) {
      return CompletableFuture.failedStage(Updates.conflict(cause));
    }
    // A little later, and not on this thread, which may be the one that writes.
    return CompletableFuture.supplyAsync(
            () -> attempt(number + 1, engine.checks()),
            CompletableFuture.delayedExecutor(Backoff.pauseNanos(number), TimeUnit.NANOSECONDS))
        .thenCompose(stage -> stage);
  }
}
