package io.apexstore.engine;

import io.apexstore.engine.base.Batch;
import io.apexstore.engine.base.Conditions;
import io.apexstore.engine.base.EngineException;
import io.apexstore.engine.base.EngineException.Failure;
import io.apexstore.engine.base.Limits;
import io.apexstore.engine.base.Lookup;
import io.apexstore.engine.base.ValueKind;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executor;
import org.jspecify.annotations.Nullable;

/**
 * Commits to keyspaces that log which value a key had before.
 *
 * <p>The submitter reads each key, notes its value in the batch, and has the commit made only if
 * the key's newest entry is still the one that was read; else it does so again. So what is noted is
 * right in the commit's version, and the writer never reads the disk.
 *
 * <p><b>Threads:</b> any. It may read the disk.
 */
final class PreviousValues {
  private final LsmEngine engine;
  private final Keyspaces keyspaces;
  private final ConditionalCommits commits;
  private final Executor checks;

  /**
   * Makes it.
   *
   * @param checks where asynchronous commits read again
   */
  PreviousValues(
      LsmEngine engine, Keyspaces keyspaces, ConditionalCommits commits, Executor checks) {
    this.engine = engine;
    this.keyspaces = keyspaces;
    this.commits = commits;
    this.checks = checks;
  }

  /** Whether a batch changes keys whose values before are to be logged. */
  boolean areWanted(Batch batch) {
    if (!keyspaces.anyLogsPrevious()) {
      return false;
    }
    Batch.Reader operation = batch.reader();
    while (operation.next()) {
      KeyspaceTree tree = keyspaces.find(operation.keyspaceId());
      if (tree != null && tree.settings().logsPrevious()) {
        return true;
      }
    }
    return false;
  }

  /** Commits a batch, if the conditions hold that it came with. */
  long commit(Batch batch, @Nullable Conditions conditions, @Nullable CommitMode atLeast) {
    while (true) {
      Prepared prepared = prepare(batch, conditions);
      try {
        return commits.commit(prepared.batch, prepared.conditions, atLeast);
      } catch (EngineException e) {
        if (e.failure() != Failure.CONDITION_FAILED) {
          throw e;
        }
        // Either a key was written meanwhile, or a condition of the caller's fails now.
      }
    }
  }

  /** Commits a batch, if the conditions hold that it came with. */
  CompletionStage<Long> commitAsync(
      Batch batch, @Nullable Conditions conditions, @Nullable CommitMode atLeast) {
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
              boolean again =
                  cause instanceof EngineException e && e.failure() == Failure.CONDITION_FAILED;
              // Elsewhere: this thread may be the one that writes, which never reads the disk.
              return again
                  ? CompletableFuture.supplyAsync(
                          () -> commitAsync(batch, conditions, atLeast), checks)
                      .thenCompose(stage -> stage)
                  : CompletableFuture.failedStage(cause);
            });
  }

  private record Prepared(Batch batch, Conditions conditions) {}

  private Prepared prepare(Batch batch, @Nullable Conditions wanted) {
    engine.requireOpen();
    Conditions conditions = new Conditions();
    if (wanted != null) {
      commits.evaluate(wanted);
      conditions.addAll(wanted);
    }
    Batch told = new Batch(2 * batch.length());
    long nowMs = engine.nowMs();
    Batch.Reader operation = batch.reader();
    while (operation.next()) {
      byte[] key =
          Arrays.copyOfRange(
              operation.bytes(),
              operation.keyOffset(),
              operation.keyOffset() + operation.keyLength());
      add(told, operation, key);
      KeyspaceTree tree = keyspaces.get(operation.keyspaceId());
      if (tree.settings().logsPrevious() && !operation.isRange()) {
        tell(told, operation, tree, key, conditions, nowMs);
      }
    }
    told.seal();
    return new Prepared(told, conditions);
  }

  private static void add(Batch batch, Batch.Reader operation, byte[] key) {
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

  // What has expired was no value any more, but to the deletion that takes it away.
  private void tell(
      Batch batch,
      Batch.Reader operation,
      KeyspaceTree tree,
      byte[] key,
      Conditions conditions,
      long nowMs) {
    Lookup lookup = new Lookup();
    lookup.start(key, Limits.VERSION_MAX, false);
    boolean isPut =
        engine.get(tree, lookup) == Lookup.Outcome.FOUND && lookup.kind() == ValueKind.PUT;
    conditions.versionEvenIfExpired(tree.id(), key, isPut ? lookup.version() : 0);
    boolean isOver =
        isPut && lookup.expiryMs() != Limits.NEVER_EXPIRES && lookup.expiryMs() <= nowMs;
    byte[] value = isPut ? lookup.value() : null;
    if (value != null && (!isOver || operation.isOfExpired())) {
      batch.tellPrevious(value);
    }
  }
}
