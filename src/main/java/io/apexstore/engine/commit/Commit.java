package io.apexstore.engine.commit;

import io.apexstore.engine.base.Batch;
import io.apexstore.engine.base.EngineException;
import io.apexstore.options.SyncMode;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;

/**
 * One commit on its way through the {@link CommitPipeline}.
 *
 * <p><b>Threads:</b> made by the submitter, then the leader's alone until {@link #finish}, whose
 * volatile write hands the outcome back.
 */
final class Commit {
  final Batch batch;
  final @Nullable Conditions conditions;
  final SyncMode mode;
  // Exactly one of the two waits for the outcome.
  final @Nullable Thread waiter;
  final @Nullable CompletableFuture<Long> future;

  /** The commit pushed before this one, then, in the leader's hands, the one after it. */
  @Nullable Commit next;

  long version;
  @Nullable EngineException failure;
  // Whether its conditions are to be evaluated again; it was not made then.
  boolean checkAgain;
  private volatile boolean finished;
  private volatile boolean parks;

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

  static Commit asynchronous(Batch batch, @Nullable Conditions conditions, SyncMode mode) {
    return new Commit(batch, conditions, mode, null, new CompletableFuture<>());
  }

  /** The encoded bytes of this commit and of those after it in its group. */
  long bytes() {
    long bytes = 0;
    for (Commit c = this; c != null; c = c.next) {
      bytes += c.batch.length();
    }
    return bytes;
  }

  /** Whether this commit or one after it in its list has conditions. */
  boolean isAnyConditional() {
    for (Commit c = this; c != null; c = c.next) {
      if (c.conditions != null) {
        return true;
      }
    }
    return false;
  }

  /**
   * Ends the list that begins here after its first group and returns the rest. {@code EVERY} means
   * a sync, and so a group, of its own.
   *
   * @param bytesMax encoded bytes of a group, but for one that is larger alone
   * @param rangesMax ranges that a group deletes, but for one that deletes more alone
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

  /** Gives this commit and those after it a cause why they were not made. */
  void failAll(EngineException cause) {
    for (Commit c = this; c != null; c = c.next) {
      c.failure = cause;
      c.checkAgain = false;
    }
  }

  /**
   * Hands this commit and those after it back to the submitters that are blocked on them. Returns
   * the others as a list, or null if there are none.
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
      } catch (OutOfMemoryError ignored) {
        // There may be room again for the next one, and whoever waits for that waits too.
      }
    }
  }

  /** Whether it was decided that it is not made. */
  boolean isRefused() {
    return failure != null || checkAgain;
  }

  boolean isFinished() {
    return finished;
  }

  /**
   * Publishes the outcome to a blocked submitter; the future of an asynchronous one is not touched.
   */
  void finish() {
    finished = true;
    wake();
  }

  /**
   * Wakes the submitter if it parks, or is about to: it says so first, and then looks once more at
   * what it waits for, which the caller has changed before.
   */
  void wake() {
    if (parks) {
      LockSupport.unpark(waiter);
    }
  }

  /** Parks the submitter unless there is something to do; may return for no reason. */
  void parkUnless(BooleanSupplier somethingToDo) {
    parks = true;
    if (!finished && !somethingToDo.getAsBoolean()) {
      LockSupport.park(this);
    }
    parks = false;
  }

  private void complete() {
    CompletableFuture<Long> target = future;
    if (target == null) {
      return;
    }
    EngineException cause = failure;
    if (cause == null) {
      target.complete(checkAgain ? CommitPipeline.CHECK_AGAIN : version);
    } else {
      target.completeExceptionally(cause);
    }
  }
}
