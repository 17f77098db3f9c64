package io.apexstore.engine;

import io.apexstore.engine.base.Batch;
import io.apexstore.engine.base.Conditions;
import io.apexstore.engine.base.EngineException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executor;
import org.jspecify.annotations.Nullable;

/**
 * Commits that are made only if conditions hold: evaluates them, has the writer see whether they
 * still do, and does both again where the writer cannot tell.
 *
 * <p><b>Threads:</b> any.
 */
final class ConditionalCommits {
  private final ConditionCheck check;
  private final CommitPipeline pipeline;
  private final Executor checks;

  /**
   * Makes them.
   *
   * @param checks where conditions of asynchronous commits are evaluated again; may read the disk
   */
  ConditionalCommits(ConditionCheck check, CommitPipeline pipeline, Executor checks) {
    this.check = check;
    this.pipeline = pipeline;
    this.checks = checks;
  }

  long commit(Batch batch, Conditions conditions, @Nullable CommitMode atLeast) {
    while (true) {
      check.evaluate(conditions);
      long version = pipeline.commit(batch, conditions, atLeast);
      if (version != CommitPipeline.CHECK_AGAIN) {
        return version;
      }
    }
  }

  CompletionStage<Long> commitAsync(
      Batch batch, Conditions conditions, @Nullable CommitMode atLeast) {
    try {
      check.evaluate(conditions);
    } catch (EngineException e) {
      return CompletableFuture.failedStage(e);
    }
    return pipeline
        .commitAsync(batch, conditions, atLeast)
        .thenCompose(
            version ->
                version == CommitPipeline.CHECK_AGAIN
                    ? evaluateAgain(batch, conditions, atLeast)
                    : CompletableFuture.completedStage(version));
  }

  // Elsewhere: this thread may be the one that writes, which never reads the disk.
  private CompletionStage<Long> evaluateAgain(
      Batch batch, Conditions conditions, @Nullable CommitMode atLeast) {
    return CompletableFuture.supplyAsync(() -> commitAsync(batch, conditions, atLeast), checks)
        .thenCompose(stage -> stage);
  }
}
