package io.apexstore.engine.sstable;

import io.apexstore.engine.base.Keys;
import java.lang.foreign.MemorySegment;

/**
 * Reads index blocks and top blocks in memory outside the heap. See {@link TableFormat}.
 *
 * <p><b>Threads:</b> any. In a frame of the block cache, the thread rules of {@link SegmentSearch}
 * apply.
 */
final class IndexBlock {
  private IndexBlock() {}

  static int count(MemorySegment memory, long base) {
    return memory.get(TableFormat.INT, base + TableFormat.INDEX_COUNT_OFFSET);
  }

  /** Returns the offset at which the handles begin. */
  static long handles(MemorySegment memory, long base) {
    int common = memory.get(TableFormat.INT, base + TableFormat.INDEX_COMMON_OFFSET);
    return base + TableFormat.INDEX_HEADER_BYTES + common + (long) Long.BYTES * count(memory, base);
  }

  /**
   * Returns the number of the first entry whose separator is at least a key; the number of entries
   * if there is none.
   *
   * @param base the offset in the memory at which the block begins
   * @param handleBytes bytes of an entry's handle
   * @param extraHandleBytes bytes after the last handle
   */
  static int find(
      MemorySegment memory,
      long base,
      int handleBytes,
      int extraHandleBytes,
      byte[] key,
      int keyLength) {
    int count = memory.get(TableFormat.INT, base + TableFormat.INDEX_COUNT_OFFSET);
    int common = memory.get(TableFormat.INT, base + TableFormat.INDEX_COMMON_OFFSET);
    long keysAt = base + memory.get(TableFormat.INT, base + TableFormat.INDEX_KEYS_OFFSET);
    long commonAt = base + TableFormat.INDEX_HEADER_BYTES;
    long prefixesAt = commonAt + common;
    long endsAt = prefixesAt + (long) count * (Long.BYTES + handleBytes) + extraHandleBytes;
    if (common > 0) {
      int length = Math.min(common, keyLength);
      int same = SegmentSearch.common(key, 0, memory, commonAt, length);
      if (same < length) {
        boolean less = (key[same] & 0xFF) < (memory.get(TableFormat.BYTE, commonAt + same) & 0xFF);
        return less ? 0 : count;
      }
      if (keyLength < common) {
        return 0;
      }
    }
    int restLength = keyLength - common;
    long prefix = Keys.prefixOf(key, common, restLength);
    int low = SegmentSearch.lowerBound(memory, prefixesAt, count, prefix);
    if (low == count || memory.get(TableFormat.LONG, prefixesAt + ((long) low << 3)) != prefix) {
      return low;
    }
    int high = SegmentSearch.upperBound(memory, prefixesAt, count, prefix);
    while (low < high) {
      int middle = (low + high) >>> 1;
      int from = end(memory, endsAt, middle - 1);
      int length = end(memory, endsAt, middle) - from;
      if (compare(key, common, restLength, memory, keysAt + from, length) > 0) {
        low = middle + 1;
      } else {
        high = middle;
      }
    }
    return low;
  }

  private static int end(MemorySegment memory, long endsAt, int index) {
    return index < 0 ? 0 : memory.get(TableFormat.INT, endsAt + ((long) index << 2));
  }

  private static int compare(
      byte[] key, int keyAt, int keyLength, MemorySegment memory, long at, int length) {
    int shorter = Math.min(keyLength, length);
    int same = SegmentSearch.common(key, keyAt, memory, at, shorter);
    return same < shorter
        ? (key[keyAt + same] & 0xFF) - (memory.get(TableFormat.BYTE, at + same) & 0xFF)
        : keyLength - length;
  }

  /** Returns the separator of an entry. */
  static byte[] separator(
      MemorySegment memory, long base, int handleBytes, int extraHandleBytes, int entry) {
    int count = count(memory, base);
    int common = memory.get(TableFormat.INT, base + TableFormat.INDEX_COMMON_OFFSET);
    long keysAt = base + memory.get(TableFormat.INT, base + TableFormat.INDEX_KEYS_OFFSET);
    long commonAt = base + TableFormat.INDEX_HEADER_BYTES;
    long endsAt = commonAt + common + (long) count * (Long.BYTES + handleBytes) + extraHandleBytes;
    int from = end(memory, endsAt, entry - 1);
    int length = end(memory, endsAt, entry) - from;
    byte[] separator = new byte[common + length];
    MemorySegment.copy(memory, TableFormat.BYTE, commonAt, separator, 0, common);
    MemorySegment.copy(memory, TableFormat.BYTE, keysAt + from, separator, common, length);
    return separator;
  }
}
