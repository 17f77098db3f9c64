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
 * One keyspace's tree of tables at one moment, open for reading. It never changes. {@code toString}
 * draws it.
 *
 * <p>The entries of a key at level 0 are newer than those at level 1, and so on. Within level 0, a
 * newer table holds newer entries. Below level 0, no two tables of a level hold the same key. So
 * the first source that holds an entry that a reader may see holds the newest one. A range
 * tombstone counts here as an entry of each of its keys.
 *
 * <p><b>Threads:</b> any. <b>Invariants:</b> every table is open, or can be opened, while the
 * version is retained. A new version has one reference, which belongs to the {@link VersionSet}
 * while the version is current. A reader holds a reference of its own, or ensures by other means
 * that one is held until it has finished.
 */
public final class Version {
  private final int keyspaceId;
  private final TreeShape shape;
  private final SortedRun[] runs;
  // By level; null for level 0 and for levels without range tombstones.
  private final @Nullable LevelTombstones[] levelTombstones;
  private final boolean hasRangeTombstones;
  private final Map<Long, TableHandle> handles;
  private final AtomicInteger references = new AtomicInteger(1);

  /** Creates a version that takes over one reference to each handle. */
  Version(int keyspaceId, TreeShape shape, Map<Long, TableHandle> handles) {
    this.keyspaceId = keyspaceId;
    this.shape = shape;
    this.handles = handles;
    this.runs = new SortedRun[shape.levelCount()];
    this.levelTombstones = new LevelTombstones[shape.levelCount()];
    boolean anyTombstones = false;
    for (int level = 0; level < runs.length; level++) {
      List<TableReader> tables = new ArrayList<>();
      for (TableMeta meta : shape.level(level)) {
        tables.add(table(meta.fileId()));
      }
      runs[level] = new SortedRun(shape.level(level), tables);
      int[] withTombstones = indexesWithTombstones(shape.level(level));
      anyTombstones |= withTombstones.length > 0;
      if (level > 0 && withTombstones.length > 0) {
        levelTombstones[level] = new LevelTombstones(runs[level], withTombstones);
      }
    }
    this.hasRangeTombstones = anyTombstones;
  }

  private static int[] indexesWithTombstones(List<TableMeta> tables) {
    return IntStream.range(0, tables.size())
        .filter(i -> tables.get(i).rangeTombstoneCount() > 0)
        .toArray();
  }

  /** The id of the keyspace that it belongs to. */
  public int keyspaceId() {
    return keyspaceId;
  }

  /** Its tables, level by level. */
  public TreeShape shape() {
    return shape;
  }

  /**
   * Finds the newest entry that a point read may see. It searches the tables of level 0 from the
   * newest to the oldest, then at most one table of each level.
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

  /** Whether a table holds range tombstones. */
  public boolean hasRangeTombstones() {
    return hasRangeTombstones;
  }

  /**
   * Adds the range tombstones that cover keys of a range, as of a version, newer sources first; see
   * {@link #addIterators}. It may read the disk.
   *
   * @param from first key of the range, null for no lower bound
   * @param to first key past the range, null for no upper bound
   */
  public void addRangeTombstones(
      long readVersion,
      byte @Nullable [] from,
      byte @Nullable [] to,
      List<? super TombstoneSource> into) {
    if (!hasRangeTombstones) {
      return;
    }
    for (int i = 0; i < shape.level(0).size(); i++) {
      if (shape.level(0).get(i).rangeTombstoneCount() > 0 && runs[0].overlaps(i, from, to)) {
        RangeTombstones ofTable = runs[0].table(i).rangeTombstones();
        if (ofTable.anyIn(from, to, 0, readVersion) > 0) {
          into.add(ofTable);
        }
      }
    }
    for (LevelTombstones ofLevel : levelTombstones) {
      if (ofLevel != null && ofLevel.anyIn(from, to, 0, readVersion) > 0) {
        into.add(ofLevel);
      }
    }
  }

  /**
   * Adds iterators, as of a version, over the entries of a key range, newer sources first: one for
   * each table of level 0, one for each level below. Tables without keys of the range, or without
   * entries that old, are left out. The others return entries outside of the range too.
   *
   * @param from first key of the range, null for no lower bound
   * @param to first key past the range, null for no upper bound
   * @param tombstones the range tombstones of this version and of newer sources; entries that they
   *     hide are skipped
   */
  public void addIterators(
      long readVersion,
      byte @Nullable [] from,
      byte @Nullable [] to,
      List<TombstoneSource> tombstones,
      List<InternalIterator> into) {
    for (int level = 0; level < runs.length; level++) {
      SortedRun run = runs[level];
      if (level == 0) {
        for (int i = 0; i < run.count(); i++) {
          if (run.minVersion(i) <= readVersion && run.overlaps(i, from, to)) {
            into.add(iterator(0, i, readVersion, tombstones));
          }
        }
      } else {
        int first = from == null ? 0 : run.firstEndingAtOrAfter(from);
        int end = to == null ? run.count() : run.firstBeginningAtOrAfter(to);
        int runLevel = level;
        if (first < end) {
          into.add(
              run.iteratorBy(
                  first, end - first, index -> iterator(runLevel, index, readVersion, tombstones)));
        }
      }
    }
  }

  private InternalIterator iterator(
      int level, int index, long readVersion, List<TombstoneSource> tombstones) {
    SortedRun run = runs[level];
    if (tombstones.isEmpty()) {
      return run.table(index).iterator(readVersion);
    }
    TableMeta meta = shape.level(level).get(index);
    if (isHidden(meta, readVersion, tombstones)) {
      return EmptyIterator.INSTANCE;
    }
    TableReader table = run.table(index);
    return new UncoveredIterator(
        table.iterator(readVersion), table.newestEntryVersion(), tombstones, readVersion);
  }

  // Whether one range tombstone hides all entries of a table, which then need not be opened.
  private static boolean isHidden(
      TableMeta meta, long readVersion, List<TombstoneSource> tombstones) {
    TombstoneSpan span = new TombstoneSpan();
    byte[] smallest = meta.smallestKey();
    byte[] largest = meta.largestKey();
    span.find(tombstones, smallest, smallest.length, readVersion);
    return span.version() > meta.maxVersion() && span.contains(largest, largest.length);
  }

  /**
   * Adds iterators, as of a version, over the tables that hold entries newer than another version
   * and that may hold keys of a range.
   *
   * @param since tables whose entries are all of this version or older are left out
   * @param from first key of the range, null for no lower bound
   * @param to first key past the range, null for no upper bound
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
   * Returns an iterator over all versions of all entries in tables of this version that do not
   * overlap.
   *
   * @param tables one or more, in ascending key order
   */
  public InternalIterator allVersions(List<TableMeta> tables) {
    List<TableReader> open = tables.stream().map(meta -> table(meta.fileId())).toList();
    return new SortedRun(tables, open).iterator(0, open.size(), TableReader::allVersions);
  }

  /**
   * Returns the range tombstones of some tables of this version, merged.
   *
   * @throws io.apexstore.engine.base.EngineException {@code CORRUPTION} or {@code READ_FAILED}
   */
  public RangeTombstones rangeTombstones(List<TableMeta> tables) {
    if (!hasRangeTombstones) {
      return RangeTombstones.NONE;
    }
    List<RangeTombstones> ofTables = new ArrayList<>();
    for (TableMeta meta : tables) {
      if (meta.rangeTombstoneCount() > 0) {
        ofTables.add(table(meta.fileId()).rangeTombstones());
      }
    }
    return RangeTombstones.merge(ofTables);
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
   * Opens the tables that are not open yet, one after the other.
   *
   * @param cancelled called before each table; the work ends when it returns true
   * @param onFailure receives the {@code READ_FAILED} of each table that could not be read; the
   *     others are opened nevertheless
   */
  public void openTables(BooleanSupplier cancelled, Consumer<EngineException> onFailure) {
    for (TableHandle handle : handles.values()) {
      if (cancelled.getAsBoolean()) {
        return;
      }
      try {
        handle.open();
      } catch (EngineException e) {
        onFailure.accept(e);
      }
    }
  }

  /** Off-heap bytes of the open tables: filters and indexes. */
  public long memoryBytes() {
    long bytes = 0;
    for (TableHandle handle : handles.values()) {
      bytes += handle.table().memoryBytes();
    }
    return bytes;
  }

  /** One line for each table that was found damaged: what was found first. */
  public List<String> damage() {
    return handles.values().stream()
        .map(handle -> handle.table().damage())
        .filter(Objects::nonNull)
        .sorted()
        .toList();
  }

  /**
   * Adds a reference. Another one must be held meanwhile.
   *
   * @throws IllegalStateException if the last reference was released
   */
  public Version retain() {
    if (!tryRetain()) {
      throw new IllegalStateException("the version was released");
    }
    return this;
  }

  /** Adds a reference unless the last one was released. */
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

  /**
   * Releases a reference. With the last one, tables that no other version refers to are closed.
   *
   * @throws IllegalStateException if it was released more often than retained
   */
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
