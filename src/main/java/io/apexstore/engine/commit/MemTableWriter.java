package io.apexstore.engine.commit;

import io.apexstore.engine.background.BackgroundWork;
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
import io.apexstore.options.StoreOptions;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.function.LongConsumer;

/**
 * Where commits go behind the log: the active memtables, of which it decides when one is full.
 *
 * <p>All keyspaces share one budget for their active memtables. When it is used up, the largest is
 * sealed; when the log that a restart would replay exceeds four such budgets, the one whose oldest
 * commit is oldest is, so that a keyspace written now and then does not keep the log for ever. One
 * in which a range was deleted is sealed behind that, unless it is small: scans pass over what the
 * deletion hides without walking it where nothing newer is mixed in.
 *
 * <p><b>Threads:</b> {@link CommitTarget}'s methods and {@link #seal} by the pipeline's leader;
 * {@link #published} by any. <b>Invariants:</b> a memtable is sealed between groups only, so no
 * batch straddles two memtables of one keyspace; it is sealed before the next one shows, so whoever
 * reads at a version above its last one sees that it is sealed.
 */
public final class MemTableWriter implements CommitTarget {
  private static final int LOG_BUDGETS_MAX = 4;
  // A memtable with less than this part of the budget is not sealed for a range that was deleted.
  private static final int RANGE_BUDGET_PART = 4;
  // Tables hold each version of each fragment that somebody may read: where history is kept or
  // snapshots are many, of ranges within ranges the square of their number.
  private static final long FRAGMENT_VERSIONS_MAX = 2_000_000;

  private final Keyspaces keyspaces;
  private final MemoryChunks chunks;
  private final long memtableBytesMax;
  private final BackgroundWork background;
  private final LongConsumer versionReserve;
  private final Runnable writeHeldBack;
  private final ChangeSignal changeSignal;
  // Where a range was deleted since the last group was prepared.
  private final Set<KeyspaceTree> rangesDeletedIn = new HashSet<>();
  private final SnapshotList snapshots;
  private final boolean keepsHistory;
  // Those whose active memtable may hold something: a keyspace that nobody writes costs nothing.
  private final List<KeyspaceTree> written = new ArrayList<>();
  private long appliedVersion;
  private long bytesSinceLogCheck;
  private volatile long published;

  public MemTableWriter(
      Keyspaces keyspaces,
      MemoryChunks chunks,
      StoreOptions options,
      BackgroundWork background,
      LongConsumer versionReserve,
      Runnable writeHeldBack,
      ChangeSignal changeSignal,
      SnapshotList snapshots,
      long lastVersion) {
    this.keyspaces = keyspaces;
    this.chunks = chunks;
    this.memtableBytesMax = options.memtableBytesMax();
    this.background = background;
    this.versionReserve = versionReserve;
    this.writeHeldBack = writeHeldBack;
    this.changeSignal = changeSignal;
    this.appliedVersion = lastVersion;
    this.published = lastVersion;
    this.snapshots = snapshots;
    this.keepsHistory = options.historyRetention().toMillis() > 0;
    keyspaces.all().stream()
        .filter(tree -> tree.view().active().table.entryCount() > 0)
        .forEach(this::noteWritten);
  }

  /** The newest version that readers see. */
  public long published() {
    return published;
  }

  @Override
  public void prepare(Commit group) {
    long bytes = group.bytes();
    background.holdBackWriter(bytes);
    if (!rangesDeletedIn.isEmpty()) {
      sealBehindRanges();
    }
    sealBeforeRanges(group);
    long activeBytes = 0;
    KeyspaceTree largest = null;
    long largestBytes = 0;
    for (int i = 0; i < written.size(); i++) {
      KeyspaceTree tree = written.get(i);
      MemTable table = tree.view().active().table;
      long used = table.entryCount() == 0 ? 0 : table.memoryBytes();
      activeBytes += used;
      if (used > largestBytes) {
        largest = tree;
        largestBytes = used;
      }
    }
    if (largest != null && activeBytes >= memtableBytesMax) {
      seal(largest);
    }
    bytesSinceLogCheck += bytes;
    if (bytesSinceLogCheck >= memtableBytesMax / 4) {
      bytesSinceLogCheck = 0;
      KeyspaceTree behind = background.holdsTooMuchLog(LOG_BUDGETS_MAX * memtableBytesMax);
      if (behind != null) {
        seal(behind);
      }
    }
  }

  private void sealBehindRanges() {
    for (KeyspaceTree tree : rangesDeletedIn) {
      MemTable table = tree.view().active().table;
      if (table.memoryBytes() >= memtableBytesMax / RANGE_BUDGET_PART) {
        seal(tree);
      }
    }
    rangesDeletedIn.clear();
  }

  private void sealBeforeRanges(Commit group) {
    long versions = 0;
    long ranges = 0;
    for (Commit c = group; c != null; c = c.next) {
      versions += c.batch.ranges() > 0 ? 1 : 0;
      ranges += c.batch.ranges();
    }
    if (ranges == 0) {
      return;
    }
    // Whoever takes a snapshot from now on has it at the version published last, or of the group.
    long visibleMax = keepsHistory ? Long.MAX_VALUE : snapshots.size() + versions + 1;
    for (KeyspaceTree tree : List.copyOf(written)) {
      MemTable table = tree.view().active().table;
      if (table.rangeFragmentVersionsMax(versions, ranges, visibleMax) > FRAGMENT_VERSIONS_MAX) {
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
      put(tree, operation, version);
      if (!tree.isWritten) {
        noteWritten(tree);
      }
      if (operation.isRange()) {
        rangesDeletedIn.add(tree);
      }
    }
    appliedVersion = version;
  }

  private void noteWritten(KeyspaceTree tree) {
    tree.isWritten = true;
    written.add(tree);
  }

  /** Puts one operation of a commit into a keyspace's active memtable. */
  public static void put(KeyspaceTree tree, BatchReader operation, long version) {
    MemTable table = tree.view().active().table;
    if (operation.isRange()) {
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
  public void publish(long version) {
    published = version;
    changeSignal.published(version);
  }

  /** Seals the keyspace's active memtable, unless it is empty, and has it flushed. */
  public void seal(KeyspaceTree tree) {
    if (tree.view().active().table.entryCount() == 0) {
      return;
    }
    // The flush syncs the log up to here first, and must find it written.
    writeHeldBack.run();
    long last = appliedVersion;
    MemTableHandle next = new MemTableHandle(new MemTable(chunks), last);
    keyspaces.change(
        tree,
        view -> {
          ReadView after = view.withActive(next);
          view.active().seal(last); // Once nothing can fail any more: it takes no commit then.
          return after;
        });
    written.remove(tree);
    tree.isWritten = false;
    background.flushSoon();
  }

  /** Seals every memtable that holds anything; returns up to which version that is. */
  public long sealAll() {
    for (KeyspaceTree tree : List.copyOf(written)) {
      seal(tree);
    }
    return appliedVersion;
  }
}
