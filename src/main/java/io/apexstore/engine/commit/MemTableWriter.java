package io.apexstore.engine.commit;

import io.apexstore.engine.base.Batch;
import io.apexstore.engine.base.BatchReader;
import io.apexstore.engine.feed.ChangeSignal;
import io.apexstore.engine.keyspace.KeyspaceTree;
import io.apexstore.engine.keyspace.Keyspaces;
import io.apexstore.engine.memtable.MemTable;
import io.apexstore.engine.memtable.MemoryChunks;
import io.apexstore.engine.read.MemTableHandle;
import io.apexstore.engine.read.ReadView;
import io.apexstore.engine.version.SnapshotList;
import io.apexstore.engine.version.VersionTimeIndex;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.function.LongConsumer;

/**
 * The writer of the active memtables, which take commits after the log. It decides when a memtable
 * is full.
 *
 * <p>All keyspaces share one budget for their active memtables. When it is used up, the largest
 * memtable is sealed. When the log that a restart would replay exceeds four such budgets, the
 * memtable with the oldest commit is sealed, so that a rarely written keyspace does not keep the
 * log for ever. A memtable with a new range tombstone is sealed after the group, unless it is
 * small: a scan skips a covered range without reading it if nothing newer is mixed in.
 *
 * <p><b>Threads:</b> {@link CommitTarget}'s methods and {@link #seal} by the pipeline's leader;
 * {@link #published} by any. <b>Invariants:</b> a memtable is sealed only between groups, so no
 * batch straddles two memtables of one keyspace; it is sealed before the next one is visible, so a
 * reader at a version above its last one sees that it is sealed.
 */
public final class MemTableWriter implements CommitTarget {
  private static final int LOG_BUDGETS_MAX = 4;
  // A memtable below this part of the budget is not sealed because of a range tombstone.
  private static final int TOMBSTONE_BUDGET_PART = 4;
  // A table contains each version of each tombstone fragment that a reader may need. With history
  // or
  // many snapshots, nested ranges need as many as the square of their number.
  private static final long FRAGMENT_VERSIONS_MAX = 2_000_000;

  private final Keyspaces keyspaces;
  private final MemoryChunks chunks;
  private final long memtableBytesMax;
  private final FlushScheduler flushes;
  private final LongConsumer versionReserve;
  private final Runnable writeHeldBack;
  private final ChangeSignal changeSignal;
  // The keyspaces that got a range tombstone since the last group was prepared.
  private final Set<KeyspaceTree> withNewTombstones = new HashSet<>();
  private final SnapshotList snapshots;
  private final VersionTimeIndex versionTimes;
  private final boolean keepsHistory;
  // Those whose active memtable may not be empty: a keyspace that is not written costs nothing.
  private final List<KeyspaceTree> written = new ArrayList<>();
  // The arena bytes of their active memtables.
  private long activeBytes;
  private long appliedVersion;
  private long bytesSinceLogCheck;
  private volatile long published;

  /**
   * Creates the writer of all keyspaces.
   *
   * @param memtableBytesMax the budget of all active memtables together
   * @param keepsHistory whether old versions stay readable for a time
   * @param versionReserve reserves versions durably up to the given one
   * @param writeHeldBack writes commits that are in memory only to the log
   * @param versionTimes is notified of the commit time of each group before it is published
   * @param lastVersion the newest version that was recovered
   */
  public MemTableWriter(
      Keyspaces keyspaces,
      MemoryChunks chunks,
      long memtableBytesMax,
      boolean keepsHistory,
      FlushScheduler flushes,
      LongConsumer versionReserve,
      Runnable writeHeldBack,
      ChangeSignal changeSignal,
      SnapshotList snapshots,
      VersionTimeIndex versionTimes,
      long lastVersion) {
    this.keyspaces = keyspaces;
    this.chunks = chunks;
    this.memtableBytesMax = memtableBytesMax;
    this.flushes = flushes;
    this.versionReserve = versionReserve;
    this.writeHeldBack = writeHeldBack;
    this.changeSignal = changeSignal;
    this.appliedVersion = lastVersion;
    this.published = lastVersion;
    this.snapshots = snapshots;
    this.versionTimes = versionTimes;
    this.keepsHistory = keepsHistory;
    keyspaces.all().stream()
        .filter(tree -> tree.view().active().table.entryCount() > 0)
        .forEach(this::noteWritten);
  }

  /** Returns the newest version that readers see. */
  public long published() {
    return published;
  }

  @Override
  public void prepare(Commit group) {
    long bytes = group.bytes();
    flushes.holdBackWriter(bytes);
    if (!withNewTombstones.isEmpty()) {
      sealAfterTombstones();
    }
    sealBeforeTombstones(group);
    if (activeBytes >= memtableBytesMax) {
      sealLargest();
    }
    bytesSinceLogCheck += bytes;
    if (bytesSinceLogCheck >= memtableBytesMax / 4) {
      bytesSinceLogCheck = 0;
      KeyspaceTree oldest = flushes.holdsTooMuchLog(LOG_BUDGETS_MAX * memtableBytesMax);
      if (oldest != null) {
        seal(oldest);
      }
    }
  }

  private void sealLargest() {
    KeyspaceTree largest = null;
    long largestBytes = 0;
    for (KeyspaceTree tree : written) {
      long used = tree.view().active().table.memoryBytes();
      if (used > largestBytes) {
        largest = tree;
        largestBytes = used;
      }
    }
    if (largest != null) {
      seal(largest);
    }
  }

  private void sealAfterTombstones() {
    for (KeyspaceTree tree : withNewTombstones) {
      MemTable table = tree.view().active().table;
      if (table.memoryBytes() >= memtableBytesMax / TOMBSTONE_BUDGET_PART) {
        seal(tree);
      }
    }
    withNewTombstones.clear();
  }

  private void sealBeforeTombstones(Commit group) {
    long versions = 0;
    long ranges = 0;
    for (Commit c = group; c != null; c = c.next) {
      versions += c.batch.rangeDeleteCount() > 0 ? 1 : 0;
      ranges += c.batch.rangeDeleteCount();
    }
    if (ranges == 0) {
      return;
    }
    // A snapshot taken from now on is at the version published last, or at one of the group.
    long visibleMax = keepsHistory ? Long.MAX_VALUE : snapshots.size() + versions + 1;
    for (KeyspaceTree tree : List.copyOf(written)) {
      MemTable table = tree.view().active().table;
      if (table.fragmentVersionsMax(versions, ranges, visibleMax) > FRAGMENT_VERSIONS_MAX) {
        seal(tree);
      }
    }
  }

  @Override
  public void reserveVersions(long upTo) {
    versionReserve.accept(upTo);
  }

  @Override
  public void apply(Batch batch, long version) {
    BatchReader operation = batch.reader();
    while (operation.next()) {
      KeyspaceTree tree = keyspaces.get(operation.keyspaceId());
      MemTable table = tree.view().active().table;
      long before = table.memoryBytes();
      put(table, operation, version);
      if (tree.isWritten) {
        activeBytes += table.memoryBytes() - before;
      } else {
        noteWritten(tree);
      }
      if (operation.isRangeDelete()) {
        withNewTombstones.add(tree);
      }
    }
    appliedVersion = version;
  }

  private void noteWritten(KeyspaceTree tree) {
    tree.isWritten = true;
    written.add(tree);
    activeBytes += tree.view().active().table.memoryBytes();
  }

  /** Adds one operation of a commit to a keyspace's active memtable. */
  public static void put(KeyspaceTree tree, BatchReader operation, long version) {
    put(tree.view().active().table, operation, version);
  }

  private static void put(MemTable table, BatchReader operation, long version) {
    if (operation.isRangeDelete()) {
      table.deleteRange(operation.key(), operation.rangeEnd(), version);
      return;
    }
    byte[] bytes = operation.bytes();
    table.put(
        bytes,
        operation.keyOffset(),
        operation.keyLength(),
        version,
        operation.kind(),
        operation.expiryMs(),
        bytes,
        operation.valueOffset(),
        operation.valueLength());
  }

  @Override
  public void publish(long version, long commitTimeMs) {
    versionTimes.publishing(commitTimeMs, published, version);
    published = version;
    changeSignal.published(version);
  }

  /** Seals the keyspace's active memtable and schedules its flush; does nothing if it is empty. */
  public void seal(KeyspaceTree tree) {
    MemTable table = tree.view().active().table;
    if (table.entryCount() == 0) {
      return;
    }
    long bytes = table.memoryBytes();
    // The flush first syncs the log up to here, so everything must be written.
    writeHeldBack.run();
    long last = appliedVersion;
    MemTableHandle next = new MemTableHandle(new MemTable(chunks), last);
    keyspaces.change(
        tree,
        view -> {
          ReadView after = view.withActive(next);
          view.active().seal(last); // Last: a sealed memtable takes no commit if this fails.
          return after;
        });
    written.remove(tree);
    tree.isWritten = false;
    activeBytes = written.isEmpty() ? 0 : activeBytes - bytes;
    flushes.sealed(bytes);
  }

  /** Seals every memtable that is not empty; returns the version up to which that is. */
  public long sealAll() {
    for (KeyspaceTree tree : List.copyOf(written)) {
      seal(tree);
    }
    return appliedVersion;
  }
}
