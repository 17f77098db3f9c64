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
  /**
   * The current entry, or one that is not valid: before the first positioning and past either end.
   * It may be another object after each move, and a move may change the one of before.
   */
  CurrentEntry entry();

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

  /** Whether there is a current entry. */
  default boolean isValid() {
    return entry().isValid();
  }

  /** The current key, from index 0; only {@link #keyLength()} bytes count. */
  default byte[] key() {
    return entry().key();
  }

  /** The current key's length in bytes. */
  default int keyLength() {
    return entry().keyLength();
  }

  /** The current key's prefix, see {@link io.apexstore.engine.base.Keys}. */
  default long keyPrefix() {
    return entry().keyPrefix();
  }

  /** The current entry's version. */
  default long version() {
    return entry().version();
  }

  /** The current entry's kind. */
  default ValueKind kind() {
    return entry().kind();
  }

  /** When the current entry expires, in ms since the epoch; 0 if never. */
  default long expiryMs() {
    return entry().expiryMs();
  }

  /** The segment that holds the current value; length 0 for a tombstone. */
  default MemorySegment valueSegment() {
    return entry().valueSegment();
  }

  /** Where in {@link #valueSegment()} the current value begins. */
  default long valueOffset() {
    return entry().valueOffset();
  }

  /** The current value's length in bytes. */
  default int valueLength() {
    return entry().valueLength();
  }

  /** Releases what the iterator pins. */
  @Override
  void close();
}
