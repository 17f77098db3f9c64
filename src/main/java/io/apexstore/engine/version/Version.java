package io.apexstore.engine.version;

import io.apexstore.engine.base.EngineException;
import io.apexstore.engine.base.Lookup;
import io.apexstore.engine.base.Lookup.Outcome;
import io.apexstore.engine.iterator.EmptyIterator;
import io.apexstore.engine.iterator.InternalIterator;
import io.apexstore.engine.iterator.UncoveredIterator;
import io.apexstore.engine.manifest.TableMeta;
import io.apexstore.engine.sstable.TableReader;
import io.apexstore.engine.tombstone.RangeTombstones;
import io.apexstore.engine.tombstone.TombstoneSource;
import io.apexstore.engine.tombstone.TombstoneSpan;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * One keyspace's tree of tables at one moment, open for reading. It never changes; {@code toString}
 * draws it.
 *
 * <p>Of a key's entries those at level 0 are newer than those at level 1, and so on; within level 0
 * they are newer in a newer table; below level 0 no two tables of a level hold the same key. So the
 * first source that holds an entry a reader may see holds the newest. A deletion of a range counts
 * here as an entry of each of its keys.
 *
 * <p><b>Threads:</b> any. <b>Invariants:</b> every table is open, or can be opened, while the
 * version is retained. A version is born with one reference, which belongs to the {@link
 * VersionSet} while it is current. Whoever reads a version holds a reference of its own, or knows
 * by other means that one is held until it has finished.
 */
public final class Version {
  private final int keyspaceId;
  private final TreeShape shape;
  private final SortedRun[] runs;
  // Of the levels below 0; null where no range is deleted.
  private final @Nullable LevelTombstones[] levelRanges;
  private final boolean hasRanges;
  private final Map<Long, TableHandle> handles;
  private final AtomicInteger references = new AtomicInteger(1);

  /** Makes a version that takes over one reference to each handle. */
  Version(int keyspaceId, TreeShape shape, Map<Long, TableHandle> handles) {
    this.keyspaceId = keyspaceId;
    this.shape = shape;
    this.handles = handles;
    this.runs = new SortedRun[shape.levelCount()];
    this.levelRanges = new LevelTombstones[shape.levelCount()];
    boolean anyRanges = false;
    for (int level = 0; level < runs.length; level++) {
      List<TableReader> tables = new ArrayList<>();
      for (TableMeta meta : shape.level(level)) {
        tables.add(table(meta.fileId()));
      }
      runs[level] = new SortedRun(shape.level(level), tables);
      int[] ranged = indexesOfRanged(shape.level(level));
      anyRanges |= ranged.length > 0;
      if (level > 0 && ranged.length > 0) {
        levelRanges[level] = new LevelTombstones(runs[level], ranged);
      }
    }
    this.hasRanges = anyRanges;
  }

  private static int[] indexesOfRanged(List<TableMeta> tables) {
    return IntStream.range(0, tables.size())
        .filter(i -> tables.get(i).rangeTombstoneCount() > 0)
        .toArray();
  }

  /** The keyspace it belongs to. */
  public int keyspaceId() {
    return keyspaceId;
  }

  /** Its tables, level by level. */
  public TreeShape shape() {
    return shape;
  }

  /**
   * Looks for the newest entry that a point read may see: the tables of level 0 from the newest to
   * the oldest, then at most one table of each level.
   */
  public Outcome get(Lookup lookup) {
    SortedRun[] levels = runs;
    for (int level = 0; level < levels.length; level++) {
      Outcome outcome =
          level == 0 ? levels[0].getFromEach(lookup) : levels[level].getFromOne(lookup);
      if (outcome != Outcome.NOT_HERE) {
        return outcome;
      }
    }
    return Outcome.NOT_HERE;
  }

  /** Whether a table says that a range was deleted. */
  public boolean hasDeletedRanges() {
    return hasRanges;
  }

  /**
   * Adds what the tables say was deleted of a range of keys, if they say so; see {@link
   * #addIterators}. It may read the disk.
   */
  public void addDeletedRanges(
      long readVersion,
      byte @Nullable [] from,
      byte @Nullable [] to,
      List<? super TombstoneSource> into) {
    if (!hasRanges) {
      return;
    }
    for (int i = 0; i < shape.level(0).size(); i++) {
      if (shape.level(0).get(i).rangeTombstoneCount() > 0 && runs[0].overlaps(i, from, to)) {
        RangeTombstones ofTable = runs[0].table(i).deletedRanges();
        if (ofTable.anyIn(from, to, 0, readVersion) > 0) {
          into.add(ofTable);
        }
      }
    }
    for (LevelTombstones ofLevel : levelRanges) {
      if (ofLevel != null && ofLevel.anyIn(from, to, 0, readVersion) > 0) {
        into.add(ofLevel);
      }
    }
  }

  /**
   * Adds iterators as of a version over all that the tables hold in a range of keys, newer sources
   * first: one for each table of level 0, one for each level below. Tables that hold nothing of the
   * range or nothing so old are left out; the others give entries outside of the range too.
   *
   * @param from first key of the range, null for no lower end
   * @param to first key past the range, null for no upper end
   * @param deleted what was deleted of the range, here and in newer sources: what it hides is not
   *     given, and not walked over
   */
  public void addIterators(
      long readVersion,
      byte @Nullable [] from,
      byte @Nullable [] to,
      List<TombstoneSource> deleted,
      List<InternalIterator> into) {
    for (int level = 0; level < runs.length; level++) {
      SortedRun run = runs[level];
      if (level == 0) {
        for (int i = 0; i < run.count(); i++) {
          if (run.minVersion(i) <= readVersion && run.overlaps(i, from, to)) {
            into.add(iterator(0, i, readVersion, deleted));
          }
        }
      } else {
        int first = from == null ? 0 : run.firstEndingAtOrAfter(from);
        int end = to == null ? run.count() : run.firstBeginningAtOrAfter(to);
        int itsLevel = level;
        if (first < end) {
          into.add(
              run.iteratorBy(
                  first, end - first, index -> iterator(itsLevel, index, readVersion, deleted)));
        }
      }
    }
  }

  private InternalIterator iterator(
      int level, int index, long readVersion, List<TombstoneSource> deleted) {
    SortedRun run = runs[level];
    if (deleted.isEmpty()) {
      return run.table(index).iterator(readVersion);
    }
    TableMeta meta = shape.level(level).get(index);
    if (isHidden(meta, readVersion, deleted)) {
      return EmptyIterator.INSTANCE;
    }
    TableReader table = run.table(index);
    return new UncoveredIterator(
        table.iterator(readVersion), table.newestEntryVersion(), deleted, readVersion);
  }

  // Whether one deletion hides all of a table, which then need not be opened.
  private static boolean isHidden(TableMeta meta, long readVersion, List<TombstoneSource> deleted) {
    TombstoneSpan stretch = new TombstoneSpan();
    byte[] smallest = meta.smallestKey();
    byte[] largest = meta.largestKey();
    stretch.find(deleted, smallest, smallest.length, readVersion);
    return stretch.version() > meta.maxVersion() && stretch.holds(largest, largest.length);
  }

  /**
   * Adds iterators as of a version over the tables that hold entries newer than another version and
   * may hold some of a range.
   */
  public void addIteratorsSince(
      long since,
      long readVersion,
      byte @Nullable [] from,
      byte @Nullable [] to,
      List<InternalIterator> into) {
    for (int level = 0; level < runs.length; level++) {
      SortedRun run = runs[level];
      for (int i = 0; i < run.count(); i++) {
        if (shape.level(level).get(i).maxVersion() > since
            && run.minVersion(i) <= readVersion
            && run.overlaps(i, from, to)) {
          into.add(run.table(i).iterator(readVersion));
        }
      }
    }
  }

  /**
   * Returns an iterator over all versions in tables of this version whose ranges do not overlap.
   *
   * @param tables one or more, by rising keys
   */
  public InternalIterator allVersions(List<TableMeta> tables) {
    List<TableReader> open = tables.stream().map(meta -> table(meta.fileId())).toList();
    return new SortedRun(tables, open).iterator(0, open.size(), TableReader::allVersions);
  }

  /**
   * Returns what some tables of this version say was deleted, together.
   *
   * @throws io.apexstore.engine.base.EngineException {@code CORRUPTION} or {@code READ_FAILED}
   */
  public RangeTombstones deletedRanges(List<TableMeta> tables) {
    if (!hasRanges) {
      return RangeTombstones.NONE;
    }
    List<RangeTombstones> parts = new ArrayList<>();
    for (TableMeta meta : tables) {
      if (meta.rangeTombstoneCount() > 0) {
        parts.add(table(meta.fileId()).deletedRanges());
      }
    }
    return RangeTombstones.merge(parts);
  }

  // The table must belong to this version.
  TableReader table(long fileId) {
    TableHandle handle = handles.get(fileId);
    if (handle == null) {
      throw new IllegalArgumentException("table " + fileId + " is not in this version");
    }
    return handle.table();
  }

  /**
   * Opens those of its tables that nobody has read yet, one after the other.
   *
   * @param gaveUp asked before each table; ends the work if true
   * @param onFailure is told of each table that the storage failed, {@code READ_FAILED}; the others
   *     are opened all the same
   */
  public void openTables(BooleanSupplier gaveUp, Consumer<EngineException> onFailure) {
    for (TableHandle handle : handles.values()) {
      if (gaveUp.getAsBoolean()) {
        return;
      }
      try {
        handle.open();
      } catch (EngineException e) {
        onFailure.accept(e);
      }
    }
  }

  /** Bytes outside the heap that its open tables take: filters and indexes. */
  public long memoryBytes() {
    long bytes = 0;
    for (TableHandle handle : handles.values()) {
      bytes += handle.table().memoryBytes();
    }
    return bytes;
  }

  /** Why those of its tables cannot be read that were found damaged, one line each. */
  public List<String> damage() {
    return handles.values().stream()
        .map(handle -> handle.table().damage())
        .filter(Objects::nonNull)
        .map(damage -> String.valueOf(damage.getMessage()))
        .sorted()
        .toList();
  }

  /** Adds a reference; requires that one is held meanwhile. */
  public Version retain() {
    if (!tryRetain()) {
      throw new IllegalStateException("the version was released");
    }
    return this;
  }

  /** Adds a reference unless the last one is gone. */
  boolean tryRetain() {
    int count = references.get();
    while (count > 0) {
      if (references.compareAndSet(count, count + 1)) {
        return true;
      }
      count = references.get();
    }
    return false;
  }

  /** Takes a reference back; with the last one, tables that no other version holds are closed. */
  public void release() {
    int left = references.decrementAndGet();
    if (left == 0) {
      handles.values().forEach(TableHandle::release);
    } else if (left < 0) {
      throw new IllegalStateException("the version was released more often than retained");
    }
  }

  @Override
  public String toString() {
    return shape.toString();
  }

  /** Returns the handle of a file id, or null. */
  @Nullable TableHandle handle(long fileId) {
    return handles.get(fileId);
  }

  /** The handles of all tables. */
  Iterable<TableHandle> handles() {
    return handles.values();
  }
}
