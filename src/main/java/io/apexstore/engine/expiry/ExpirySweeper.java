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
import java.util.List;
import java.util.concurrent.Executor;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/**
 * Deletes expired entries, so that their space is reclaimed and change feeds report the expiry.
 * Readers do not depend on it: they skip an entry from the moment it expires.
 *
 * <p>A sweep visits the keyspaces in which something is due, in turn, one batch each. It walks a
 * keyspace's part of the {@link ExpiryIndex} from the earliest time on:
 *
 * <pre>
 *   the entry has expired                        delete it and its index entry
 *   it is alive, and this is its index entry     move the index entry to the expiry
 *   it was deleted or written again since        delete the index entry
 *   the index entry is malformed, or names a
 *   keyspace that never existed                  delete it, and log that
 * </pre>
 *
 * <p>While others commit, the sweep leaves them most of the time ({@link SweepPace}).
 *
 * <p><b>Threads:</b> {@link #tick} and {@link #expires} by any; otherwise as {@link Sweeper}.
 * <b>Invariants:</b> {@link KeyspaceTree#expiryDueMs} is at most the time of any visible index
 * entry of the keyspace that is not swept yet, and {@link #earliest} at most that of any keyspace;
 * except for index entries whose commit has not returned yet, and before the keyspaces in the index
 * have been discovered after the start.
 */
public final class ExpirySweeper extends Sweeper {
  private static final Logger LOG = SafeLogger.of(ExpirySweeper.class);

  private final Keyspaces keyspaces;
  private final PointReader reader;
  private final RangeScanner scanner;
  private final TimeSource clock;
  private final SweepPace pace;
  private final AtomicLong earliest;

  // Confined to the running sweep: where to discover keyspaces in the index; null: all are known.
  private byte @Nullable [] discoverFrom;
  // Confined to the running sweep: the keyspace that was visited last, by its place in the list.
  private int visited;

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
    this.discoverFrom = hasIndex ? new byte[0] : null;
  }

  /**
   * Records that index entries were committed.
   *
   * <p>It is called after the commit: a sweep that starts because of it must find them.
   *
   * @param keyspaceId the keyspace that they belong to
   * @param timeMs the earliest of their times, in ms since the epoch
   */
  public void expires(int keyspaceId, long timeMs) {
    KeyspaceTree tree = keyspaces.find(keyspaceId);
    if (tree != null) {
      lower(tree.expiryDueMs(), timeMs);
      lower(earliest, timeMs);
    }
  }

  // Reads first: most commits lower nothing, and then nothing is written.
  private static void lower(AtomicLong bound, long timeMs) {
    if (timeMs < bound.get()) {
      bound.accumulateAndGet(timeMs, Math::min);
    }
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
      return;
    }
    if (discoverFrom != null) {
      new DiscoverStep(index).run();
      return;
    }
    KeyspaceTree due = nextDue(clock.currentTimeMs());
    if (due == null) {
      updateEarliest();
      rest();
    } else {
      new ExpiryStep(index, due).run();
    }
  }

  private @Nullable KeyspaceTree nextDue(long nowMs) {
    List<KeyspaceTree> all = keyspaces.all();
    for (int i = 0; i < all.size(); i++) {
      visited = (visited + 1) % all.size();
      if (all.get(visited).expiryDueMs().get() <= nowMs) {
        return all.get(visited);
      }
    }
    return null;
  }

  private long updateEarliest() {
    // In this order: a commit that lowers the bound of a keyspace meanwhile lowers this one again.
    earliest.set(Long.MAX_VALUE);
    for (KeyspaceTree tree : keyspaces.all()) {
      lower(earliest, tree.expiryDueMs().get());
    }
    return earliest.get();
  }

  private void goOn(long nowMs) {
    long nextMs = discoverFrom == null ? updateEarliest() : 0;
    if (discoverFrom == null && (nextMs > nowMs || pace.isOver(nowMs - nextMs))) {
      rest();
    } else {
      post(this::sweep);
    }
  }

  private static byte[] keyOf(EngineCursor cursor) {
    return Arrays.copyOf(cursor.key(), cursor.keyLength());
  }

  private static byte[] valueOf(EngineCursor cursor) {
    return cursor
        .valueSegment()
        .asSlice(cursor.valueOffset(), cursor.valueLength())
        .toArray(ValueLayout.JAVA_BYTE);
  }

  private static void addOddDeletion(SweepBatch batch, KeyspaceTree index, byte[] indexKey) {
    LOG.log(
        Level.WARNING,
        "the expiry index holds an entry with a key of {0} bytes that names nothing; it is deleted",
        indexKey.length);
    batch.operations().delete(index.id(), indexKey);
  }

  /**
   * Finds the keyspaces that have entries in the index which an earlier process left, and deletes
   * what belongs to none.
   */
  private final class DiscoverStep implements Step {
    private final KeyspaceTree index;
    private SweepBatch batch = new SweepBatch();
    private byte @Nullable [] next;

    DiscoverStep(KeyspaceTree index) {
      this.index = index;
    }

    @Override
    public void run() {
      batch = new SweepBatch();
      next = discoverFrom;
      while (next != null && !isStopped() && !isFull()) {
        discover(next);
      }
      if (batch.operations().operations() > 0) {
        commit(this, batch, null);
      } else {
        committed(0);
      }
    }

    private boolean isFull() {
      return batch.isFull() || batch.operations().operations() >= SweepBatch.DELETIONS_MAX;
    }

    private void discover(byte[] from) {
      try (EngineCursor cursor = scanner.scan(index, from, null)) {
        if (!cursor.next()) {
          next = null;
          return;
        }
        byte[] indexKey = keyOf(cursor);
        ExpiryIndex.Entry entry = ExpiryIndex.Entry.parse(indexKey, valueOf(cursor));
        KeyspaceTree tree = entry == null ? null : keyspaces.find(entry.keyspaceId());
        if (entry == null || tree == null) {
          addOddDeletion(batch, index, indexKey);
          next = Arrays.copyOf(indexKey, indexKey.length + 1);
        } else {
          lower(tree.expiryDueMs(), entry.timeMs());
          next = ExpiryIndex.firstOf(entry.keyspaceId() + 1);
        }
      }
    }

    @Override
    public void committed(long version) {
      discoverFrom = next;
      goOn(clock.currentTimeMs());
    }
  }

  /** Deletes the next batch of expired entries of a keyspace. */
  private final class ExpiryStep implements Step {
    private final KeyspaceTree index;
    private final KeyspaceTree tree;
    private SweepBatch batch = new SweepBatch();
    private long nowMs;
    private long fromMs;
    private int indexEntries;
    // The time of the first index entry that the batch leaves.
    private long nextMs;

    ExpiryStep(KeyspaceTree index, KeyspaceTree tree) {
      this.index = index;
      this.tree = tree;
    }

    @Override
    public void run() {
      batch = new SweepBatch();
      nowMs = clock.currentTimeMs();
      indexEntries = 0;
      nextMs = Long.MAX_VALUE;
      fromMs = tree.expiryDueMs().getAndSet(Long.MAX_VALUE);
      try {
        gather();
        if (indexEntries > 0) {
          commit(this, batch, null);
          return;
        }
      } catch (RuntimeException | Error e) {
        // The next sweep starts from the beginning of the keyspace's part.
        lower(tree.expiryDueMs(), 0);
        lower(earliest, 0);
        throw e;
      }
      lower(tree.expiryDueMs(), nextMs);
      goOn(nowMs);
    }

    @Override
    public void committed(long version) {
      lower(tree.expiryDueMs(), nextMs);
      pace.committed();
      goOn(nowMs);
    }

    @Override
    public void failed() {
      lower(tree.expiryDueMs(), fromMs);
      lower(earliest, fromMs);
    }

    private void gather() {
      byte[] first = ExpiryIndex.firstAt(tree.id(), Math.max(0, fromMs));
      byte[] end = ExpiryIndex.firstOf(tree.id() + 1);
      try (EngineCursor cursor = scanner.scan(index, first, end)) {
        while (!isStopped() && cursor.next()) {
          byte[] indexKey = keyOf(cursor);
          ExpiryIndex.Entry entry = ExpiryIndex.Entry.parse(indexKey, valueOf(cursor));
          if (entry == null) {
            addOddDeletion(batch, index, indexKey);
            indexEntries++;
            continue;
          }
          if (entry.timeMs() > nowMs
              || indexEntries >= SweepBatch.DELETIONS_MAX
              || batch.isFull()) {
            nextMs = entry.timeMs();
            return;
          }
          if (sweep(entry, indexKey, cursor.version())) {
            indexEntries++;
            batch.operations().delete(index.id(), indexKey);
          }
        }
      }
    }

    // Returns false for a key that cannot be read; its index entry stays until the next start.
    private boolean sweep(ExpiryIndex.Entry entry, byte[] indexKey, long indexVersion) {
      Lookup lookup = new Lookup();
      lookup.start(entry.key(), Limits.VERSION_MAX, false);
      lookup.withoutValue();
      boolean expires;
      try {
        expires =
            reader.get(tree, lookup) == Lookup.Outcome.FOUND
                && lookup.kind() == ValueKind.PUT
                && lookup.expiryMs() != Limits.NEVER_EXPIRES;
      } catch (EngineException e) {
        if (e.failure() != Failure.CORRUPTION && e.failure() != Failure.READ_FAILED) {
          throw e;
        }
        LOG.log(Level.WARNING, "an expired key cannot be read: {0}", e.getMessage());
        return false;
      }
      if (expires && lookup.expiryMs() <= nowMs) {
        // Several index entries may name it.
        if (batch.operations().operationOn(tree.id(), entry.key()) == null) {
          batch.delete(tree, entry.key(), lookup.version(), lookup.valueLength());
        }
        return true;
      }
      // The key may be put again meanwhile, with the same index entry.
      batch.conditions().version(index.id(), indexKey, indexVersion);
      if (expires && lookup.expiryMs() == entry.expiryMs()) {
        ExpiryIndex.add(
            batch.operations(),
            index.id(),
            tree.id(),
            entry.key(),
            entry.expiryMs(),
            Long.MAX_VALUE);
      }
      return true;
    }
  }
}
