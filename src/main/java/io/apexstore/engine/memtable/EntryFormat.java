package io.apexstore.engine.memtable;

import io.apexstore.engine.base.Keys;
import io.apexstore.engine.base.Limits;
import io.apexstore.engine.base.ValueKind;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;

/**
 * The bytes of one entry. Entries of the same key are linked by {@code older}, newest first.
 *
 * <pre>
 *   0        4       8          16              20            (28)
 *   | older  | meta  | version  | value length  | (expiry ms) | key … | value … |
 *
 *   meta: bits 0–16 key length, bits 17–24 kind, bit 25 whether there is an expiry
 * </pre>
 *
 * <p>Numbers are little-endian. An entry begins at a multiple of eight bytes; the layouts are
 * unaligned nevertheless, because the alignment check costs more than it saves. An entry never
 * changes once its reference is published.
 */
final class EntryFormat {
  private static final ValueLayout.OfInt INT =
      ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
  private static final ValueLayout.OfLong LONG =
      ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

  private static final VarHandle ARRAY_LONG =
      MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);
  private static final int COPIED_BY_WORDS_MAX = 64;

  private static final int OLDER = 0;
  private static final int META = 4;
  private static final int VERSION = 8;
  private static final int VALUE_LENGTH = 16;
  private static final int EXPIRY = 20;
  private static final int HEADER_BYTES = 20;
  private static final int EXPIRY_BYTES = 8;

  private static final int KEY_LENGTH_MASK = (1 << 17) - 1;
  private static final int KIND_SHIFT = 17;
  private static final int EXPIRES_SHIFT = 25;

  private EntryFormat() {}

  /** Returns the bytes of an entry, before they are rounded up to whole units. */
  static long size(int keyLength, int valueLength, boolean expires) {
    return (long) HEADER_BYTES + (expires ? EXPIRY_BYTES : 0) + keyLength + valueLength;
  }

  /** Writes an entry without an older one. */
  static void write(
      MemorySegment s,
      long at,
      byte[] key,
      int keyOffset,
      int keyLength,
      long version,
      ValueKind kind,
      long expiryMs,
      byte[] value,
      int valueOffset,
      int valueLength) {
    boolean expires = expiryMs != Limits.NEVER_EXPIRES;
    int meta = keyLength | kind.code() << KIND_SHIFT | (expires ? 1 << EXPIRES_SHIFT : 0);
    s.set(INT, at + OLDER, 0);
    s.set(INT, at + META, meta);
    s.set(LONG, at + VERSION, version);
    s.set(INT, at + VALUE_LENGTH, valueLength);
    if (expires) {
      s.set(LONG, at + EXPIRY, expiryMs);
    }
    long keyAt = keyAt(at, meta);
    MemorySegment.copy(key, keyOffset, s, ValueLayout.JAVA_BYTE, keyAt, keyLength);
    if (valueLength > 0) {
      MemorySegment.copy(
          value, valueOffset, s, ValueLayout.JAVA_BYTE, keyAt + keyLength, valueLength);
    }
  }

  /** Sets the next older entry of the same key; only before the entry is published. */
  static void setOlder(MemorySegment s, long at, int older) {
    s.set(INT, at + OLDER, older);
  }

  static int older(MemorySegment s, long at) {
    return s.get(INT, at + OLDER);
  }

  static long version(MemorySegment s, long at) {
    return s.get(LONG, at + VERSION);
  }

  static int valueLength(MemorySegment s, long at) {
    return s.get(INT, at + VALUE_LENGTH);
  }

  /** Reads the word with key length, kind and expiry flag. */
  static int meta(MemorySegment s, long at) {
    return s.get(INT, at + META);
  }

  static int keyLength(int meta) {
    return meta & KEY_LENGTH_MASK;
  }

  static ValueKind kind(int meta) {
    return ValueKind.ofCode(meta >>> KIND_SHIFT & 0xFF);
  }

  static long expiryMs(MemorySegment s, long at, int meta) {
    return expires(meta) == 0 ? Limits.NEVER_EXPIRES : s.get(LONG, at + EXPIRY);
  }

  /** Returns where the key of the entry at {@code at} begins. */
  static long keyAt(long at, int meta) {
    return at + HEADER_BYTES + ((long) expires(meta) << 3);
  }

  private static int expires(int meta) {
    return meta >>> EXPIRES_SHIFT & 1;
  }

  /**
   * Reads from the cache lines after an entry's first, so that they are cached when the entry is
   * read. The result has no meaning; the caller keeps it so that the loads are not optimized away.
   */
  static long touch(MemorySegment s, long at) {
    return at + 128 + Long.BYTES <= s.byteSize()
        ? s.get(LONG, at) + s.get(LONG, at + 64) + s.get(LONG, at + 128)
        : 0;
  }

  /** Copies a key into an array, without a call for the lengths that most keys have. */
  static void copyKey(MemorySegment s, long keyAt, int length, byte[] to) {
    if (length < Long.BYTES || length > COPIED_BY_WORDS_MAX) {
      MemorySegment.copy(s, ValueLayout.JAVA_BYTE, keyAt, to, 0, length);
      return;
    }
    for (int i = 0; i < length - Long.BYTES; i += Long.BYTES) {
      ARRAY_LONG.set(to, i, s.get(LONG, keyAt + i));
    }
    int last = length - Long.BYTES;
    ARRAY_LONG.set(to, last, s.get(LONG, keyAt + last));
  }

  /** Compares a key with an entry's key, both from the byte {@code skip} on. */
  static int compareKey(
      byte[] key, int keyOffset, int keyLength, int skip, MemorySegment s, long at) {
    int meta = meta(s, at);
    return Keys.compare(
        key, keyOffset + skip, keyLength - skip, s, keyAt(at, meta) + skip, keyLength(meta) - skip);
  }

  /** Returns how many leading bytes the keys of two entries share. */
  static int sharedKeyBytes(MemorySegment a, long aAt, MemorySegment b, long bAt) {
    int aMeta = meta(a, aAt);
    int bMeta = meta(b, bAt);
    int common = Math.min(keyLength(aMeta), keyLength(bMeta));
    long aKey = keyAt(aAt, aMeta);
    long bKey = keyAt(bAt, bMeta);
    long mismatch = MemorySegment.mismatch(a, aKey, aKey + common, b, bKey, bKey + common);
    return mismatch < 0 ? common : (int) mismatch;
  }
}
