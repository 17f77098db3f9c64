package io.apexstore.engine.commit;

import io.apexstore.engine.base.Batch;
import io.apexstore.engine.base.EngineException;
import io.apexstore.engine.base.EngineException.Failure;
import io.apexstore.options.SyncMode;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/**
 * Commits that are made only if conditions hold: evaluates them, has the writer see whether they
 * still do, and does both again where the writer cannot tell.
 *
 * <p><b>Threads:</b> any.
 */
public final class ConditionalCommits {
  // Each time the writer's memory did not reach back as far as the evaluation took.
  private static final int EVALUATIONS_MAX = 50;

  private final ConditionEvaluator check;
  private final CommitPipeline pipeline;
  private final Executor checks;
  private final Runnable requireOpen;
  private final Runnable whenIdle;
  private final AtomicInteger evaluating = new AtomicInteger();

  /**
   * Makes them.
   *
   * @param checks where conditions of asynchronous commits are evaluated again; may read the disk
   * @param requireOpen throws if the store is closed
   * @param whenIdle is called when no evaluation is under way any more
   */
  public ConditionalCommits(
      ConditionEvaluator check,
      CommitPipeline pipeline,
      Executor checks,
      Runnable requireOpen,
      Runnable whenIdle) {
    this.requireOpen = requireOpen;
    this.whenIdle = whenIdle;
    this.check = check;
    this.pipeline = pipeline;
    this.checks = checks;
  }

  /** Whether no evaluation is under way; what those read must not be freed. */
  public boolean isIdle() {
    return evaluating.get() == 0;
  }

  /** Evaluates conditions against what is published; may read the disk. */
  public void evaluate(Conditions conditions) {
    evaluating.incrementAndGet();
    try {
      check.evaluate(conditions, requireOpen);
    } finally {
      if (evaluating.decrementAndGet() == 0) {
        whenIdle.run();
      }
    }
  }

  public long commit(Batch batch, Conditions conditions, @Nullable SyncMode atLeast) {
    for (int i = 0; i < EVALUATIONS_MAX; i++) {
      evaluate(conditions);
      long version = pipeline.commit(batch, conditions, atLeast);
      if (version != CommitPipeline.CHECK_AGAIN) {
        return version;
      }
    }
    throw overtaken();
  }

  private static EngineException overtaken() {
    return new EngineException(
        Failure.CONFLICT,
        "given up: while the conditions were evaluated, "
            + EVALUATIONS_MAX
            + " times, more was written than is remembered");
  }

  public CompletionStage<Long> commitAsync(
      Batch batch, Conditions conditions, @Nullable SyncMode atLeast) {
    return commitAsync(batch, conditions, atLeast, 1);
  }

  private CompletionStage<Long> commitAsync(
      Batch batch, Conditions conditions, @Nullable SyncMode atLeast, int evaluation) {
    try {
      evaluate(conditions);
    } catch (EngineException e) {
      return CompletableFuture.failedStage(e);
    }
    return pipeline
        .commitAsync(batch, conditions, atLeast)
        .thenCompose(
            version ->
                version == CommitPipeline.CHECK_AGAIN
                    ? evaluateAgain(batch, conditions, atLeast, evaluation)
                    : CompletableFuture.completedStage(version));
  }

  // Elsewhere: this thread may be the one that writes, which never reads the disk.
  private CompletionStage<Long> evaluateAgain(
      Batch batch, Conditions conditions, @Nullable SyncMode atLeast, int evaluation) {
    if (evaluation == EVALUATIONS_MAX) {
      return CompletableFuture.failedStage(overtaken());
    }
    try {
      return CompletableFuture.supplyAsync(
              () -> commitAsync(batch, conditions, atLeast, evaluation + 1), checks)
          .thenCompose(stage -> stage);
    } catch (RejectedExecutionException e) {
      return CompletableFuture.failedStage(
          new EngineException(Failure.CLOSED, "the store is closed", e));
    }
  }
}
