package io.apexstore.engine.commit;

import io.apexstore.engine.base.Batch;
import io.apexstore.engine.base.EngineException;
import io.apexstore.options.SyncMode;
import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;

/**
 * Commits batches; the narrow interface for parts of the engine that write.
 *
 * <p>A sync mode is a lower bound: a mode weaker than the store's changes nothing, and null stands
 * for the store's own. <b>Threads:</b> any.
 */
public interface Committer {
  /** Commits a batch and returns its version once the mode allows. It may read the disk. */
  long commit(Batch batch, @Nullable SyncMode atLeast);

  /**
   * Commits a batch if conditions hold. It may read the disk. A refusal is as durable as the commit
   * would be, see {@link DurableRefusals}.
   *
   * @throws EngineException {@code CONDITION_FAILED} or {@code VERSION_EXPIRED}: nothing was
   *     stored; {@code CONFLICT} if other writers overtook every attempt
   */
  long commit(Batch batch, Conditions conditions, @Nullable SyncMode atLeast);

  /**
   * Commits a batch; the stage completes with its version or an {@link EngineException}.
   * Asynchronous commits are committed in the order in which they were submitted, see {@link
   * DeferredCommits}. The calling thread reads the disk if the batch is for a keyspace that logs
   * previous values.
   */
  CompletionStage<Long> commitAsync(Batch batch, @Nullable SyncMode atLeast);

  /**
   * Commits a batch if conditions hold. The calling thread evaluates them, which may read the disk;
   * if they must be evaluated again, a thread of the store does so.
   */
  CompletionStage<Long> commitAsync(Batch batch, Conditions conditions, @Nullable SyncMode atLeast);
}
