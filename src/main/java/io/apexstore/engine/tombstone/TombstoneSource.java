package io.apexstore.engine.tombstone;

import org.jspecify.annotations.Nullable;

/**
 * The range tombstones of one source: a memtable, a table or a level of tables. A range tombstone
 * hides the entries of lower versions in its range.
 *
 * <p><b>Threads:</b> any.
 */
public interface TombstoneSource {
  /**
   * Returns the version of the newest range tombstone that covers a key, 0 if none does.
   *
   * @param readVersion newer range tombstones do not count
   */
  long newestCovering(byte[] key, int keyLength, long readVersion);

  /**
   * Narrows a span that contains a key to the keys around it that the same range tombstones of this
   * source cover.
   *
   * @param readVersion newer range tombstones do not count
   */
  void narrow(TombstoneSpan span, byte[] key, int keyLength, long readVersion);

  /**
   * Returns the version of some range tombstone that covers any key of a range, 0 if none does.
   *
   * @param from first key, or null for no bound
   * @param to first key past the range, or null for no bound
   * @param after only range tombstones of greater versions count
   * @param readVersion newer range tombstones do not count
   */
  long anyIn(byte @Nullable [] from, byte @Nullable [] to, long after, long readVersion);
}
