package io.apexstore.engine.commit;

import io.apexstore.engine.base.EngineException;
import io.apexstore.engine.base.EngineException.Failure;
import io.apexstore.error.Causes;
import io.apexstore.options.SyncMode;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.function.LongSupplier;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * The durability of refusals: a conditional commit that asked for durability is refused only
 * because of durable state, as it would be acknowledged only once it is durable itself.
 *
 * <p>In a durable mode of the store, everything that a condition sees is durable. In the other
 * modes a condition may see commits that are only in memory; a refusal then syncs them before it is
 * reported. If that sync fails, the sync's failure is reported instead, because it is unknown
 * whether the state that caused the refusal will survive.
 *
 * <p><b>Threads:</b> any.
 */
final class DurableRefusals {
  private final SyncMode storeMode;
  private final Runnable sync;
  private final Executor syncs;

  /**
   * Creates the rule for a store.
   *
   * @param sync makes everything committed so far durable
   * @param syncs runs it for asynchronous commits; never the thread that writes
   */
  DurableRefusals(SyncMode storeMode, Runnable sync, Executor syncs) {
    this.storeMode = storeMode;
    this.sync = sync;
    this.syncs = syncs;
  }

  private boolean mustSync(@Nullable SyncMode atLeast) {
    return !storeMode.isDurable() && atLeast != null && storeMode.atLeast(atLeast).isDurable();
  }

  /** Runs a conditional commit. */
  long commit(LongSupplier commit, @Nullable SyncMode atLeast) {
    try {
      return commit.getAsLong();
    } catch (EngineException e) {
      if (e.failure() == Failure.CONDITION_FAILED && mustSync(atLeast)) {
        sync.run();
      }
      throw e;
    }
  }

  /** Starts a conditional commit. */
  CompletionStage<Long> commitAsync(
      Supplier<CompletionStage<Long>> commit, @Nullable SyncMode atLeast) {
    CompletionStage<Long> outcome = commit.get();
    return mustSync(atLeast) ? outcome.exceptionallyCompose(this::afterSync) : outcome;
  }

  private CompletionStage<Long> afterSync(Throwable failure) {
    Throwable cause = Causes.unwrap(failure);
    CompletableFuture<Long> refused = CompletableFuture.failedFuture(cause);
    if (!(cause instanceof EngineException e) || e.failure() != Failure.CONDITION_FAILED) {
      return refused;
    }
    try {
      return CompletableFuture.runAsync(sync, syncs).thenCompose(synced -> refused);
    } catch (RejectedExecutionException closing) {
      return CompletableFuture.failedStage(
          new EngineException(Failure.CLOSED, "the store is closed", closing));
    }
  }
}
