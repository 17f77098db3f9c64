package io.apexstore.engine.expiry;

import io.apexstore.engine.LsmEngine;
import io.apexstore.engine.background.WorkSignal;
import io.apexstore.engine.base.Batch;
import io.apexstore.engine.base.EngineException;
import io.apexstore.engine.base.EngineException.Failure;
import io.apexstore.engine.base.Limits;
import io.apexstore.engine.base.Lookup;
import io.apexstore.engine.base.ValueKind;
import io.apexstore.engine.commit.Conditions;
import io.apexstore.engine.keyspace.KeyspaceTree;
import io.apexstore.engine.read.EngineCursor;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.LongAdder;
import org.jspecify.annotations.Nullable;

/**
 * Deletes what has expired, so that its room is won back and feeds of changes learn of it. Readers
 * do not depend on it: to them an entry is gone the moment it expires.
 *
 * <p>It walks the {@link ExpiryIndex} from the earliest time on, a batch at a time: a logged
 * deletion for each entry that is still the one the index names, and the deletion of the index's
 * entry. The deletion is made only at the version that was looked at, so what was written meanwhile
 * stays. While others commit, it leaves them most of the time ({@link SweepPace}).
 *
 * <p><b>Threads:</b> {@link #tick} and {@link #expires} by any; one sweep at a time, on the
 * executor given, which never waits for a commit. <b>Invariants:</b> {@link #earliest} is at most
 * the expiry of any entry of the index that is visible and not swept, but for those whose commit
 * has not returned yet.
 */
public final class ExpirySweeper {
  private static final Logger LOG = System.getLogger(ExpirySweeper.class.getName());
  private static final int ENTRIES_MAX = 512;
  private static final long BYTES_MAX = 1 << 20;
  // Of the values that are logged with their deletion; one alone may be larger.
  private static final long PREVIOUS_BYTES_MAX = 4 << 20;
  // How often in a row a sweep looks again because something was written meanwhile.
  private static final int OVERTAKEN_MAX = 10;

  private final LsmEngine engine;
  private final Executor executor;
  private final WorkSignal waiting;
  private final SweepPace pace;
  private final AtomicBoolean sweeping = new AtomicBoolean();
  private final AtomicLong earliest;
  private final LongAdder swept = new LongAdder();
  private volatile boolean stopped;
  // The sweep's.
  private int overtaken;

  /**
   * Makes a sweeper that is at rest.
   *
   * @param hasIndex whether there may be entries of an earlier life
   */
  ExpirySweeper(
      LsmEngine engine, Executor executor, WorkSignal waiting, SweepPace pace, boolean hasIndex) {
    this.engine = engine;
    this.pace = pace;
    this.waiting = waiting;
    this.executor = executor;
    this.earliest = new AtomicLong(hasIndex ? 0 : Long.MAX_VALUE);
  }

  /** Says that an entry was committed that expires. */
  void expires(long expiryMs) {
    earliest.accumulateAndGet(expiryMs, Math::min);
  }

  /**
   * Takes note of a batch that was committed, and returns its version. Only afterwards: a sweep
   * must find what it is told of.
   */
  public long committed(Batch batch, long version) {
    if (batch.earliestExpiryMs() != Limits.NEVER_EXPIRES) {
      expires(batch.earliestExpiryMs());
    }
    return version;
  }

  /** Takes note of a batch that is being committed, once it is. */
  public CompletionStage<Long> committed(Batch batch, CompletionStage<Long> version) {
    return batch.earliestExpiryMs() == Limits.NEVER_EXPIRES
        ? version
        : version.thenApply(known -> committed(batch, known));
  }

  /** How many entries were deleted because they had expired. */
  long swept() {
    return swept.sum();
  }

  /** When the next entry expires, ms since the epoch, or earlier; {@link Long#MAX_VALUE}: none. */
  long earliest() {
    return earliest.get();
  }

  /** Begins a sweep if something has expired. */
  void tick() {
    if (!stopped && earliest.get() <= engine.nowMs() && sweeping.compareAndSet(false, true)) {
      pace.begin();
      overtaken = 0;
      post();
    }
  }

  /** Begins no sweep any more, and waits until the one under way has ended. */
  void stop() {
    stopped = true;
    waiting.until(() -> !sweeping.get());
  }

  private void rest() {
    sweeping.set(false);
    waiting.wakeAll();
  }

  private void post() {
    if (stopped) {
      rest();
      return;
    }
    try {
      executor.execute(this::step);
    } catch (RejectedExecutionException e) {
      rest();
    }
  }

  private void step() {
    try {
      KeyspaceTree index = engine.keyspace(ExpiryIndex.KEYSPACE);
      Sweep sweep = new Sweep(index, engine.nowMs());
      sweep.gather(earliest.getAndSet(Long.MAX_VALUE));
      if (sweep.found == 0) {
        earliest.accumulateAndGet(sweep.nextExpiryMs, Math::min);
        rest();
        return;
      }
      sweep.batch.seal();
      engine
          .commitAsync(sweep.batch, sweep.conditions, null)
          .whenComplete((version, failure) -> ended(sweep, failure));
    } catch (RuntimeException | Error e) {
      // What was not looked at is looked at again.
      earliest.set(0);
      stopAfter(e);
    }
  }

  private void ended(Sweep sweep, @Nullable Throwable failure) {
    Throwable cause =
        failure instanceof CompletionException && failure.getCause() != null
            ? failure.getCause()
            : failure;
    earliest.accumulateAndGet(cause == null ? sweep.nextExpiryMs : sweep.fromMs, Math::min);
    if (cause == null) {
      swept.add(sweep.deletions);
      overtaken = 0;
      pace.committed();
      if (pace.isOver(sweep.nowMs - sweep.nextExpiryMs)) {
        rest();
      } else {
        post();
      }
    } else if (cause instanceof EngineException e && e.failure() == Failure.CONDITION_FAILED) {
      // Something was written meanwhile: look again, now or with the next tick.
      if (++overtaken < OVERTAKEN_MAX) {
        post();
      } else {
        rest();
      }
    } else {
      stopAfter(cause);
    }
  }

  // The next tick begins anew.
  private void stopAfter(Throwable cause) {
    rest();
    boolean expected =
        cause instanceof EngineException e
            && (e.failure() == Failure.CLOSED || e.failure() == Failure.DISK_FULL);
    LOG.log(
        expected ? Level.DEBUG : Level.WARNING,
        "deleting what has expired stopped: " + cause.getMessage(),
        cause);
  }

  /** One batch of deletions. */
  private final class Sweep {
    private final KeyspaceTree index;
    private final long nowMs;
    private final Batch batch = new Batch(4 << 10);
    private final Conditions conditions = new Conditions();
    private long fromMs;
    private int found;
    private int deletions;
    private long previousBytes;
    // The expiry of the first entry of the index that the batch leaves.
    private long nextExpiryMs = Long.MAX_VALUE;

    Sweep(KeyspaceTree index, long nowMs) {
      this.index = index;
      this.nowMs = nowMs;
    }

    void gather(long startMs) {
      fromMs = startMs;
      try (EngineCursor cursor =
          engine.readRange(index, ExpiryIndex.firstAt(Math.max(0, startMs)), null)) {
        while (!stopped && cursor.next()) {
          byte[] indexKey = Arrays.copyOf(cursor.key(), cursor.keyLength());
          long expiryMs = ExpiryIndex.expiryMs(indexKey);
          if (expiryMs > nowMs || isFull()) {
            nextExpiryMs = expiryMs;
            return;
          }
          if (addDeletion(indexKey, valueOf(cursor), expiryMs, cursor.version())) {
            found++;
            batch.delete(index.id(), indexKey);
          }
        }
      }
    }

    private boolean isFull() {
      return found == ENTRIES_MAX
          || batch.length() > BYTES_MAX
          || previousBytes > PREVIOUS_BYTES_MAX;
    }

    private static byte[] valueOf(EngineCursor cursor) {
      return cursor
          .valueSegment()
          .asSlice(cursor.valueOffset(), cursor.valueLength())
          .toArray(ValueLayout.JAVA_BYTE);
    }

    // Returns false for a key that cannot be read; it is left until the next start.
    private boolean addDeletion(
        byte[] indexKey, byte[] indexValue, long expiryMs, long indexVersion) {
      KeyspaceTree tree = engine.keyspaceOf(ExpiryIndex.keyspaceId(indexKey));
      if (tree == null) {
        return true;
      }
      byte[] key = ExpiryIndex.key(indexKey, indexValue);
      Lookup lookup = new Lookup();
      lookup.start(key, Limits.VERSION_MAX, false);
      lookup.withoutValue();
      boolean isPut;
      try {
        isPut = engine.read(tree, lookup) == Lookup.Outcome.FOUND && lookup.kind() == ValueKind.PUT;
      } catch (EngineException e) {
        if (e.failure() != Failure.CORRUPTION && e.failure() != Failure.READ_FAILED) {
          throw e;
        }
        LOG.log(Level.WARNING, "a key that has expired cannot be read: {0}", e.getMessage());
        return false;
      }
      if (isPut && lookup.expiryMs() == expiryMs) {
        conditions.versionEvenIfExpired(tree.id(), key, lookup.version());
        batch.deleteExpired(tree.id(), key);
        previousBytes += tree.options().logPreviousValues() ? lookup.valueLength() : 0;
        deletions++;
      } else {
        // It may be written anew meanwhile: a key that is put again, to expire at the same time.
        conditions.version(index.id(), indexKey, indexVersion);
      }
      return true;
    }
  }
}
