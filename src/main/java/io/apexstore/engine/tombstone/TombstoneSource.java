package io.apexstore.engine.tombstone;

import org.jspecify.annotations.Nullable;

/**
 * The ranges of keys that one source (memtable, table, level of tables) says were deleted, with the
 * versions of the deletions. A deletion of a version hides entries of lower versions only.
 *
 * <p><b>Threads:</b> any.
 */
public interface TombstoneSource {
  /**
   * Returns the version of the newest deletion that covers a key, 0 if none does.
   *
   * @param readVersion newer deletions do not count
   */
  long newestCovering(byte[] key, int keyLength, long readVersion);

  /**
   * Narrows a stretch that holds a key to the keys around it that the same deletions cover.
   *
   * @param readVersion newer deletions do not count
   */
  void narrow(TombstoneSpan span, byte[] key, int keyLength, long readVersion);

  /**
   * Returns the version of some deletion that covers any key of a range, 0 if none does.
   *
   * @param from first key, or null
   * @param to first key past the range, or null
   * @param after only deletions of greater versions count
   * @param readVersion newer deletions do not count
   */
  long anyIn(byte @Nullable [] from, byte @Nullable [] to, long after, long readVersion);
}
