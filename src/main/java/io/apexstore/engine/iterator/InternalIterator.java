package io.apexstore.engine.iterator;

import io.apexstore.engine.base.ValueKind;
import java.lang.foreign.MemorySegment;

/**
 * An iterator over the entries of one source in key order. It lends the current entry to the
 * caller.
 *
 * <p>There are two kinds; the method that creates an iterator says which one it returns:
 *
 * <ul>
 *   <li><em>as of a version</em>: at most one entry a key, the newest whose version is at most that
 *       version; tombstones are entries, too. It walks in the direction in which it is positioned:
 *       {@link #seekToFirst}, {@link #seek} and {@link #next}, or {@link #seekToLast}, {@link
 *       #seekBefore} and {@link #prev}. Positioning it again may change the direction;
 *   <li><em>over all versions</em>: every entry, those of one key from the newest version to the
 *       oldest, forwards only. Flushes and compactions use it.
 * </ul>
 *
 * <p>The key is in an array that the iterator reuses, and the value in a segment; both are lent
 * until the iterator moves or is closed. A step allocates nothing.
 *
 * <p><b>Threads:</b> confined to one at a time. <b>Errors:</b> damaged bytes fail the call that
 * meets them with {@link io.apexstore.engine.base.EngineException}; the iterator is unusable
 * afterwards.
 */
public interface InternalIterator extends AutoCloseable {
  /**
   * The current entry, or one that is not valid: before the first positioning and past either end.
   * Each move may return another object, and may change the object that was returned before.
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

  /** Goes to the next entry. Requires a current entry that was reached forwards. */
  void next();

  /** Goes to the previous entry. Requires a current entry that was reached backwards. */
  void prev();

  /** Whether there is a current entry. */
  default boolean isValid() {
    return entry().isValid();
  }

  /** The current key, from index 0; only {@link #keyLength()} bytes belong to it. */
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

  /** The time at which the current entry expires, in ms since the epoch; 0 if never. */
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
