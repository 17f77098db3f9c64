package io.apexstore.engine.memtable;

import io.apexstore.engine.base.Limits;
import io.apexstore.engine.base.Lookup;
import io.apexstore.engine.base.ValueKind;
import io.apexstore.engine.iterator.InternalIterator;
import java.lang.foreign.MemorySegment;
import java.util.concurrent.atomic.AtomicLong;

/**
 * The sorted table in memory that takes commits until it is sealed and flushed: all versions of all
 * keys, off-heap, readable while it is written.
 *
 * <p>It is a B+-tree whose nodes are published by storing single words ({@link KeyTree}); under
 * each key hangs a chain of its entries, newest first. Overwriting a key adds one entry and stores
 * one reference.
 *
 * <p><b>Threads:</b> {@link #put} belongs to the single writer; different threads may take turns if
 * something between them orders their turns (a lock). Everything else may be called by any thread
 * at any time; readers take no lock and never wait. {@link #release} is called when the last reader
 * has left.
 *
 * <p><b>Invariants:</b> the writer inserts all entries of a commit before it publishes the commit's
 * version; a reader loads the published version first and reads at that version or below. So it
 * finds all it may see, whatever the writer does meanwhile; entries of commits that are not
 * published yet are passed over by their version. What is in the table stays as it is until the
 * table is released.
 */
public final class MemTable {
  private final TableMemory memory;
  private final KeyTree tree;
  private final KeyTreeWriter writer;
  private final AtomicLong entryCount = new AtomicLong();
  private final AtomicLong tombstoneCount = new AtomicLong();
  private final AtomicLong minVersion = new AtomicLong(Long.MAX_VALUE);
  private final AtomicLong maxVersion = new AtomicLong();

  /** Makes an empty table, which holds no chunk until the first put. */
  public MemTable(MemoryChunks pool) {
    memory = new TableMemory(pool);
    tree = new KeyTree(memory);
    writer = new KeyTreeWriter(tree);
  }

  /**
   * Adds an entry. If this throws, the table is as it was, but for memory that stays taken.
   *
   * @param version greater than that of any entry of the key in the table, above 0
   * @param expiryMs when the entry expires, in ms since the epoch; {@link Limits#NEVER_EXPIRES} if
   *     never
   * @param value ignored for a tombstone, whose {@code valueLength} is 0
   * @throws IllegalArgumentException if a length or the version is not allowed
   * @throws OutOfMemoryError if no memory could be had
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
    long at = TableMemory.offset(entry);
    EntryFormat.write(
        s, at, key, keyOffset, keyLength, version, kind, expiryMs, value, valueOffset, valueLength);
    writer.insert(entry, key, keyOffset, keyLength, version);
    entryCount.setOpaque(entryCount.getPlain() + 1);
    if (kind == ValueKind.DELETE) {
      tombstoneCount.setOpaque(tombstoneCount.getPlain() + 1);
    }
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
    int valueMax = kind == ValueKind.DELETE ? 0 : Limits.VALUE_BYTES_MAX;
    if (valueLength < 0 || valueLength > valueMax) {
      throw new IllegalArgumentException(
          "value of " + valueLength + " bytes, allowed are 0 to " + valueMax);
    }
    if (version <= 0) {
      throw new IllegalArgumentException("version " + version + ", allowed are 1 and up");
    }
  }

  /**
   * Hands the newest entry of the key that the lookup may see to {@link Lookup#found}. Allocates
   * nothing but what that allocates.
   *
   * @return {@link Lookup.Outcome#FOUND} or {@link Lookup.Outcome#NOT_HERE}
   * @throws io.apexstore.engine.base.EngineException if the table was released
   */
  public Lookup.Outcome get(Lookup lookup) {
    checkNotReleased();
    int entry = tree.newestEntry(lookup.key(), 0, lookup.keyLength());
    long readVersion = lookup.readVersion();
    while (entry != 0) {
      MemorySegment s = memory.segment(entry);
      long at = TableMemory.offset(entry);
      long version = EntryFormat.version(s, at);
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
   * Returns an iterator as of a version, which walks in either direction and may be positioned
   * again and again; see {@link InternalIterator}.
   */
  public InternalIterator iterator(long readVersion) {
    checkNotReleased();
    return new MemTableIterator(tree, readVersion, false);
  }

  /**
   * Returns an iterator over all versions, forwards only. On a table that is still written it gives
   * every entry put before it was positioned, and perhaps some put later.
   */
  public InternalIterator allVersions() {
    checkNotReleased();
    return new MemTableIterator(tree, Limits.VERSION_MAX, true);
  }

  /**
   * Returns the bytes that entries and nodes take, exactly, the rounding of entries to eight bytes
   * included. Never goes down.
   */
  public long memoryBytes() {
    return memory.usedBytes();
  }

  /** Returns the bytes of all chunks that the table holds, what is not used yet included. */
  public long chunkBytes() {
    return memory.heldBytes();
  }

  /** Returns the bytes that the entry of one put takes, exactly; nodes come on top. */
  public static long entryBytes(int keyLength, int valueLength, boolean expires) {
    return TableMemory.roundUp(EntryFormat.size(keyLength, valueLength, expires));
  }

  /**
   * Returns a bound for the bytes of nodes that so many puts can take in the worst case: each may
   * find its leaf full and all nodes above it, for as long as there are full nodes. Called by the
   * writer.
   */
  public long nodeBytesMax(int putCount) {
    return writer.nodeBytesMax(putCount);
  }

  /** Returns how many entries of any kind and version the table holds. */
  public long entryCount() {
    return entryCount.getOpaque();
  }

  /** Returns how many entries are tombstones. */
  public long tombstoneCount() {
    return tombstoneCount.getOpaque();
  }

  /** Returns the oldest version of any entry, {@link Long#MAX_VALUE} if there is none. */
  public long minVersion() {
    return minVersion.getOpaque();
  }

  /** Returns the newest version of any entry, 0 if there is none. */
  public long maxVersion() {
    return maxVersion.getOpaque();
  }

  /** Whether nothing was ever put. */
  public boolean isEmpty() {
    return entryCount() == 0;
  }

  /**
   * Gives all memory back. No reader, no iterator and no writer may be at work; what is called
   * afterwards fails with {@link io.apexstore.engine.base.EngineException.Failure#CLOSED}. Calling
   * it again does nothing.
   */
  public void release() {
    memory.release();
  }

  private void checkNotReleased() {
    if (memory.isReleased()) {
      throw TableMemory.released();
    }
  }
}
