package io.apexstore.engine.manifest;

import io.apexstore.engine.file.EncryptionTag;

/**
 * What the manifest keeps of one table file. Immutable; the arrays must not be changed.
 *
 * @param fileId number of the file, unique in the store, never used again
 * @param fileBytes length of the file in bytes
 * @param keyspaceId the keyspace the table belongs to
 * @param level 0 for the tables that flushes write (their ranges overlap), then 1, 2, …
 * @param smallestKey first key in the table, be it of an entry or of a range deleted
 * @param largestKey last key in the table; where a range deleted ends it, the first key behind that
 * @param minVersion oldest version of any entry or range deleted
 * @param maxVersion newest version of any entry or range deleted
 * @param entryCount entries of any kind
 * @param tombstoneCount entries that are deletions
 * @param oldestExpiryMs earliest expiry of any entry in ms since the epoch, 0 if none expires
 * @param rangeTombstoneCount fragments of ranges deleted, see {@link
 *     io.apexstore.engine.tombstone.RangeTombstones}
 * @param key what the file is encrypted with
 */
public record TableMeta(
    long fileId,
    long fileBytes,
    int keyspaceId,
    int level,
    byte[] smallestKey,
    byte[] largestKey,
    long minVersion,
    long maxVersion,
    long entryCount,
    long tombstoneCount,
    long oldestExpiryMs,
    int rangeTombstoneCount,
    EncryptionTag key) {

  /** Describes a table that is not encrypted and in which no range is deleted. */
  public TableMeta(
      long fileId,
      long fileBytes,
      int keyspaceId,
      int level,
      byte[] smallestKey,
      byte[] largestKey,
      long minVersion,
      long maxVersion,
      long entryCount,
      long tombstoneCount,
      long oldestExpiryMs) {
    this(
        fileId,
        fileBytes,
        keyspaceId,
        level,
        smallestKey,
        largestKey,
        minVersion,
        maxVersion,
        entryCount,
        tombstoneCount,
        oldestExpiryMs,
        0,
        EncryptionTag.NONE);
  }

  /** Whether the table holds deletions, of keys or of ranges. */
  public boolean hasDeletions() {
    return tombstoneCount > 0 || rangeTombstoneCount > 0;
  }

  /** Returns the same table at another level. */
  public TableMeta atLevel(int newLevel) {
    return new TableMeta(
        fileId,
        fileBytes,
        keyspaceId,
        newLevel,
        smallestKey,
        largestKey,
        minVersion,
        maxVersion,
        entryCount,
        tombstoneCount,
        oldestExpiryMs,
        rangeTombstoneCount,
        key);
  }
}
