package io.apexstore.engine.commit;

import io.apexstore.engine.LsmEngine;
import io.apexstore.engine.base.Batch;
import io.apexstore.engine.base.BatchReader;
import io.apexstore.engine.base.CoveredKeys;
import io.apexstore.engine.base.EngineException;
import io.apexstore.engine.base.EngineException.Failure;
import io.apexstore.engine.base.Limits;
import io.apexstore.engine.base.Lookup;
import io.apexstore.engine.base.ValueKind;
import io.apexstore.engine.keyspace.KeyspaceTree;
import io.apexstore.engine.keyspace.Keyspaces;
import io.apexstore.options.SyncMode;
import java.lang.foreign.MemorySegment;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Commits to keyspaces that log which value a key had before.
 *
 * <p>The submitter reads each key, notes its value in the batch, and has the commit made only if
 * the key's newest entry is still the one that was read; else it does so again. So what is noted is
 * right in the commit's version, and the writer never reads the disk. A value for which the batch
 * has no room is left out, and so is that of a key whose range the same batch deletes before: to
 * whoever is told of the deletion, it has none any more.
 *
 * <p><b>Threads:</b> any. It may read the disk.
 */
public final class PreviousValues {
  private final LsmEngine engine;
  private final Keyspaces keyspaces;
  private final ConditionalCommits commits;
  private final Executor checks;
  private final boolean isSimulated;

  /**
   * Makes it.
   *
   * @param checks where asynchronous commits read again
   * @param isSimulated whether nothing may depend on real time: they read again at once
   */
  public PreviousValues(
      LsmEngine engine,
      Keyspaces keyspaces,
      ConditionalCommits commits,
      Executor checks,
      boolean isSimulated) {
    this.engine = engine;
    this.keyspaces = keyspaces;
    this.commits = commits;
    this.checks = checks;
    this.isSimulated = isSimulated;
  }

  /** Whether a batch changes keys whose values before are to be logged. */
  public boolean areWanted(Batch batch) {
    if (!keyspaces.anyLogsPrevious()) {
      return false;
    }
    BatchReader operation = batch.reader();
    while (operation.next()) {
      KeyspaceTree tree = keyspaces.find(operation.keyspaceId());
      if (tree != null && tree.options().logPreviousValues() && !operation.isRange()) {
        return true;
      }
    }
    return false;
  }

  /** Commits a batch, if the conditions hold that it came with. */
  public long commit(Batch batch, @Nullable Conditions conditions, @Nullable SyncMode atLeast) {
    for (int attempt = 1; ; attempt++) {
      Prepared prepared = prepare(batch, conditions);
      try {
        return commits.commit(prepared.batch, prepared.conditions, atLeast);
      } catch (EngineException e) {
        // Either a key was written meanwhile, or a condition of the caller's fails now.
        if (e.failure() != Failure.CONDITION_FAILED) {
          throw e;
        }
        if (attempt == Backoff.ATTEMPTS_MAX) {
          throw Backoff.conflict(e);
        }
        Backoff.pause(attempt);
      }
    }
  }

  /** Commits a batch, if the conditions hold that it came with. */
  public CompletionStage<Long> commitAsync(
      Batch batch, @Nullable Conditions conditions, @Nullable SyncMode atLeast) {
    return attempt(batch, conditions, atLeast, 1);
  }

  private CompletionStage<Long> attempt(
      Batch batch, @Nullable Conditions conditions, @Nullable SyncMode atLeast, int number) {
    Prepared prepared;
    try {
      prepared = prepare(batch, conditions);
    } catch (EngineException e) {
      return CompletableFuture.failedStage(e);
    }
    return commits
        .commitAsync(prepared.batch, prepared.conditions, atLeast)
        .exceptionallyCompose(
            failure -> {
              Throwable cause =
                  failure instanceof CompletionException && failure.getCause() != null
                      ? failure.getCause()
                      : failure;
              if (!(cause instanceof EngineException e)
                  || e.failure() != Failure.CONDITION_FAILED) {
                return CompletableFuture.failedStage(cause);
              }
              return number == Backoff.ATTEMPTS_MAX
                  ? CompletableFuture.failedStage(Backoff.conflict(e))
                  : later(number, () -> attempt(batch, conditions, atLeast, number + 1));
            });
  }

  // Elsewhere: this thread may be the one that writes, which never reads the disk.
  private CompletionStage<Long> later(int number, Supplier<CompletionStage<Long>> next) {
    Executor afterPause =
        isSimulated
            ? Runnable::run
            : CompletableFuture.delayedExecutor(Backoff.pauseNanos(number), TimeUnit.NANOSECONDS);
    return CompletableFuture.supplyAsync(() -> onChecks(next), afterPause)
        .thenCompose(stage -> stage);
  }

  private CompletionStage<Long> onChecks(Supplier<CompletionStage<Long>> next) {
    try {
      return CompletableFuture.supplyAsync(next, checks).thenCompose(stage -> stage);
    } catch (RejectedExecutionException e) {
      return CompletableFuture.failedStage(
          new EngineException(Failure.CLOSED, "the store is closed", e));
    }
  }

  private record Prepared(Batch batch, Conditions conditions) {}

  private Prepared prepare(Batch batch, @Nullable Conditions wanted) {
    engine.requireOpen();
    Conditions conditions = new Conditions();
    if (wanted != null) {
      commits.evaluate(wanted);
      conditions.addAll(wanted);
    }
    Telling telling = new Telling(batch, conditions, engine.nowMs());
    BatchReader operation = batch.reader();
    while (operation.next()) {
      telling.add(operation);
    }
    telling.told.seal();
    return new Prepared(telling.told, conditions);
  }

  private static void add(Batch batch, BatchReader operation, byte[] key) {
    if (operation.kind() == ValueKind.PUT) {
      batch.put(
          operation.keyspaceId(),
          key,
          operation.expiryMs(),
          MemorySegment.ofArray(operation.bytes())
              .asSlice(operation.valueOffset(), operation.valueLength()));
    } else if (operation.isRange()) {
      batch.deleteRange(operation.keyspaceId(), key, operation.rangeEnd());
    } else if (operation.isOfExpired()) {
      batch.deleteExpired(operation.keyspaceId(), key);
    } else {
      batch.delete(operation.keyspaceId(), key);
    }
  }

  /** One look at the keys of a batch. */
  private final class Telling {
    private final Batch told;
    private final Conditions conditions;
    private final long nowMs;
    // What the batch deletes as ranges before the operation at hand.
    private final CoveredKeys deleted = new CoveredKeys();
    // How many bytes more the batch may have.
    private long room;

    Telling(Batch batch, Conditions conditions, long nowMs) {
      this.told = new Batch((int) Math.min(Limits.BATCH_BYTES_MAX, 2L * batch.length()));
      this.conditions = conditions;
      this.nowMs = nowMs;
      this.room = (long) Limits.BATCH_BYTES_MAX - batch.length() - Batch.OVERHEAD_MAX;
    }

    void add(BatchReader operation) {
      byte[] key = operation.key();
      PreviousValues.add(told, operation, key);
      KeyspaceTree tree = keyspaces.get(operation.keyspaceId());
      if (!tree.options().logPreviousValues()) {
        return;
      }
      if (operation.isRange()) {
        deleted.add(tree.id(), key, operation.rangeEnd());
      } else if (room > Batch.OVERHEAD_MAX && !deleted.hold(tree.id(), key)) {
        tell(tree, key, operation.isOfExpired());
      }
    }

    // What has expired was no value any more, but to the deletion that takes it away.
    private void tell(KeyspaceTree tree, byte[] key, boolean isOfExpired) {
      Lookup lookup = new Lookup();
      lookup.start(key, Limits.VERSION_MAX, false);
      boolean isPut =
          engine.read(tree, lookup) == Lookup.Outcome.FOUND && lookup.kind() == ValueKind.PUT;
      conditions.stillNewest(tree.id(), key, isPut ? lookup.version() : 0);
      boolean isOver =
          isPut && lookup.expiryMs() != Limits.NEVER_EXPIRES && lookup.expiryMs() <= nowMs;
      byte[] value = isPut ? lookup.value() : null;
      if (value == null || (isOver && !isOfExpired)) {
        return;
      }
      long taken = (long) Batch.OVERHEAD_MAX + value.length;
      if (taken <= room) {
        told.tellPrevious(value);
        room -= taken;
      }
    }
  }
}
