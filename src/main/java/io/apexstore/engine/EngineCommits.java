package io.apexstore.engine;

import io.apexstore.engine.base.Batch;
import io.apexstore.engine.base.TimeSource;
import io.apexstore.engine.commit.CommitPipeline;
import io.apexstore.engine.commit.ConditionEvaluator;
import io.apexstore.engine.commit.ConditionalCommits;
import io.apexstore.engine.commit.Conditions;
import io.apexstore.engine.commit.PreviousValues;
import io.apexstore.engine.expiry.ExpirySweeper;
import io.apexstore.engine.keyspace.Keyspaces;
import io.apexstore.engine.keyspace.PointReader;
import io.apexstore.options.SyncMode;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executor;
import org.jspecify.annotations.Nullable;

/**
 * The ways of a batch to the pipeline: straight, with conditions, or with the values that its keys
 * had before.
 *
 * <p><b>Threads:</b> any.
 */
final class EngineCommits {
  private final CommitPipeline pipeline;
  private final ConditionalCommits conditional;
  private final PreviousValues previous;
  private final ExpirySweeper sweeper;

  /**
   * Makes them.
   *
   * @param whenIdle is called when nothing is read any more for a commit
   */
  EngineCommits(
      PointReader reader,
      TimeSource clock,
      Runnable requireOpen,
      Executor checks,
      boolean isSimulated,
      Keyspaces keyspaces,
      CommitPipeline pipeline,
      ConditionEvaluator check,
      ExpirySweeper sweeper,
      Runnable whenIdle) {
    this.pipeline = pipeline;
    this.conditional = new ConditionalCommits(check, pipeline, checks, requireOpen, whenIdle);
    this.previous =
        new PreviousValues(reader, clock, requireOpen, keyspaces, conditional, checks, isSimulated);
    this.sweeper = sweeper;
  }

  /** Whether nothing is read for a commit; what those read must not be freed. */
  boolean isIdle() {
    return conditional.isIdle();
  }

  /** Evaluates conditions, and returns as of which version they hold. */
  long evaluate(Conditions conditions) {
    conditional.evaluate(conditions);
    return conditions.asOf();
  }

  long commit(Batch batch, @Nullable Conditions conditions, @Nullable SyncMode atLeast) {
    long version;
    if (previous.areWanted(batch)) {
      version = previous.commit(batch, conditions, atLeast);
    } else if (conditions != null) {
      version = conditional.commit(batch, conditions, atLeast);
    } else {
      version = pipeline.commit(batch, atLeast);
    }
    return sweeper.committed(batch, version);
  }

  CompletionStage<Long> commitAsync(
      Batch batch, @Nullable Conditions conditions, @Nullable SyncMode atLeast) {
    CompletionStage<Long> version;
    if (previous.areWanted(batch)) {
      version = previous.commitAsync(batch, conditions, atLeast);
    } else if (conditions != null) {
      version = conditional.commitAsync(batch, conditions, atLeast);
    } else {
      version = pipeline.commitAsync(batch, atLeast);
    }
    return sweeper.committed(batch, version);
  }
}
