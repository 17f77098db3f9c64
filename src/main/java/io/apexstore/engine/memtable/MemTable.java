package io.apexstore.engine.memtable;

import io.apexstore.engine.base.Limits;
import io.apexstore.engine.base.Lookup;
import io.apexstore.engine.base.ValueKind;
import io.apexstore.engine.iterator.InternalIterator;
import io.apexstore.engine.tombstone.RangeTombstones;
import io.apexstore.engine.tombstone.TombstoneSource;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/**
 * The sorted table in memory that takes commits until it is sealed and flushed: all versions of all
 * keys, off-heap, readable while it is written.
 *
 * <p>It is a B+-tree whose nodes are published by storing single words ({@link KeyTree}). Each key
 * has a chain of its entries, newest first. Overwriting a key adds one entry and stores one
 * reference. Range tombstones are kept beside the tree, on the heap.
 *
 * <p><b>Threads:</b> {@link #put} and {@link #deleteRange} belong to the single writer; different
 * threads may take turns if something between them orders their turns (a lock). Everything else may
 * be called by any thread at any time; readers take no lock and never wait. {@link #release} is
 * called when the last reader has left.
 *
 * <p><b>Invariants:</b> the writer inserts all entries of a commit before it publishes the commit's
 * version; a reader loads the published version first and reads at that version or below. So it
 * finds all entries that it may see, whatever the writer does meanwhile; it skips entries of
 * commits that are not published yet by their version. An entry in the table does not change until
 * the table is released.
 */
public final class MemTable {
  private final MemTableFootprint memory;
  private final KeyTree tree;
  private final KeyTreeWriter writer;
  private final AtomicLong entryCount = new AtomicLong();
  private final AtomicLong tombstoneCount = new AtomicLong();
  private final AtomicLong minVersion = new AtomicLong(Long.MAX_VALUE);
  private final AtomicLong maxVersion = new AtomicLong();
  private final AtomicLong newestEntryVersion = new AtomicLong();
  private final AtomicLong rangeTombstoneBytes = new AtomicLong();
  // Null until the first range delete; written before that commit is published.
  private volatile @Nullable MemTableTombstones rangeTombstones;

  /** Creates an empty table, which holds no chunk until the first put. */
  public MemTable(MemoryChunks pool) {
    memory = new MemTableFootprint(pool);
    tree = new KeyTree(memory);
    writer = new KeyTreeWriter(tree);
  }

  /**
   * Adds an entry. If this throws, the table is as before, except for memory that stays allocated.
   *
   * @param version greater than that of any entry of the key in the table, above 0
   * @param expiryMs the time at which the entry expires, in ms since the epoch; {@link
   *     Limits#NEVER_EXPIRES} if never
   * @param value ignored for a tombstone, whose {@code valueLength} is 0
   * @throws IllegalArgumentException if a length or the version is not allowed
   * @throws OutOfMemoryError if no memory could be allocated
   * @throws io.apexstore.engine.base.EngineException if the table was released
   */
  public void put(
      byte[] key,
      int keyOffset,
      int keyLength,
      long version,
      ValueKind kind,
      long expiryMs,
      byte[] value,
      int valueOffset,
      int valueLength) {
    check(keyLength, version, kind, valueLength);
    boolean expires = expiryMs != Limits.NEVER_EXPIRES;
    int entry = memory.allocateEntry(EntryFormat.size(keyLength, valueLength, expires));
    MemorySegment s = memory.segment(entry);
    long at = MemTableFootprint.offset(entry);
    EntryFormat.write(
        s, at, key, keyOffset, keyLength, version, kind, expiryMs, value, valueOffset, valueLength);
    writer.insert(entry, key, keyOffset, keyLength, version);
    entryCount.setOpaque(entryCount.getPlain() + 1);
    if (kind == ValueKind.DELETE) {
      tombstoneCount.setOpaque(tombstoneCount.getPlain() + 1);
    }
    if (version > newestEntryVersion.getPlain()) {
      newestEntryVersion.setOpaque(version);
    }
    recordVersion(version);
  }

  /**
   * Adds a range tombstone, which hides the entries of lower versions in a range. It counts as an
   * entry. A range without keys is ignored.
   *
   * @param from first key; empty for no bound. Must not be changed
   * @param to first key past the range; null: no bound. Must not be changed
   * @param version not less than that of any entry in the table, above 0
   * @throws io.apexstore.engine.base.EngineException if the table was released
   */
  public void deleteRange(byte[] from, byte @Nullable [] to, long version) {
    checkNotReleased();
    MemTableTombstones known = rangeTombstones;
    MemTableTombstones own = known == null ? new MemTableTombstones() : known;
    long bytes = own.add(from, to, version);
    if (bytes == 0 && known == null) {
      return;
    }
    rangeTombstones = own;
    rangeTombstoneBytes.setOpaque(rangeTombstoneBytes.getPlain() + bytes);
    entryCount.setOpaque(entryCount.getPlain() + 1);
    tombstoneCount.setOpaque(tombstoneCount.getPlain() + 1);
    recordVersion(version);
  }

  private void recordVersion(long version) {
    if (version > maxVersion.getPlain()) {
      maxVersion.setOpaque(version);
    }
    if (version < minVersion.getPlain()) {
      minVersion.setOpaque(version);
    }
  }

  private static void check(int keyLength, long version, ValueKind kind, int valueLength) {
    if (keyLength < Limits.KEY_BYTES_MIN || keyLength > Limits.KEY_BYTES_MAX) {
      throw new IllegalArgumentException(
          "key of " + keyLength + " bytes, allowed are 1 to " + Limits.KEY_BYTES_MAX);
    }
    int valueMax = kind == ValueKind.PUT ? Limits.VALUE_BYTES_MAX : 0;
    if (valueLength < 0 || valueLength > valueMax) {
      throw new IllegalArgumentException(
          "value of " + valueLength + " bytes, allowed are 0 to " + valueMax);
    }
    if (version <= 0) {
      throw new IllegalArgumentException("version " + version + ", allowed are 1 and up");
    }
  }

  /**
   * Passes the newest entry of the key that the lookup may see to {@link Lookup#found}, or a newer
   * range tombstone that covers the key to {@link Lookup#foundRangeTombstone}. A table without
   * range tombstones allocates nothing beyond what {@code found} allocates.
   *
   * @return {@link Lookup.Outcome#FOUND} or {@link Lookup.Outcome#NOT_HERE}
   * @throws io.apexstore.engine.base.EngineException if the table was released
   */
  public Lookup.Outcome get(Lookup lookup) {
    checkNotReleased();
    MemTableTombstones tombstones = rangeTombstones;
    if (tombstones != null) {
      return get(lookup, tombstones);
    }
    return getEntry(lookup, 0);
  }

  private Lookup.Outcome get(Lookup lookup, MemTableTombstones tombstones) {
    long covering =
        tombstones.newestCovering(lookup.key(), lookup.keyLength(), lookup.readVersion());
    if (getEntry(lookup, covering) == Lookup.Outcome.FOUND) {
      return Lookup.Outcome.FOUND;
    }
    if (covering == 0) {
      return Lookup.Outcome.NOT_HERE;
    }
    lookup.foundRangeTombstone(covering);
    return Lookup.Outcome.FOUND;
  }

  // Looks for an entry that is not older than a version.
  private Lookup.Outcome getEntry(Lookup lookup, long notBefore) {
    int entry = tree.newestEntry(lookup.key(), 0, lookup.keyLength());
    long readVersion = lookup.readVersion();
    while (entry != 0) {
      MemorySegment s = memory.segment(entry);
      long at = MemTableFootprint.offset(entry);
      long version = EntryFormat.version(s, at);
      if (version < notBefore) {
        return Lookup.Outcome.NOT_HERE;
      }
      if (version <= readVersion) {
        int meta = EntryFormat.meta(s, at);
        lookup.found(
            EntryFormat.kind(meta),
            version,
            EntryFormat.expiryMs(s, at, meta),
            s,
            EntryFormat.keyAt(at, meta) + EntryFormat.keyLength(meta),
            EntryFormat.valueLength(s, at));
        return Lookup.Outcome.FOUND;
      }
      entry = EntryFormat.older(s, at);
    }
    return Lookup.Outcome.NOT_HERE;
  }

  /**
   * Returns an iterator as of a version, which walks in either direction and can be positioned any
   * number of times; see {@link InternalIterator}.
   */
  public InternalIterator iterator(long readVersion) {
    checkNotReleased();
    return new MemTableIterator(tree, readVersion, false);
  }

  /**
   * Returns an iterator over all versions, forwards only. On a table that is still written it gives
   * every entry that was put before it was positioned, and possibly some that were put later.
   */
  public InternalIterator allVersions() {
    checkNotReleased();
    return new MemTableIterator(tree, Limits.VERSION_MAX, true);
  }

  /** Returns the range tombstones, or null if there are none. */
  public @Nullable TombstoneSource rangeTombstones() {
    return rangeTombstones;
  }

  /**
   * Returns the range tombstones cut into fragments, for a table. Nothing may be written meanwhile.
   *
   * @param largestKeyBelow the greatest key in the sources below this table, null if they have
   *     none: a range without an upper bound ends there, or at the greatest key of this table
   * @param visible the versions, ascending, at which readers may read; readers may also read at all
   *     versions above the last of them. Of the range tombstones in one snapshot stripe, only the
   *     newest that covers a key is kept
   */
  public RangeTombstones fragmentRangeTombstones(
      byte @Nullable [] largestKeyBelow, long[] visible) {
    MemTableTombstones tombstones = rangeTombstones;
    if (tombstones == null) {
      return RangeTombstones.NONE;
    }
    byte[] largest = largestKeyBelow == null ? new byte[0] : largestKeyBelow;
    if (tombstones.isUnbounded()) {
      try (InternalIterator entries = iterator(Limits.VERSION_MAX)) {
        entries.seekToLast();
        if (entries.isValid()) {
          byte[] own = Arrays.copyOf(entries.key(), entries.keyLength());
          largest = Arrays.compareUnsigned(own, largest) > 0 ? own : largest;
        }
      }
    }
    return tombstones.fragments(largest, visible);
  }

  /**
   * Returns the exact bytes of entries and nodes, with entries rounded up to eight bytes, plus the
   * approximate bytes of range tombstones. Never decreases.
   */
  public long memoryBytes() {
    return memory.usedBytes() + rangeTombstoneBytes.getOpaque();
  }

  /** Returns the bytes of all chunks that the table holds, their unused parts included. */
  long chunkBytes() {
    return memory.heldBytes();
  }

  /** Returns the exact bytes that the entry of one put takes, without nodes. */
  static long entryBytes(int keyLength, int valueLength, boolean expires) {
    return MemTableFootprint.roundUp(EntryFormat.size(keyLength, valueLength, expires));
  }

  /**
   * Returns an upper bound of the bytes of nodes that {@code putCount} puts can take: in the worst
   * case each of them splits its leaf and all nodes above it, as long as there are full nodes.
   * Called by the writer.
   */
  long nodeBytesMax(int putCount) {
    return writer.nodeBytesMax(putCount);
  }

  /** Returns the number of entries of any kind and version, range tombstones included. */
  public long entryCount() {
    return entryCount.getOpaque();
  }

  /** Returns the number of tombstones, range tombstones included. */
  public long tombstoneCount() {
    return tombstoneCount.getOpaque();
  }

  /**
   * Returns the oldest version of any entry or range tombstone, {@link Long#MAX_VALUE} if there is
   * none.
   */
  public long minVersion() {
    return minVersion.getOpaque();
  }

  /** Returns the newest version of any entry or range tombstone, 0 if there is none. */
  public long maxVersion() {
    return maxVersion.getOpaque();
  }

  /**
   * Returns the newest version of any entry of a key, range tombstones excluded; 0 if there is
   * none.
   */
  public long newestEntryVersion() {
    return newestEntryVersion.getOpaque();
  }

  /**
   * Returns an upper bound of the versions in all fragments of range tombstones together, if more
   * range tombstones are added; 0 if there are none yet. Called by the writer.
   *
   * @param moreVersions the number of versions that add range tombstones
   * @param moreTombstones the number of range tombstones added
   * @param visibleMax an upper bound of the number of versions at which readers may read
   */
  public long fragmentVersionsMax(long moreVersions, long moreTombstones, long visibleMax) {
    MemTableTombstones tombstones = rangeTombstones;
    return tombstones == null
        ? 0
        : tombstones.fragmentVersionsMax(moreVersions, moreTombstones, visibleMax);
  }

  /** Whether nothing was ever put or deleted. */
  public boolean isEmpty() {
    return entryCount() == 0;
  }

  /**
   * Releases all memory. No reader, iterator or writer may be active. Later calls of other methods
   * fail with {@link io.apexstore.engine.base.EngineException.Failure#CLOSED}. Releasing again does
   * nothing.
   */
  public void release() {
    memory.release();
  }

  private void checkNotReleased() {
    if (memory.isReleased()) {
      throw MemTableFootprint.released();
    }
  }
}
