package io.apexstore.engine.iterator;

import io.apexstore.engine.base.Keys;
import io.apexstore.engine.base.ValueKind;
import java.lang.foreign.MemorySegment;

/**
 * The entry that an iterator stands at, in the fields of one object: whoever wants to know several
 * things about it asks the iterator once. With several kinds of iterators in one scan, the calls
 * that find out what kind it is cost more than what they return.
 *
 * <p>Key and value are lent until the iterator moves or is closed.
 *
 * <p><b>Threads:</b> those of the iterator.
 */
public final class CurrentEntry {
  private boolean valid;
  private byte[] key = {};
  private int keyLength;
  private long keyPrefix;
  private long version;
  private ValueKind kind = ValueKind.DELETE;
  private long expiryMs;
  private MemorySegment valueSegment = MemorySegment.NULL;
  private long valueOffset;
  private int valueLength;
  private boolean cached;

  /** Makes one that shows nothing. */
  public CurrentEntry() {}

  /**
   * Shows an entry; the call of the iterator that stands at it.
   *
   * @param newKey not copied; the key from index 0
   */
  public void show(
      byte[] newKey,
      int newKeyLength,
      long newVersion,
      ValueKind newKind,
      long newExpiryMs,
      MemorySegment newValueSegment,
      long newValueOffset,
      int newValueLength) {
    key = newKey;
    keyLength = newKeyLength;
    keyPrefix = Keys.prefixOf(newKey, 0, newKeyLength);
    version = newVersion;
    kind = newKind;
    expiryMs = newExpiryMs;
    valueSegment = newValueSegment;
    valueOffset = newValueOffset;
    valueLength = newValueLength;
    valid = true;
  }

  /** Shows nothing any more; the call of the iterator. */
  public void hide() {
    valid = false;
  }

  /** Says whether the entries shown from now on lie in a block that is in the cache. */
  public void setCached(boolean now) {
    cached = now;
  }

  /**
   * Whether the entry lies in a block that is in the cache; only walks over all versions say so.
   */
  public boolean isCached() {
    return cached;
  }

  /** Whether there is a current entry; if not, nothing else here means anything. */
  public boolean isValid() {
    return valid;
  }

  /** The key, from index 0; only {@link #keyLength()} bytes count. */
  public byte[] key() {
    return key;
  }

  /** The key's length in bytes. */
  public int keyLength() {
    return keyLength;
  }

  /** The key's prefix, see {@link Keys}. */
  public long keyPrefix() {
    return keyPrefix;
  }

  /** The entry's version. */
  public long version() {
    return version;
  }

  /** The entry's kind. */
  public ValueKind kind() {
    return kind;
  }

  /** When the entry expires, in ms since the epoch; 0 if never. */
  public long expiryMs() {
    return expiryMs;
  }

  /** The segment that holds the value; length 0 for a tombstone. */
  public MemorySegment valueSegment() {
    return valueSegment;
  }

  /** Where in {@link #valueSegment()} the value begins. */
  public long valueOffset() {
    return valueOffset;
  }

  /** The value's length in bytes. */
  public int valueLength() {
    return valueLength;
  }
}
