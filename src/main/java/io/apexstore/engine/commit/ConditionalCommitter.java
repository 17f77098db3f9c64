package io.apexstore.engine.commit;

import io.apexstore.engine.base.Batch;
import io.apexstore.options.SyncMode;
import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;

/**
 * Commits batches whose conditions hold, for parts of the engine that write on the store's own
 * behalf.
 *
 * <p><b>Threads:</b> any. It may wait for the disk to evaluate the conditions.
 */
@FunctionalInterface
public interface ConditionalCommitter {
  /**
   * Commits a sealed batch if the conditions hold.
   *
   * @param atLeast a sync mode that is stricter than the store's; null: the store's
   * @return completes with the version, or with an {@link
   *     io.apexstore.engine.base.EngineException}, {@code CONDITION_FAILED} among others
   */
  CompletionStage<Long> commitAsync(Batch batch, Conditions conditions, @Nullable SyncMode atLeast);
}
