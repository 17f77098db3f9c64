package io.apexstore.engine.commit;

import io.apexstore.engine.base.Batch;
import io.apexstore.engine.base.BatchReader;
import io.apexstore.engine.base.DueTimes;
import io.apexstore.engine.base.EngineException;
import io.apexstore.engine.base.EngineException.Failure;
import io.apexstore.engine.base.KeyspaceNames;
import io.apexstore.engine.base.TimeSource;
import io.apexstore.engine.commit.OptimisticWrite.Prepared;
import io.apexstore.engine.keyspace.KeyspaceTree;
import io.apexstore.engine.keyspace.Keyspaces;
import io.apexstore.engine.keyspace.PointReader;
import io.apexstore.options.SyncMode;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executor;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Supplier;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * The entry to the {@link CommitPipeline}.
 *
 * <p>Every write of a caller passes here, so the limit of its size is checked here, before anything
 * is added to it. A batch without conditions, for keyspaces that do not log previous values, goes
 * straight to the pipeline. Every other batch is prepared first: its previous values are read and
 * its conditions evaluated. If another commit overtakes it, it is prepared again; see {@link
 * OptimisticWrite}.
 *
 * <p><b>Threads:</b> any.
 */
public final class Commits implements Committer {
  private final CommitPipeline pipeline;
  private final ConditionEvaluator evaluator;
  private final PreviousValues previousValues;
  private final DurableRefusals refusals;
  private final Keyspaces keyspaces;
  private final Backoff backoff;
  private final Context context;
  private final AtomicInteger evaluating = new AtomicInteger();

  /**
   * What the commits need of the store around them.
   *
   * @param storeMode the store's sync mode
   * @param batchBytesMax the most bytes of keys, values and bounds that a write of a caller may
   *     have
   * @param reads where asynchronous commits read and sync; never the thread that writes
   * @param requireOpen throws {@code CLOSED} once the store is closed
   * @param whenIdle is called when no evaluation is under way any more
   * @param expires is notified after the commit of entries that expire, of when they are due
   */
  public record Context(
      SyncMode storeMode,
      int batchBytesMax,
      Executor reads,
      Runnable requireOpen,
      Runnable whenIdle,
      DueTimes.Receiver expires) {}

  /** Creates the entry to a pipeline. */
  public Commits(
      CommitPipeline pipeline,
      ConditionEvaluator evaluator,
      PointReader reader,
      Keyspaces keyspaces,
      TimeSource clock,
      Backoff backoff,
      Context context) {
    this.pipeline = pipeline;
    this.evaluator = evaluator;
    this.previousValues = new PreviousValues(reader, keyspaces, clock);
    this.refusals = new DurableRefusals(context.storeMode, pipeline::sync, context.reads);
    this.keyspaces = keyspaces;
    this.backoff = backoff;
    this.context = context;
  }

  /** Whether no evaluation is under way; what an evaluation reads must not be freed. */
  public boolean isIdle() {
    return evaluating.get() == 0;
  }

  /**
   * Evaluates conditions against what is published; it may read the disk.
   *
   * @throws EngineException if a commit with these conditions would be refused now
   */
  public void evaluate(Conditions conditions) {
    evaluating.incrementAndGet();
    try {
      evaluator.evaluate(conditions, context.requireOpen);
    } finally {
      if (evaluating.decrementAndGet() == 0) {
        context.whenIdle.run();
      }
    }
  }

  @Override
  public long commit(Batch batch, @Nullable SyncMode atLeast) {
    requireAllowedSize(batch);
    if (previousValues.areLogged(batch)) {
      return retry(() -> tryCommit(batch, null, atLeast));
    }
    return committed(batch, pipeline.commit(batch, atLeast));
  }

  @Override
  public long commit(Batch batch, Conditions conditions, @Nullable SyncMode atLeast) {
    return refusals.commit(() -> retry(() -> tryCommit(batch, conditions, atLeast)), atLeast);
  }

  /** Commits an optimistic write and returns its version; see {@link #commit}. */
  public long commit(OptimisticWrite write, @Nullable SyncMode atLeast) {
    return refusals.commit(
        () ->
            retry(
                () -> {
                  Prepared prepared = write.prepare();
                  return tryCommit(prepared.batch(), prepared.conditions(), atLeast);
                }),
        atLeast);
  }

  /**
   * Runs an attempt until it does not fail with {@code OVERTAKEN}, with pauses that grow. An
   * attempt reads, builds a batch and ends with {@link #tryCommit}.
   *
   * @return what the attempt returned
   * @throws EngineException {@code CONFLICT} after {@link Backoff#ATTEMPTS_MAX} attempts
   */
  public <R extends @Nullable Object> R retry(Supplier<R> attempt) {
    for (int failed = 1; ; failed++) {
      try {
        return attempt.get();
      } catch (EngineException e) {
        if (e.failure() != Failure.OVERTAKEN) {
          throw e;
        }
        if (failed == Backoff.ATTEMPTS_MAX) {
          throw Backoff.conflict(e);
        }
        backoff.pause(failed);
      }
    }
  }

  /**
   * Commits a batch if conditions hold, in one attempt, and returns its version.
   *
   * @throws EngineException {@code OVERTAKEN} if another attempt may succeed
   */
  public long tryCommit(Batch batch, @Nullable Conditions conditions, @Nullable SyncMode atLeast) {
    Prepared ready = ready(batch, conditions);
    long version = pipeline.commit(ready.batch(), ready.conditions(), atLeast);
    if (version == CommitPipeline.CHECK_AGAIN) {
      throw new EngineException(
          Failure.OVERTAKEN, "more was written since the conditions were evaluated than is kept");
    }
    return committed(batch, version);
  }

  @Override
  public CompletionStage<Long> commitAsync(Batch batch, @Nullable SyncMode atLeast) {
    return commitAsync(batch, atLeast, true);
  }

  /**
   * Commits a batch like {@link #commitAsync(Batch, SyncMode)}, but never reads the disk on the
   * calling thread.
   */
  public CompletionStage<Long> submit(Batch batch, @Nullable SyncMode atLeast) {
    return commitAsync(batch, atLeast, false);
  }

  private CompletionStage<Long> commitAsync(
      Batch batch, @Nullable SyncMode atLeast, boolean readsHere) {
    if (previousValues.areLogged(batch)) {
      return start(batch, null, atLeast, readsHere);
    }
    try {
      requireAllowedSize(batch);
    } catch (EngineException e) {
      return CompletableFuture.failedStage(e);
    }
    CompletionStage<Long> version = pipeline.commitAsync(batch, atLeast);
    return !batch.isAnyDue() ? version : version.thenApply(known -> committed(batch, known));
  }

  @Override
  public CompletionStage<Long> commitAsync(
      Batch batch, Conditions conditions, @Nullable SyncMode atLeast) {
    return refusals.commitAsync(() -> start(batch, conditions, atLeast, true), atLeast);
  }

  /**
   * Commits a batch if conditions hold, like {@link #commitAsync(Batch, Conditions, SyncMode)}, but
   * never reads the disk on the calling thread.
   */
  public CompletionStage<Long> submit(
      Batch batch, Conditions conditions, @Nullable SyncMode atLeast) {
    return refusals.commitAsync(() -> start(batch, conditions, atLeast, false), atLeast);
  }

  /**
   * Commits an optimistic write; the calling thread prepares it first, a thread of the store if it
   * must be prepared again.
   *
   * @param keyspaceId the only keyspace that it writes
   */
  public CompletionStage<Long> commitAsync(
      OptimisticWrite write, int keyspaceId, @Nullable SyncMode atLeast) {
    return start(write, new int[] {keyspaceId}, 0, atLeast, true);
  }

  /**
   * Commits an optimistic write, which threads of the store prepare.
   *
   * @param keyspaceIds the keyspaces that it writes
   * @param bytes an estimate of its size
   */
  public CompletionStage<Long> submit(
      OptimisticWrite write, int[] keyspaceIds, long bytes, @Nullable SyncMode atLeast) {
    int[] ordered = Deferral.withoutInternal(IntStream.of(keyspaceIds), keyspaces);
    return refusals.commitAsync(() -> start(write, ordered, bytes, atLeast, false), atLeast);
  }

  private CompletionStage<Long> start(
      Batch batch, @Nullable Conditions conditions, @Nullable SyncMode atLeast, boolean readsHere) {
    Prepared same = new Prepared(batch, conditions);
    int[] keyspaceIds = Deferral.keyspaceIds(batch, keyspaces);
    return start(() -> same, keyspaceIds, batch.length(), atLeast, readsHere);
  }

  private CompletionStage<Long> start(
      OptimisticWrite write,
      int[] keyspaceIds,
      long bytes,
      @Nullable SyncMode atLeast,
      boolean readsHere) {
    OptimisticWrite whole =
        () -> {
          Prepared prepared = write.prepare();
          return ready(prepared.batch(), prepared.conditions());
        };
    Prepared first = null;
    if (readsHere) {
      try {
        first = whole.prepare();
      } catch (EngineException e) {
        if (e.failure() != Failure.OVERTAKEN) {
          return CompletableFuture.failedStage(e);
        }
      } catch (RuntimeException e) {
        return CompletableFuture.failedStage(e);
      }
    }
    Commit commit =
        pipeline.submit(first, new Deferral(whole, keyspaceIds, bytes, first == null), atLeast);
    return commit.future().thenApply(version -> committed(commit.batch, version));
  }

  // Adds what the store itself must read.
  private Prepared ready(Batch batch, @Nullable Conditions conditions) {
    requireAllowedSize(batch);
    Prepared prepared = new Prepared(batch, conditions);
    if (previousValues.areLogged(batch)) {
      if (conditions != null) {
        evaluate(conditions); // Its refusal comes first, before values are read.
      }
      prepared = previousValues.read(batch, conditions);
    }
    if (prepared.conditions() != null) {
      evaluate(prepared.conditions());
    }
    return prepared;
  }

  private void requireAllowedSize(Batch batch) {
    // What callers wrote is at most what the batch has, and is only counted if that is too much.
    if (batch.userBytes() > context.batchBytesMax) {
      long bytes = bytesOfCaller(batch);
      if (bytes > context.batchBytesMax) {
        throw new EngineException(
            Failure.TOO_LARGE,
            "the write has "
                + bytes
                + " bytes of keys and values, allowed are up to "
                + context.batchBytesMax);
      }
    }
  }

  // Without the entries of internal keyspaces and the deletions of expired entries.
  private long bytesOfCaller(Batch batch) {
    long bytes = 0;
    BatchReader operation = batch.reader();
    while (operation.next()) {
      KeyspaceTree tree = keyspaces.find(operation.keyspaceId());
      boolean isOfStore =
          operation.isExpiration() || (tree != null && KeyspaceNames.isInternal(tree.name()));
      bytes += isOfStore ? 0 : (long) operation.keyLength() + operation.valueLength();
    }
    return bytes;
  }

  // Only after the commit: a sweep must find what it is notified of.
  private long committed(Batch batch, long version) {
    batch.forEachDue(context.expires);
    return version;
  }
}
