package io.apexstore.engine.manifest;

import io.apexstore.engine.encryption.EncryptionTag;

/**
 * The metadata of one table file in the manifest. Immutable; callers must not change the arrays.
 *
 * @param fileId number of the file, unique in the store, never used again
 * @param fileBytes length of the file in bytes
 * @param keyspaceId the keyspace that the table belongs to
 * @param level 0 for the tables that flushes write (their key ranges overlap), then 1, 2, …
 * @param smallestKey smallest key of the table's entries and range tombstones
 * @param largestKey largest key of the table's entries; if a range tombstone ends after them, the
 *     exclusive end of that range tombstone
 * @param minVersion oldest version of any entry or range tombstone
 * @param maxVersion newest version of any entry or range tombstone
 * @param entryCount number of entries of any kind
 * @param tombstoneCount number of entries that are tombstones
 * @param oldestExpiryMs earliest expiry of any entry in ms since the epoch, 0 if none expires
 * @param rangeTombstoneCount number of range tombstone fragments, see {@link
 *     io.apexstore.engine.tombstone.RangeTombstones}
 * @param encryption identifies the key that the file is encrypted with
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
    EncryptionTag encryption) {

  /** Creates the metadata of a table without range tombstones that is not encrypted. */
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

  /** Returns whether the table contains tombstones or range tombstones. */
  public boolean hasDeletions() {
    return tombstoneCount > 0 || rangeTombstoneCount > 0;
  }

  /** Returns the same metadata with another level. */
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
        encryption);
  }
}
