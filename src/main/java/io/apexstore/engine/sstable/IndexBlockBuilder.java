package io.apexstore.engine.sstable;

import static io.apexstore.engine.codec.BlockFormat.INT;
import static io.apexstore.engine.codec.BlockFormat.LONG;

import io.apexstore.engine.base.Keys;
import io.apexstore.engine.codec.BlockBuffer;
import java.util.Arrays;

/**
 * Builds index blocks, or the top block. See {@link TableFormat}.
 *
 * <p><b>Threads:</b> one at a time.
 */
final class IndexBlockBuilder {
  private static final int TAIL_BYTES = 8;

  private final boolean top;
  private byte[] keys = new byte[4 << 10];
  private int[] ends = new int[256];
  private long[] offsets = new long[256];
  private int[] lengths = new int[256];
  private int[] ordinals = new int[256];
  private int count;

  IndexBlockBuilder(boolean top) {
    this.top = top;
  }

  boolean isEmpty() {
    return count == 0;
  }

  int count() {
    return count;
  }

  /** Returns the approximate bytes of the block. */
  int bytes() {
    int handle = top ? TableFormat.TOP_HANDLE_BYTES : TableFormat.INDEX_HANDLE_BYTES;
    return TableFormat.INDEX_HEADER_BYTES
        + count * (Long.BYTES + handle + Integer.BYTES)
        + Integer.BYTES
        + end(count)
        + TAIL_BYTES;
  }

  /** Returns the bytes of the file between the first block's offset and another one. */
  long distance(long offset) {
    return count == 0 ? 0 : offset - offsets[0];
  }

  /** Adds the block at an offset of the file. */
  void add(byte[] separator, int separatorLength, long offset, int length, int ordinal) {
    if (count == ends.length) {
      ends = Arrays.copyOf(ends, 2 * count);
      offsets = Arrays.copyOf(offsets, 2 * count);
      lengths = Arrays.copyOf(lengths, 2 * count);
      ordinals = Arrays.copyOf(ordinals, 2 * count);
    }
    int at = end(count);
    if (keys.length - at < separatorLength) {
      keys = Arrays.copyOf(keys, Math.max(2 * keys.length, at + separatorLength));
    }
    System.arraycopy(separator, 0, keys, at, separatorLength);
    ends[count] = at + separatorLength;
    offsets[count] = offset;
    lengths[count] = length;
    ordinals[count] = ordinal;
    count++;
  }

  /** Returns the separator added last, in a new array. */
  byte[] lastKey() {
    return Arrays.copyOfRange(keys, end(count - 1), end(count));
  }

  private int end(int index) {
    return index == 0 ? 0 : ends[index - 1];
  }

  /** Writes the block to {@code target} and begins the next one. */
  void finish(BlockBuffer target) {
    int lastAt = end(count - 1);
    int common = KeyBytes.common(keys, 0, ends[0], keys, lastAt, end(count) - lastAt);
    int prefixesAt = TableFormat.INDEX_HEADER_BYTES + common;
    int handlesAt = prefixesAt + Long.BYTES * count;
    int endsAt =
        handlesAt + (top ? TableFormat.TOP_HANDLE_BYTES * count : Integer.BYTES * (count + 1));
    int keysAt = endsAt + Integer.BYTES * count;
    int keysLength = end(count) - count * common;
    long baseOffset = top ? 0 : offsets[0];
    int firstOrdinal = top ? 0 : ordinals[0];
    byte[] out = target.reset(keysAt + keysLength + TAIL_BYTES);
    INT.set(out, TableFormat.INDEX_COUNT_OFFSET, count);
    INT.set(out, TableFormat.INDEX_COMMON_OFFSET, common);
    LONG.set(out, TableFormat.INDEX_BASE_OFFSET, baseOffset);
    INT.set(out, TableFormat.INDEX_ORDINAL_OFFSET, firstOrdinal);
    INT.set(out, TableFormat.INDEX_KEYS_OFFSET, keysAt);
    System.arraycopy(keys, 0, out, TableFormat.INDEX_HEADER_BYTES, common);
    int keyAt = keysAt;
    for (int i = 0; i < count; i++) {
      int from = end(i) + common;
      int length = end(i + 1) - from;
      LONG.set(out, prefixesAt + Long.BYTES * i, Keys.prefixOf(keys, from, length));
      System.arraycopy(keys, from, out, keyAt, length);
      keyAt += length;
      INT.set(out, endsAt + Integer.BYTES * i, keyAt - keysAt);
    }
    Arrays.fill(out, keyAt, keyAt + TAIL_BYTES, (byte) 0);
    putHandles(out, handlesAt);
    count = 0;
  }

  private void putHandles(byte[] out, int handlesAt) {
    for (int i = 0; i < count; i++) {
      if (top) {
        int at = handlesAt + TableFormat.TOP_HANDLE_BYTES * i;
        LONG.set(out, at, offsets[i]);
        INT.set(out, at + Long.BYTES, lengths[i]);
        INT.set(out, at + Long.BYTES + Integer.BYTES, ordinals[i]);
      } else {
        INT.set(out, handlesAt + Integer.BYTES * i, (int) (offsets[i] - offsets[0]));
      }
    }
    if (!top) {
      int last = count - 1;
      long end = offsets[last] + lengths[last] - offsets[0];
      INT.set(out, handlesAt + Integer.BYTES * count, (int) end);
    }
  }
}
