package io.apexstore.engine.expiry;

import io.apexstore.engine.background.WorkSignal;
import io.apexstore.engine.base.EngineException;
import io.apexstore.engine.base.EngineException.Failure;
import io.apexstore.engine.base.SafeLogger;
import io.apexstore.engine.commit.Committer;
import io.apexstore.error.Causes;
import io.apexstore.options.SyncMode;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;

/**
 * The skeleton of a sweeper: background work that deletes entries on the store's own behalf, in
 * small conditional batches.
 *
 * <pre>
 *   tick     if something is due and no sweep is running: begin(step)
 *   step     gather one {@link SweepBatch} and commit it; its conditions hold the versions that were
 *            read, so an entry that is written meanwhile stays
 *   ended    committed: next step, or rest
 *            a condition failed: the same step again, at most {@value #OVERTAKEN_MAX} times in a row
 *            disk full: the same step again if that released disk space, else rest
 *            other failures: log and rest; the next tick starts a new sweep
 * </pre>
 *
 * <p><b>Threads:</b> {@link #tick}, {@link #stop} and {@link #deleted} by any; steps run one at a
 * time on the executor, which never waits for a commit. <b>Invariants:</b> at most one sweep runs
 * at a time; no step begins after {@link #stop} has returned.
 */
public abstract class Sweeper {
  /** Number of attempts in a row that other writes may overtake before the sweep rests. */
  static final int OVERTAKEN_MAX = 10;

  private static final Logger LOG = SafeLogger.of(Sweeper.class);

  private final String name;
  private final Executor executor;
  private final WorkSignal signal;
  private final Committer committer;
  private final BooleanSupplier releaseReserve;
  private final AtomicBoolean sweeping = new AtomicBoolean();
  private final LongAdder deleted = new LongAdder();
  private volatile boolean stopped;
  // Confined to the running sweep.
  private int overtaken;

  /** One step of a sweep: gathers a batch, commits it, and decides how the sweep goes on. */
  interface Step {
    /** Gathers the batch and calls {@link Sweeper#commit}, or {@link Sweeper#rest}. */
    void run();

    /** Called after the batch was committed, on the thread that completed the commit. */
    void committed(long version);

    /** Called after the commit failed, before the sweep tries again or rests. */
    default void failed() {}
  }

  /**
   * @param name what the sweep does, for log messages
   * @param releaseReserve releases disk space; returns whether there was any to release
   */
  Sweeper(
      String name,
      Executor executor,
      WorkSignal signal,
      Committer committer,
      BooleanSupplier releaseReserve) {
    this.name = name;
    this.executor = executor;
    this.signal = signal;
    this.committer = committer;
    this.releaseReserve = releaseReserve;
  }

  /** Begins a sweep if something is due. */
  public abstract void tick();

  /** Returns the number of entries deleted since the store was opened. */
  public final long deleted() {
    return deleted.sum();
  }

  /** Stops sweeping, and waits until a running sweep has ended. */
  public final void stop() {
    stopped = true;
    signal.until(() -> !sweeping.get());
  }

  final boolean isStopped() {
    return stopped;
  }

  /** Claims the right to sweep; the caller then posts the first step or rests. */
  final boolean tryBegin() {
    if (stopped || !sweeping.compareAndSet(false, true)) {
      return false;
    }
    overtaken = 0;
    return true;
  }

  /** Ends the running sweep. */
  final void rest() {
    sweeping.set(false);
    signal.wakeAll();
  }

  /** Runs the next part of the sweep on the executor, or ends the sweep if it was stopped. */
  final void post(Runnable part) {
    if (stopped) {
      rest();
      return;
    }
    try {
      executor.execute(() -> guarded(part));
    } catch (RejectedExecutionException e) {
      rest();
    } catch (RuntimeException | Error e) {
      // Without this, no later sweep would start, and stopping would wait for this one forever.
      restAfter(e);
    }
  }

  /** Commits the batch of a step. */
  final void commit(Step step, SweepBatch batch, @Nullable SyncMode atLeast) {
    batch.seal();
    committer
        .commitAsync(batch.operations(), batch.conditions(), atLeast)
        .whenComplete((version, failure) -> guarded(() -> ended(step, batch, version, failure)));
  }

  private void ended(
      Step step, SweepBatch batch, @Nullable Long version, @Nullable Throwable failure) {
    if (version != null) {
      deleted.add(batch.deletions());
      overtaken = 0;
      step.committed(version);
      return;
    }
    step.failed();
    Throwable cause =
        failure == null
            ? new IllegalStateException("a commit without a version")
            : Causes.unwrap(failure);
    Failure kind = cause instanceof EngineException e ? e.failure() : null;
    if (kind == Failure.CONDITION_FAILED) {
      if (++overtaken < OVERTAKEN_MAX) {
        post(step::run);
      } else {
        rest();
      }
    } else if (kind == Failure.DISK_FULL && releaseReserve.getAsBoolean()) {
      // Deletions take little space and free much.
      post(step::run);
    } else {
      restAfter(cause);
    }
  }

  private void guarded(Runnable part) {
    try {
      part.run();
    } catch (EngineException e) {
      restAfter(e);
    } catch (RuntimeException | Error e) {
      restAfter(e);
      throw e;
    }
  }

  private void restAfter(Throwable cause) {
    rest();
    boolean isExpected =
        cause instanceof EngineException e
            && (e.failure() == Failure.CLOSED || e.failure().isRetryable());
    LOG.log(
        isExpected ? Level.DEBUG : Level.WARNING,
        name + " stopped until the next tick: " + cause.getMessage(),
        cause);
  }
}
