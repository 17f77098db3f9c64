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
 * What a reader of one keyspace sees: its memtables and its tables, as they were at one moment.
 * Each change (a memtable sealed, flushed, tables compacted) makes a new view; the old one keeps
 * what it names alive until its last reader has left.
 *
 * <p>A reader pins a view first and reads the published version afterwards, and then reads at the
 * smaller of that and {@link #newestVersion()}: a view whose active memtable has been sealed since
 * lacks the commits that came after.
 *
 * <p><b>Threads:</b> any. <b>Invariants:</b> the count of holders starts at one, for being current,
 * and never rises again from zero; what the view names is alive while it is above zero, or while a
 * reader that found the view current is inside a {@link ReadEpochs} section.
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

  public static ReadView of(MemTableHandle active, Version version) {
    return new ReadView(active, NONE, version);
  }

  /** Returns the view in which the active memtable is sealed and another takes its place. */
  public ReadView withActive(MemTableHandle newActive) {
    MemTableHandle[] nowSealed = new MemTableHandle[sealed.length + 1];
    nowSealed[0] = active;
    System.arraycopy(sealed, 0, nowSealed, 1, sealed.length);
    return new ReadView(newActive, nowSealed, version);
  }

  /** Returns the view in which the oldest sealed memtable has gone into the tables of a version. */
  public ReadView withOldestFlushed(Version newVersion) {
    MemTableHandle[] rest = new MemTableHandle[sealed.length - 1];
    System.arraycopy(sealed, 0, rest, 0, rest.length);
    return new ReadView(active, rest, newVersion);
  }

  /** Returns the view with other tables. */
  public ReadView withVersion(Version newVersion) {
    return new ReadView(active, sealed, newVersion);
  }

  public MemTableHandle active() {
    return active;
  }

  public int sealedCount() {
    return sealed.length;
  }

  /** The sealed memtable that is flushed next; there must be one. */
  public MemTableHandle oldestSealed() {
    return sealed[sealed.length - 1];
  }

  public MemTableHandle sealed(int index) {
    return sealed[index];
  }

  public Version version() {
    return version;
  }

  /** The newest version that this view holds whole. */
  public long newestVersion() {
    return active.sealedAt();
  }

  /** Whether no commit of the keyspace waits to be flushed. */
  public boolean isFlushed() {
    return sealed.length == 0 && active.table.entryCount() == 0;
  }

  /** The newest version up to which all commits of the keyspace are in tables. */
  public long flushedTo() {
    return (sealed.length == 0 ? active : oldestSealed()).afterVersion;
  }

  public Lookup.Outcome get(Lookup lookup) {
    Lookup.Outcome outcome = getFromMemory(lookup);
    return outcome == Lookup.Outcome.NOT_HERE ? version.get(lookup) : outcome;
  }

  /** Looks into the memtables only: they hold every commit after {@link #flushedTo}. */
  public Lookup.Outcome getFromMemory(Lookup lookup) {
    Lookup.Outcome outcome = active.table.get(lookup);
    for (int i = 0; i < sealed.length && outcome == Lookup.Outcome.NOT_HERE; i++) {
      outcome = sealed[i].table.get(lookup);
    }
    return outcome;
  }

  /**
   * Returns iterators as of a version over all that the view holds in a range, newest source first.
   * They may give entries outside of the range too.
   */
  public List<InternalIterator> iterators(
      long readVersion, byte @Nullable [] from, byte @Nullable [] to) {
    List<TombstoneSource> deleted = deletedRanges(readVersion, from, to);
    List<InternalIterator> sources = new ArrayList<>();
    if (active.table.entryCount() > 0) {
      sources.add(iterator(active, readVersion, deleted));
    }
    for (MemTableHandle memtable : sealed) {
      sources.add(iterator(memtable, readVersion, deleted));
    }
    version.addIterators(readVersion, from, to, deleted, sources);
    return sources;
  }

  private static InternalIterator iterator(
      MemTableHandle memtable, long readVersion, List<TombstoneSource> deleted) {
    // Before the walk begins: what is written meanwhile is not seen.
    long newest = Math.min(memtable.table.newestEntryVersion(), readVersion);
    InternalIterator entries = memtable.table.iterator(readVersion);
    return deleted.isEmpty()
        ? entries
        : new UncoveredIterator(entries, newest, deleted, readVersion);
  }

  /** Returns the ranges deleted that cover some of a range of keys, by the sources that say so. */
  private List<TombstoneSource> deletedRanges(
      long readVersion, byte @Nullable [] from, byte @Nullable [] to) {
    if (!hasDeletedRanges()) {
      return List.of();
    }
    List<TombstoneSource> deleted = new ArrayList<>();
    addDeletedRanges(active, readVersion, from, to, deleted);
    for (MemTableHandle memtable : sealed) {
      addDeletedRanges(memtable, readVersion, from, to, deleted);
    }
    version.addRangeTombstones(readVersion, from, to, deleted);
    return Collections.unmodifiableList(deleted);
  }

  private boolean hasDeletedRanges() {
    if (active.table.deletedRanges() != null || version.hasRangeTombstones()) {
      return true;
    }
    for (MemTableHandle memtable : sealed) {
      if (memtable.table.deletedRanges() != null) {
        return true;
      }
    }
    return false;
  }

  private static void addDeletedRanges(
      MemTableHandle memtable,
      long readVersion,
      byte @Nullable [] from,
      byte @Nullable [] to,
      List<TombstoneSource> into) {
    TombstoneSource ranges = memtable.table.deletedRanges();
    if (ranges != null && ranges.anyIn(from, to, 0, readVersion) > 0) {
      into.add(ranges);
    }
  }

  /**
   * Returns the version of a deletion of a range that is newer than another version and covers some
   * of a range of keys, 0 if there is none.
   */
  public long rangeDeleteSince(
      long since, long readVersion, byte @Nullable [] from, byte @Nullable [] to) {
    for (TombstoneSource ranges : deletedRanges(readVersion, from, to)) {
      long found = ranges.anyIn(from, to, since, readVersion);
      if (found > 0) {
        return found;
      }
    }
    return 0;
  }

  /**
   * Adds iterators as of a version over all sources that may hold entries of a range that are newer
   * than another version. They may give older entries too, and entries outside of the range.
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

  /** Holds the view, unless its last holder has left. */
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
