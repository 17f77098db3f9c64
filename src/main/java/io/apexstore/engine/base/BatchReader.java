package io.apexstore.engine.base;

import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * Walks over the operations of a {@link Batch}. A malformed batch fails with {@link
 * EngineException} {@code CORRUPTION}: its checksum was right, so it was written wrong.
 *
 * <p><b>Threads:</b> confined to one.
 */
public final class BatchReader {
  private final byte[] bytes;
  private final int limit;
  private int start;
  private int end;
  private int at;
  private int kindCode;
  private int keyspaceId;
  private int keyOffset;
  private int keyLength;
  private long expiryMs;
  private int valueOffset;
  private int valueLength;
  private boolean expiration;
  private int previousValueOffset;
  private int previousValueLength;

  BatchReader(byte[] bytes, int offset, int length) {
    this.bytes = bytes;
    this.limit = offset + length;
    this.end = offset;
  }

  /** Goes to the next operation; false past the last one. */
  public boolean next() {
    do {
      if (end >= limit) {
        return false;
      }
      moveTo(end);
    } while (kindCode == 0);
    return true;
  }

  void moveTo(int offset) {
    try {
      decode(offset);
    } catch (IndexOutOfBoundsException | ArithmeticException e) {
      throw malformed(offset, e);
    }
    if (end > limit || end < at || keyLength < 0 || valueLength < 0) {
      throw malformed(offset, null);
    }
  }

  private void decode(int offset) {
    start = offset;
    at = offset;
    int head = bytes[at++];
    kindCode = head & Batch.KIND_MASK;
    keyspaceId = varint();
    keyLength = varint();
    keyOffset = at;
    at = Math.addExact(at, keyLength);
    expiryMs = Limits.NEVER_EXPIRES;
    if ((head & Batch.EXPIRES) != 0) {
      expiryMs = (long) Batch.LONG_LE.get(bytes, at);
      at += Long.BYTES;
    }
    valueLength = 0;
    if (kindCode == ValueKind.PUT.code() || isRangeDelete() || (head & Batch.REPLACED_PUT) != 0) {
      valueLength = varint();
    }
    valueOffset = at;
    end = at + valueLength;
    expiration = (head & Batch.EXPIRATION) != 0;
    previousValueLength = -1;
    if ((head & Batch.HAS_PREVIOUS_VALUE) != 0) {
      at = end;
      previousValueLength = varint();
      previousValueOffset = at;
      end = at + previousValueLength;
    }
  }

  private int varint() {
    int value = 0;
    for (int shift = 0; shift < 35; shift += 7) {
      byte b = bytes[at++];
      value |= (b & 0x7F) << shift;
      if (b >= 0) {
        return value;
      }
    }
    throw malformed(start, null);
  }

  private EngineException malformed(int offset, @Nullable Throwable cause) {
    return new EngineException(
        EngineException.Failure.CORRUPTION,
        "malformed operation of a batch at byte " + offset + " of " + limit,
        cause);
  }

  /** The offset at which the operation begins; later operations begin at greater offsets. */
  public int start() {
    return start;
  }

  /** The offset at which the operation ends and the next one begins. */
  int end() {
    return end;
  }

  /** The operation's kind. */
  public ValueKind kind() {
    return ValueKind.ofCode(kindCode);
  }

  /** Whether it is a range delete: its key and value are the bounds of the range. */
  public boolean isRangeDelete() {
    return kindCode == ValueKind.RANGE_DELETE.code();
  }

  /** The keyspace of the operation. */
  public int keyspaceId() {
    return keyspaceId;
  }

  /** The array that holds key and value. */
  public byte[] bytes() {
    return bytes;
  }

  /** Where the key begins. */
  public int keyOffset() {
    return keyOffset;
  }

  /** The key's length in bytes. */
  public int keyLength() {
    return keyLength;
  }

  /**
   * The time at which the entry expires, in ms since the epoch; {@link Limits#NEVER_EXPIRES} if
   * never.
   */
  public long expiryMs() {
    return expiryMs;
  }

  /** Where the value begins. */
  public int valueOffset() {
    return valueOffset;
  }

  /** The value's length in bytes; 0 for the deletion of a key. */
  public int valueLength() {
    return valueLength;
  }

  /**
   * Returns a copy of the key; of a range delete, of the first key of the range, empty for no
   * bound.
   */
  public byte[] key() {
    return Arrays.copyOfRange(bytes, keyOffset, keyOffset + keyLength);
  }

  /** Returns a copy of the first key past the range, or null for no bound. */
  public byte @Nullable [] rangeEnd() {
    return valueLength == 0
        ? null
        : Arrays.copyOfRange(bytes, valueOffset, valueOffset + valueLength);
  }

  /** Whether it is a delete that removes an expired entry. */
  public boolean isExpiration() {
    return expiration;
  }

  /** Where the previous value of the key begins. */
  public int previousValueOffset() {
    return previousValueOffset;
  }

  /** The length in bytes of the previous value of the key; -1 if the operation has none. */
  public int previousValueLength() {
    return previousValueLength;
  }
}
