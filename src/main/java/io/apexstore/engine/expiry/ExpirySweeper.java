package io.apexstore.engine.expiry;

import io.apexstore.engine.background.WorkSignal;
import io.apexstore.engine.base.EngineException;
import io.apexstore.engine.base.EngineException.Failure;
import io.apexstore.engine.base.Limits;
import io.apexstore.engine.base.Lookup;
import io.apexstore.engine.base.SafeLogger;
import io.apexstore.engine.base.TimeSource;
import io.apexstore.engine.base.ValueKind;
import io.apexstore.engine.commit.Committer;
import io.apexstore.engine.keyspace.KeyspaceTree;
import io.apexstore.engine.keyspace.Keyspaces;
import io.apexstore.engine.keyspace.PointReader;
import io.apexstore.engine.keyspace.RangeScanner;
import io.apexstore.engine.read.EngineCursor;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;
import java.util.concurrent.Executor;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Deletes expired entries, so that their space is reclaimed and change feeds report the expiry.
 * Readers do not depend on it: they skip an entry from the moment it expires.
 *
 * <p>A sweep walks the {@link ExpiryIndex} from the earliest time on, one batch at a time. For each
 * index entry it deletes the entry that the index names, if that still expires at the indexed time,
 * and the index entry itself. While others commit, the sweep leaves them most of the time ({@link
 * SweepPace}).
 *
 * <p><b>Threads:</b> {@link #tick} and {@link #expires} by any; otherwise as {@link Sweeper}.
 * <b>Invariants:</b> {@link #earliest} is at most the expiry of any visible index entry that is not
 * swept yet, except for those whose commit has not returned yet.
 */
public final class ExpirySweeper extends Sweeper {
  private static final Logger LOG = SafeLogger.of(ExpirySweeper.class);

  private final Keyspaces keyspaces;
  private final PointReader reader;
  private final RangeScanner scanner;
  private final TimeSource clock;
  private final SweepPace pace;
  private final AtomicLong earliest;

  /**
   * Creates a sweeper at rest.
   *
   * @param executor runs the sweeps; may wait for the disk, never for a commit
   */
  public ExpirySweeper(
      Keyspaces keyspaces,
      PointReader reader,
      RangeScanner scanner,
      Committer committer,
      TimeSource clock,
      Executor executor,
      WorkSignal signal,
      SweepPace pace) {
    super("deleting expired entries", executor, signal, committer, () -> false);
    this.keyspaces = keyspaces;
    this.reader = reader;
    this.scanner = scanner;
    this.clock = clock;
    this.pace = pace;
    // An index that an earlier process left may hold entries that are due.
    boolean hasIndex = keyspaces.named(ExpiryIndex.KEYSPACE) != null;
    this.earliest = new AtomicLong(hasIndex ? 0 : Long.MAX_VALUE);
  }

  /**
   * Records that an entry with an expiry, in ms since the epoch, was committed.
   *
   * <p>It is called after the commit: a sweep that starts because of it must find the entry.
   */
  public void expires(long expiryMs) {
    earliest.accumulateAndGet(expiryMs, Math::min);
  }

  /**
   * Returns a lower bound, in ms since the epoch, of the time at which the next entry expires;
   * {@link Long#MAX_VALUE} if there is none.
   */
  long earliest() {
    return earliest.get();
  }

  @Override
  public void tick() {
    if (earliest.get() <= clock.currentTimeMs() && tryBegin()) {
      pace.begin();
      post(this::sweep);
    }
  }

  private void sweep() {
    KeyspaceTree index = keyspaces.named(ExpiryIndex.KEYSPACE);
    if (index == null) {
      rest();
    } else {
      new ExpiryStep(index).run();
    }
  }

  /** Deletes the next batch of expired entries. */
  private final class ExpiryStep implements Step {
    private final KeyspaceTree index;
    private SweepBatch batch = new SweepBatch();
    private long nowMs;
    private long fromMs;
    private int indexEntries;
    // The expiry of the first index entry that the batch leaves.
    private long nextExpiryMs;

    ExpiryStep(KeyspaceTree index) {
      this.index = index;
    }

    @Override
    public void run() {
      batch = new SweepBatch();
      nowMs = clock.currentTimeMs();
      indexEntries = 0;
      nextExpiryMs = Long.MAX_VALUE;
      fromMs = earliest.getAndSet(Long.MAX_VALUE);
      try {
        gather();
        if (indexEntries > 0) {
          commit(this, batch, null);
          return;
        }
      } catch (RuntimeException | Error e) {
        // The next sweep starts from the beginning of the index.
        earliest.set(0);
        throw e;
      }
      earliest.accumulateAndGet(nextExpiryMs, Math::min);
      rest();
    }

    @Override
    public void committed(long version) {
      earliest.accumulateAndGet(nextExpiryMs, Math::min);
      pace.committed();
      if (pace.isOver(nowMs - nextExpiryMs)) {
        rest();
      } else {
        post(this::run);
      }
    }

    @Override
    public void failed() {
      earliest.accumulateAndGet(fromMs, Math::min);
    }

    private void gather() {
      byte[] first = ExpiryIndex.firstAt(Math.max(0, fromMs));
      try (EngineCursor cursor = scanner.scan(index, first, null)) {
        while (!isStopped() && cursor.next()) {
          byte[] indexKey = Arrays.copyOf(cursor.key(), cursor.keyLength());
          long expiryMs = ExpiryIndex.expiryMs(indexKey);
          if (expiryMs > nowMs || indexEntries == SweepBatch.DELETIONS_MAX || batch.isFull()) {
            nextExpiryMs = expiryMs;
            return;
          }
          if (addDeletion(indexKey, valueOf(cursor), expiryMs, cursor.version())) {
            indexEntries++;
            batch.operations().delete(index.id(), indexKey);
          }
        }
      }
    }

    private static byte[] valueOf(EngineCursor cursor) {
      return cursor
          .valueSegment()
          .asSlice(cursor.valueOffset(), cursor.valueLength())
          .toArray(ValueLayout.JAVA_BYTE);
    }

    // Returns false for a key that cannot be read; its index entry stays until the next start.
    private boolean addDeletion(
        byte[] indexKey, byte[] indexValue, long expiryMs, long indexVersion) {
      KeyspaceTree tree = keyspaces.find(ExpiryIndex.keyspaceId(indexKey));
      if (tree == null) {
        return true;
      }
      byte[] key = ExpiryIndex.key(indexKey, indexValue);
      Lookup lookup = new Lookup();
      lookup.start(key, Limits.VERSION_MAX, false);
      lookup.withoutValue();
      boolean isPut;
      try {
        isPut = reader.get(tree, lookup) == Lookup.Outcome.FOUND && lookup.kind() == ValueKind.PUT;
      } catch (EngineException e) {
        if (e.failure() != Failure.CORRUPTION && e.failure() != Failure.READ_FAILED) {
          throw e;
        }
        LOG.log(Level.WARNING, "an expired key cannot be read: {0}", e.getMessage());
        return false;
      }
      if (isPut && lookup.expiryMs() == expiryMs) {
        batch.delete(tree, key, lookup.version(), lookup.valueLength());
      } else {
        // The key may be put again meanwhile, with the same expiry and so the same index entry.
        batch.conditions().version(index.id(), indexKey, indexVersion);
      }
      return true;
    }
  }
}
