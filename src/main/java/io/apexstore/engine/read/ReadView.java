package io.apexstore.engine.read;

import io.apexstore.engine.base.Lookup;
import io.apexstore.engine.iterator.InternalIterator;
import io.apexstore.engine.iterator.UncoveredIterator;
import io.apexstore.engine.tombstone.TombstoneSource;
import io.apexstore.engine.version.Version;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/**
 * The memtables and tables of one keyspace at one moment; what a reader pins. Sealing or flushing a
 * memtable and installing a compaction each create a new view. An old view keeps its memtables and
 * tables alive until its last reader has left.
 *
 * <p>A reader pins a view first, then reads the published version, and reads at the smaller of that
 * and {@link #newestVersion()}: a view whose active memtable was sealed in between lacks later
 * commits.
 *
 * <p><b>Threads:</b> any. <b>Invariants:</b> the number of holders starts at one, for the view
 * being current, and never rises again from zero; the memtables and tables are alive while it is
 * above zero, or while a reader that found the view current is inside a {@link ReadEpochs} section.
 */
public final class ReadView {
  private static final MemTableHandle[] NONE = {};

  private final MemTableHandle active;
  // From the newest to the oldest.
  private final MemTableHandle[] sealed;
  private final Version version;
  private final AtomicInteger holders = new AtomicInteger(1);

  private ReadView(MemTableHandle active, MemTableHandle[] sealed, Version version) {
    this.active = active;
    this.sealed = sealed;
    this.version = version;
    active.retain();
    for (MemTableHandle memtable : sealed) {
      memtable.retain();
    }
    version.retain();
  }

  /** Returns a view without sealed memtables. */
  public static ReadView of(MemTableHandle active, Version version) {
    return new ReadView(active, NONE, version);
  }

  /** Returns this view with its active memtable sealed and a new active one. */
  public ReadView withActive(MemTableHandle newActive) {
    MemTableHandle[] nowSealed = new MemTableHandle[sealed.length + 1];
    nowSealed[0] = active;
    System.arraycopy(sealed, 0, nowSealed, 1, sealed.length);
    return new ReadView(newActive, nowSealed, version);
  }

  /** Returns this view without its oldest sealed memtable, which the new version contains. */
  public ReadView withOldestFlushed(Version newVersion) {
    MemTableHandle[] rest = new MemTableHandle[sealed.length - 1];
    System.arraycopy(sealed, 0, rest, 0, rest.length);
    return new ReadView(active, rest, newVersion);
  }

  /** Returns this view with other tables. */
  public ReadView withVersion(Version newVersion) {
    return new ReadView(active, sealed, newVersion);
  }

  /** Returns the active memtable. */
  public MemTableHandle active() {
    return active;
  }

  /** Returns the number of sealed memtables. */
  public int sealedCount() {
    return sealed.length;
  }

  /** Returns the sealed memtable that is flushed next. There must be one. */
  public MemTableHandle oldestSealed() {
    return sealed[sealed.length - 1];
  }

  /** Returns a sealed memtable; index 0 is the newest. */
  public MemTableHandle sealed(int index) {
    return sealed[index];
  }

  /** Returns the tables. */
  public Version version() {
    return version;
  }

  /** Returns the newest version that this view is complete for. */
  public long newestVersion() {
    return active.sealedAt();
  }

  /** Returns whether the keyspace has no unflushed commit. */
  public boolean isFlushed() {
    return sealed.length == 0 && active.table.entryCount() == 0;
  }

  /** Returns the version up to which all commits of the keyspace are in tables. */
  public long flushedTo() {
    return (sealed.length == 0 ? active : oldestSealed()).afterVersion;
  }

  /** Reads the newest entry that the lookup may see, from memtables, then from tables. */
  public Lookup.Outcome get(Lookup lookup) {
    Lookup.Outcome outcome = getFromMemory(lookup);
    return outcome == Lookup.Outcome.NOT_HERE ? version.get(lookup) : outcome;
  }

  /** Reads the memtables only, which hold every commit after {@link #flushedTo}. */
  public Lookup.Outcome getFromMemory(Lookup lookup) {
    Lookup.Outcome outcome = active.table.get(lookup);
    for (int i = 0; i < sealed.length && outcome == Lookup.Outcome.NOT_HERE; i++) {
      outcome = sealed[i].table.get(lookup);
    }
    return outcome;
  }

  /**
   * Returns iterators, as of a version, over all sources of the view that may hold entries of a
   * range, newest source first. They may also give entries outside the range.
   */
  public List<InternalIterator> iterators(
      long readVersion, byte @Nullable [] from, byte @Nullable [] to) {
    List<TombstoneSource> tombstones = tombstoneSources(readVersion, from, to);
    List<InternalIterator> sources = new ArrayList<>();
    if (active.table.entryCount() > 0) {
      sources.add(iterator(active, readVersion, tombstones));
    }
    for (MemTableHandle memtable : sealed) {
      sources.add(iterator(memtable, readVersion, tombstones));
    }
    version.addIterators(readVersion, from, to, tombstones, sources);
    return sources;
  }

  private static InternalIterator iterator(
      MemTableHandle memtable, long readVersion, List<TombstoneSource> tombstones) {
    // Read before the iterator is created, which does not see later entries.
    long newest = Math.min(memtable.table.newestEntryVersion(), readVersion);
    InternalIterator entries = memtable.table.iterator(readVersion);
    return tombstones.isEmpty()
        ? entries
        : new UncoveredIterator(entries, newest, tombstones, readVersion);
  }

  /** Returns the sources whose range tombstones overlap a range of keys. */
  private List<TombstoneSource> tombstoneSources(
      long readVersion, byte @Nullable [] from, byte @Nullable [] to) {
    if (!hasDeletedRanges()) {
      return List.of();
    }
    List<TombstoneSource> tombstones = new ArrayList<>();
    addTombstones(active, readVersion, from, to, tombstones);
    for (MemTableHandle memtable : sealed) {
      addTombstones(memtable, readVersion, from, to, tombstones);
    }
    version.addRangeTombstones(readVersion, from, to, tombstones);
    return Collections.unmodifiableList(tombstones);
  }

  private boolean hasDeletedRanges() {
    if (active.table.rangeTombstones() != null || version.hasRangeTombstones()) {
      return true;
    }
    for (MemTableHandle memtable : sealed) {
      if (memtable.table.rangeTombstones() != null) {
        return true;
      }
    }
    return false;
  }

  private static void addTombstones(
      MemTableHandle memtable,
      long readVersion,
      byte @Nullable [] from,
      byte @Nullable [] to,
      List<TombstoneSource> into) {
    TombstoneSource ranges = memtable.table.rangeTombstones();
    if (ranges != null && ranges.anyIn(from, to, 0, readVersion) > 0) {
      into.add(ranges);
    }
  }

  /**
   * Returns the version of a range tombstone that is newer than a version and overlaps a range of
   * keys; 0 if there is none.
   */
  public long rangeTombstoneSince(
      long since, long readVersion, byte @Nullable [] from, byte @Nullable [] to) {
    for (TombstoneSource ranges : tombstoneSources(readVersion, from, to)) {
      long found = ranges.anyIn(from, to, since, readVersion);
      if (found > 0) {
        return found;
      }
    }
    return 0;
  }

  /**
   * Adds iterators, as of a version, over all sources that may hold entries of a range that are
   * newer than {@code since}. They may also give older entries, and entries outside the range.
   */
  public void addIteratorsSince(
      long since,
      long readVersion,
      byte @Nullable [] from,
      byte @Nullable [] to,
      List<InternalIterator> into) {
    if (active.table.maxVersion() > since) {
      into.add(active.table.iterator(readVersion));
    }
    for (MemTableHandle memtable : sealed) {
      if (memtable.table.maxVersion() > since) {
        into.add(memtable.table.iterator(readVersion));
      }
    }
    version.addIteratorsSince(since, readVersion, from, to, into);
  }

  /** Retains the view, unless its last holder has released it. */
  public boolean tryRetain() {
    int count;
    do {
      count = holders.get();
      if (count == 0) {
        return false;
      }
    } while (!holders.compareAndSet(count, count + 1));
    return true;
  }

  /** Releases one hold of the view; the last one releases its memtables and tables. */
  public void release() {
    if (holders.decrementAndGet() > 0) {
      return;
    }
    active.release();
    for (MemTableHandle memtable : sealed) {
      memtable.release();
    }
    version.release();
  }
}
