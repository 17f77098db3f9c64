package io.apexstore.engine.memtable;

import io.apexstore.engine.base.Keys;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;

/**
 * A slice of a key: its eight bytes from a given byte on, as a big-endian number padded with zeros.
 * Among keys that agree before that byte, unequal slices, compared as unsigned numbers, order the
 * keys, and equal slices decide nothing. The word is that of Masstree (Mao, Kohler, Morris: Cache
 * Craftiness for Fast Multicore Key-Value Storage, 2012).
 */
final class KeySlice {
  private static final VarHandle LONG_BE =
      MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.BIG_ENDIAN);

  private KeySlice() {}

  /** Returns the slice from byte {@code skip} of a key in an array. */
  static long of(byte[] key, int offset, int length, int skip) {
    if (skip + Long.BYTES <= length) {
      return (long) LONG_BE.get(key, offset + skip);
    }
    if (skip >= length) {
      return 0;
    }
    if (length >= Long.BYTES) {
      // The last eight bytes, shifted so that the bytes after the key read as zeros.
      return (long) LONG_BE.get(key, offset + length - Long.BYTES)
          << ((skip + Long.BYTES - length) << 3);
    }
    return Keys.prefixOf(key, offset + skip, length - skip);
  }

  /** Returns the slice from byte {@code skip} of the key of the entry at {@code at}. */
  static long ofEntry(MemorySegment s, long at, int skip) {
    int meta = EntryFormat.meta(s, at);
    int length = EntryFormat.keyLength(meta);
    return skip >= length ? 0 : Keys.prefixOf(s, EntryFormat.keyAt(at, meta) + skip, length - skip);
  }
}
