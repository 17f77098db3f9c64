package io.apexstore.engine.sstable;

import io.apexstore.engine.base.Keys;
import java.lang.foreign.MemorySegment;

/**
 * The searches that index and data blocks share, over memory outside the heap.
 *
 * <p><b>Threads:</b> any. The memory may change during a search. Then the result means nothing, and
 * the search may end with an {@link IndexOutOfBoundsException}, but it ends.
 */
final class SegmentSearch {
  private SegmentSearch() {}

  /**
   * Returns the number of prefixes that are less than a given one.
   *
   * <p>The range is quartered, not halved: the three prefixes of a round are loaded at once, so
   * that half as many cache misses follow one another.
   *
   * @param at the offset of the prefixes, which are in ascending order as unsigned numbers
   */
  static int lowerBound(MemorySegment memory, long at, int count, long prefix) {
    long from = at;
    int rest = count;
    while (rest >= 4) {
      int quarter = rest >>> 2;
      long step = (long) quarter << 3;
      long first = from + step - Long.BYTES;
      long passed =
          below(memory.get(TableFormat.LONG, first), prefix)
              + below(memory.get(TableFormat.LONG, first + step), prefix)
              + below(memory.get(TableFormat.LONG, first + 2 * step), prefix);
      from += passed * step;
      rest -= 3 * quarter;
    }
    int low = (int) ((from - at) >>> 3);
    for (int i = 0; i < rest; i++) {
      low += (int) below(memory.get(TableFormat.LONG, from + ((long) i << 3)), prefix);
    }
    return low;
  }

  /** Returns 1 if a prefix is less than another, else 0. */
  private static long below(long a, long b) {
    // The borrow of a - b (Warren: Hacker's Delight, 2-13); a branch would be mispredicted.
    return ((~a & b) | ((~a | b) & (a - b))) >>> 63;
  }

  /** Returns the number of prefixes that are at most a given one. */
  static int upperBound(MemorySegment memory, long at, int count, long prefix) {
    return prefix == -1L ? count : lowerBound(memory, at, count, prefix + 1);
  }

  /**
   * Returns the number of leading bytes that a part of a key and bytes in memory have in common.
   * Eight bytes must be readable past those in memory.
   */
  static int common(byte[] key, int keyAt, MemorySegment memory, long at, int length) {
    int i = 0;
    for (; i + Long.BYTES <= length; i += Long.BYTES) {
      long difference = difference(key, keyAt + i, memory, at + i);
      if (difference != 0) {
        return i + (Long.numberOfLeadingZeros(difference) >>> 3);
      }
    }
    if (i == length) {
      return length;
    }
    // The last few bytes at once, together with some before them, which agree, or after them.
    if (length >= Long.BYTES) {
      int last = length - Long.BYTES;
      long difference = difference(key, keyAt + last, memory, at + last);
      return last + (Long.numberOfLeadingZeros(difference) >>> 3);
    }
    if (keyAt + Long.BYTES <= key.length) {
      long difference = difference(key, keyAt, memory, at);
      return Math.min(length, Long.numberOfLeadingZeros(difference) >>> 3);
    }
    while (i < length && key[keyAt + i] == memory.get(TableFormat.BYTE, at + i)) {
      i++;
    }
    return i;
  }

  private static long difference(byte[] key, int keyAt, MemorySegment memory, long at) {
    return Keys.prefixOf(key, keyAt, Long.BYTES) ^ memory.get(Keys.PREFIX, at);
  }
}
