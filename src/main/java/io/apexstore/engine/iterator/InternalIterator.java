package io.apexstore.engine.iterator;

import io.apexstore.engine.base.ValueKind;
import java.lang.foreign.MemorySegment;

/**
 * A walk over the entries of one source in key order, with the current entry lent to the caller.
 *
 * <p>An iterator is made in one of two ways, and says so where it is made:
 *
 * <ul>
 *   <li><em>as of a version</em>: it gives at most one entry a key, the newest whose version is at
 *       most that version (tombstones too), and walks in the one direction it is first positioned
 *       in: {@link #seekToFirst}, {@link #seek} and {@link #next}, or {@link #seekToLast}, {@link
 *       #seekBefore} and {@link #prev}. Positioning again may change the direction;
 *   <li><em>over all versions</em>: it gives every entry, those of one key from the newest version
 *       to the oldest, forwards only. Compaction and flush read so.
 * </ul>
 *
 * <p>The key stands in an array that the iterator reuses, and the value in a segment; both are lent
 * until the iterator moves or is closed. A step allocates nothing.
 *
 * <p><b>Threads:</b> confined to one at a time. <b>Errors:</b> damaged bytes fail the call that met
 * them with {@link io.apexstore.engine.base.EngineException}; the iterator is of no use afterwards.
 */
public interface InternalIterator extends AutoCloseable {
  /** Whether there is a current entry. False before the first positioning and past either end. */
  boolean isValid();

  /** Goes to the first entry. */
  void seekToFirst();

  /** Goes to the last entry. */
  void seekToLast();

  /** Goes to the first entry whose key is at least the given one. */
  void seek(byte[] key, int keyLength);

  /** Goes to the last entry whose key is less than the given one. */
  void seekBefore(byte[] key, int keyLength);

  /** Goes one entry on. Requires a current entry, reached forwards. */
  void next();

  /** Goes one entry back. Requires a current entry, reached backwards. */
  void prev();

  /** The current key, from index 0; only {@link #keyLength()} bytes count. */
  byte[] key();

  /** The current key's length in bytes. */
  int keyLength();

  /** The current key's prefix, see {@link io.apexstore.engine.base.Keys}. */
  long keyPrefix();

  /** The current entry's version. */
  long version();

  /** The current entry's kind. */
  ValueKind kind();

  /** When the current entry expires, in ms since the epoch; 0 if never. */
  long expiryMs();

  /** The segment that holds the current value; length 0 for a tombstone. */
  MemorySegment valueSegment();

  /** Where in {@link #valueSegment()} the current value begins. */
  long valueOffset();

  /** The current value's length in bytes. */
  int valueLength();

  /** Releases what the iterator pins. */
  @Override
  void close();
}
