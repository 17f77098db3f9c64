package io.apexstore.engine.commit;

import io.apexstore.engine.base.EngineException;
import io.apexstore.engine.base.EngineException.Failure;
import io.apexstore.options.SyncMode;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.function.LongSupplier;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Holds refusals of conditional commits to the mode that these asked for, as acknowledgements are:
 * a commit that was to be durable is refused only because of what is durable.
 *
 * <p>Where the store itself is durable, all that a condition sees is. In the other modes it may see
 * commits that are only in memory, and a refusal then syncs them first. A failure of that is the
 * answer: nobody knows what will be left of the reason.
 *
 * <p><b>Threads:</b> any.
 */
public final class DurableRefusals {
  private final SyncMode storeMode;
  private final Runnable sync;
  private final Executor syncs;

  /**
   * Makes it.
   *
   * @param sync makes everything committed so far durable
   * @param syncs where it runs for asynchronous commits
   */
  public DurableRefusals(SyncMode storeMode, Runnable sync, Executor syncs) {
    this.storeMode = storeMode;
    this.sync = sync;
    this.syncs = syncs;
  }

  private boolean mustSync(@Nullable SyncMode atLeast) {
    return !storeMode.isDurable() && atLeast != null && storeMode.atLeast(atLeast).isDurable();
  }

  /** Makes a conditional commit. */
  public long commit(LongSupplier commit, @Nullable SyncMode atLeast) {
    try {
      return commit.getAsLong();
    } catch (EngineException e) {
      if (e.failure() == Failure.CONDITION_FAILED && mustSync(atLeast)) {
        sync.run();
      }
      throw e;
    }
  }

  /** Makes a conditional commit. */
  public CompletionStage<Long> commitAsync(
      Supplier<CompletionStage<Long>> commit, @Nullable SyncMode atLeast) {
    CompletionStage<Long> made = commit.get();
    return mustSync(atLeast) ? made.exceptionallyCompose(this::afterSync) : made;
  }

  private CompletionStage<Long> afterSync(Throwable failure) {
    Throwable cause =
        failure instanceof CompletionException && failure.getCause() != null
            ? failure.getCause()
            : failure;
    CompletableFuture<Long> refused = CompletableFuture.failedFuture(cause);
    if (!(cause instanceof EngineException e) || e.failure() != Failure.CONDITION_FAILED) {
      return refused;
    }
    try {
      // Elsewhere: this thread may be the one that writes.
      return CompletableFuture.runAsync(sync, syncs).thenCompose(synced -> refused);
    } catch (RejectedExecutionException closing) {
      return CompletableFuture.failedStage(
          new EngineException(Failure.CLOSED, "the store is closed", closing));
    }
  }
}
