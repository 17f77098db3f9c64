package io.apexstore.engine.memtable;

import io.apexstore.engine.base.Keys;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;

/**
 * The eight bytes of a key from a given byte on, as a big-endian number padded with zeros. Among
 * keys that agree before that byte, unequal windows order the keys as unsigned numbers, and equal
 * ones decide nothing.
 */
final class KeySlice {
  private static final VarHandle LONG_BE =
      MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.BIG_ENDIAN);

  private KeySlice() {}

  /** Returns the window from byte {@code skip} of a key in an array. */
  static long of(byte[] key, int offset, int length, int skip) {
    if (skip + Long.BYTES <= length) {
      return (long) LONG_BE.get(key, offset + skip);
    }
    if (skip >= length) {
      return 0;
    }
    if (length >= Long.BYTES) {
      // The last eight bytes, shifted so that what follows the key reads as zeros.
      return (long) LONG_BE.get(key, offset + length - Long.BYTES)
          << ((skip + Long.BYTES - length) << 3);
    }
    return Keys.prefixOf(key, offset + skip, length - skip);
  }

  /** Returns the window from byte {@code skip} of the key of the entry at {@code at}. */
  static long ofEntry(MemorySegment s, long at, int skip) {
    int meta = EntryFormat.meta(s, at);
    int length = EntryFormat.keyLength(meta);
    return skip >= length ? 0 : Keys.prefixOf(s, EntryFormat.keyAt(at, meta) + skip, length - skip);
  }
}
