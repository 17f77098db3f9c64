package io.apexstore.engine.iterator;

import io.apexstore.engine.base.Keys;
import io.apexstore.engine.base.LentMemory;
import io.apexstore.engine.base.ValueKind;
import java.lang.foreign.MemorySegment;
import org.jspecify.annotations.Nullable;

/**
 * The entry that an iterator is at, in the fields of one object. A caller that needs several fields
 * calls the iterator once: with several kinds of iterators in one scan, dispatching the calls costs
 * more than what they return.
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
  private @Nullable LargeValues largeValues;
  private long valueOffset;
  private int valueLength;
  private boolean cached;

  /** Creates an object that shows no entry. */
  public CurrentEntry() {}

  /**
   * Shows an entry; called by the iterator.
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
    largeValues = null;
    valueOffset = newValueOffset;
    valueLength = newValueLength;
    valid = true;
  }

  /**
   * Shows an entry of a large block, whose memory is used only if the value is asked for; called by
   * the iterator.
   *
   * @param newKey not copied; the key from index 0
   */
  public void show(
      byte[] newKey,
      int newKeyLength,
      long newVersion,
      ValueKind newKind,
      long newExpiryMs,
      LargeValues newValues,
      long newValueOffset,
      int newValueLength) {
    show(
        newKey,
        newKeyLength,
        newVersion,
        newKind,
        newExpiryMs,
        MemorySegment.NULL,
        newValueOffset,
        newValueLength);
    largeValues = newValues;
  }

  /** The values of a large block. */
  public interface LargeValues {
    /** Returns the segment that holds them; it stays in place until the iterator moves. */
    MemorySegment segment();

    /** Returns memory that holds them in the same places and stays until it is closed. */
    LentMemory lend();
  }

  /** Returns the large block that holds the value, or null if it is elsewhere. */
  public @Nullable LargeValues largeValues() {
    return largeValues;
  }

  /** Shows no entry; called by the iterator. */
  public void hide() {
    valid = false;
  }

  /** Sets whether the entries shown from now on lie in a block that is in the cache. */
  public void setCached(boolean now) {
    cached = now;
  }

  /**
   * Whether the entry lies in a block that is in the cache; only iterators over all versions set
   * it.
   */
  public boolean isCached() {
    return cached;
  }

  /** Whether there is a current entry; if not, no other field has a meaning. */
  public boolean isValid() {
    return valid;
  }

  /** The key, from index 0; only {@link #keyLength()} bytes belong to it. */
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

  /** The time at which the entry expires, in ms since the epoch; 0 if never. */
  public long expiryMs() {
    return expiryMs;
  }

  /** The segment that holds the value; length 0 for a tombstone. */
  public MemorySegment valueSegment() {
    LargeValues large = largeValues;
    return large == null ? valueSegment : large.segment();
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
