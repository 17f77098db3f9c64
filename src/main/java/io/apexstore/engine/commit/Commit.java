package io.apexstore.engine.commit;

import io.apexstore.engine.base.Batch;
import io.apexstore.engine.base.EngineException;
import io.apexstore.engine.base.EngineException.Failure;
import io.apexstore.options.SyncMode;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;

/**
 * One commit on its way through the {@link CommitPipeline}.
 *
 * <p><b>Threads:</b> created by the submitter, then owned by the leader until {@link #finish},
 * whose volatile write hands the outcome back. A deferred commit is owned by the thread that reads
 * for it from the time the leader hands it to {@link DeferredCommits} until it is pushed again.
 */
final class Commit {
  /** The batch of a commit that has yet to be prepared. */
  private static final Batch UNPREPARED = new Batch(0);

  static {
    UNPREPARED.seal();
  }

  Batch batch;
  @Nullable Conditions conditions;
  final SyncMode mode;
  // Exactly one of the two waits for the outcome.
  final @Nullable Thread waiter;
  final @Nullable CompletableFuture<Long> future;

  /** The commit pushed before this one; once the leader owns it, the one after it. */
  @Nullable Commit next;

  long version;
  @Nullable EngineException failure;
  // It was not committed, because its conditions must be evaluated again.
  boolean checkAgain;
  private volatile boolean finished;
  private volatile boolean parks;

  /** How it is prepared, and its place among deferred commits; null for most commits. */
  @Nullable Deferral deferral;

  private Commit(
      Batch batch,
      @Nullable Conditions conditions,
      SyncMode mode,
      @Nullable Thread waiter,
      @Nullable CompletableFuture<Long> future) {
    this.batch = batch;
    this.conditions = conditions;
    this.mode = mode;
    this.waiter = waiter;
    this.future = future;
  }

  static Commit blocking(Batch batch, @Nullable Conditions conditions, SyncMode mode) {
    return new Commit(batch, conditions, mode, Thread.currentThread(), null);
  }

  static Commit asynchronous(Batch batch, SyncMode mode) {
    return new Commit(batch, null, mode, null, new CompletableFuture<>());
  }

  /**
   * Creates an asynchronous commit that is prepared again if it is overtaken.
   *
   * @param prepared null: it has yet to be prepared
   */
  static Commit asynchronous(
      OptimisticWrite.@Nullable Prepared prepared, Deferral deferral, SyncMode mode) {
    Commit commit = asynchronous(prepared == null ? UNPREPARED : prepared.batch(), mode);
    commit.conditions = prepared == null ? null : prepared.conditions();
    commit.deferral = deferral;
    return commit;
  }

  /** Returns the encoded bytes of this commit and of those after it in its group. */
  long bytes() {
    long bytes = 0;
    for (Commit c = this; c != null; c = c.next) {
      bytes += c.batch.length();
    }
    return bytes;
  }

  /** Whether this commit, or one after it in its list, may be refused or deferred. */
  boolean isAnyOptimistic() {
    for (Commit c = this; c != null; c = c.next) {
      if (c.conditions != null || c.deferral != null) {
        return true;
      }
    }
    return false;
  }

  /**
   * Cuts the list that starts here after its first group and returns the rest. A commit in {@code
   * EVERY} has a sync, and therefore a group, of its own.
   *
   * @param bytesMax encoded bytes of a group; a larger commit is a group of its own
   * @param rangesMax range tombstones of a group; a commit with more is a group of its own
   */
  @Nullable Commit cutGroup(long bytesMax, int rangesMax) {
    Commit last = this;
    long bytes = batch.length();
    long ranges = batch.rangeDeleteCount();
    while (last.next != null) {
      Commit after = last.next;
      bytes += after.batch.length();
      ranges += after.batch.rangeDeleteCount();
      boolean alone = last.mode == SyncMode.EVERY || after.mode == SyncMode.EVERY;
      if (alone || bytes > bytesMax || ranges > rangesMax) {
        break;
      }
      last = after;
    }
    Commit rest = last.next;
    last.next = null;
    return rest;
  }

  /** Fails this commit and those after it: none of them was committed. */
  void failAll(EngineException cause) {
    for (Commit c = this; c != null; c = c.next) {
      c.failure = cause;
      c.checkAgain = false;
    }
  }

  /**
   * Publishes the outcomes of this commit and of those after it to the submitters that block on
   * them. Returns the asynchronous ones as a list, or null if there are none.
   */
  @Nullable Commit finishBlocking() {
    Commit firstAsync = null;
    Commit lastAsync = null;
    Commit c = this;
    while (c != null) {
      Commit after = c.next;
      if (c.waiter != null) {
        c.finish();
      } else {
        c.next = null;
        if (lastAsync == null) {
          firstAsync = c;
        } else {
          lastAsync.next = c;
        }
        lastAsync = c;
      }
      c = after;
    }
    return firstAsync;
  }

  /** Completes the futures of this commit and of those after it. */
  void completeAll() {
    for (Commit c = this; c != null; c = c.next) {
      try {
        c.complete();
      } catch (RuntimeException | Error ignored) {
        // No memory, or too deep a chain of dependents. The submitter of the next one waits, too.
      }
    }
  }

  boolean isAsynchronous() {
    return future != null;
  }

  /** Whether it leaves its group, refused or deferred. */
  boolean isRefused() {
    return failure != null || checkAgain || isPreparationFailed();
  }

  /** Whether reading for it failed; that is its outcome. */
  boolean isPreparationFailed() {
    return deferral != null && deferral.failure != null;
  }

  /** Whether another commit overtook it, so that another attempt may succeed. */
  boolean isOvertaken() {
    return checkAgain || (failure != null && failure.failure() == Failure.OVERTAKEN);
  }

  CompletableFuture<Long> future() {
    return Objects.requireNonNull(future);
  }

  Deferral deferral() {
    return Objects.requireNonNull(deferral);
  }

  boolean isFinished() {
    return finished;
  }

  /** Publishes the outcome to a blocked submitter; does not touch the future. */
  void finish() {
    finished = true;
    wake();
  }

  /**
   * Wakes the submitter if it parks or is about to park. The submitter sets its flag first and then
   * checks again what it waits for; the caller has changed that before.
   */
  void wake() {
    if (parks) {
      LockSupport.unpark(waiter);
    }
  }

  /** Parks the submitter unless there is work; may return spuriously. */
  void parkUnless(BooleanSupplier hasWork) {
    parks = true;
    if (!finished && !hasWork.getAsBoolean()) {
      LockSupport.park(this);
    }
    parks = false;
  }

  private void complete() {
    CompletableFuture<Long> target = future;
    if (target == null) {
      return;
    }
    Throwable cause = deferral != null && deferral.failure != null ? deferral.failure : failure;
    if (cause == null) {
      target.complete(version);
    } else {
      target.completeExceptionally(cause);
    }
  }
}
