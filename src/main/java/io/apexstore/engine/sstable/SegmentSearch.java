package io.apexstore.engine.sstable;

import io.apexstore.engine.base.Keys;
import java.lang.foreign.MemorySegment;

/**
 * The searches that index and data blocks share, over memory outside the heap.
 *
 * <p><b>Threads:</b> any. The memory may change under a search; then the result means nothing, and
 * the search may end with an {@link IndexOutOfBoundsException}, but it ends.
 */
final class SegmentSearch {
  private SegmentSearch() {}

  /**
   * Returns how many prefixes are less than a given one.
   *
   * @param at where the prefixes stand, in ascending order as unsigned numbers
   */
  static int lowerBound(MemorySegment memory, long at, int count, long prefix) {
    long target = prefix + Long.MIN_VALUE;
    long from = at;
    int rest = count;
    while (rest > 1) {
      int half = rest >>> 1;
      // Meant to become a conditional move: which way it goes cannot be predicted.
      long middle = memory.get(TableFormat.LONG, from + ((half - 1L) << 3)) + Long.MIN_VALUE;
      from += middle < target ? (long) half << 3 : 0L;
      rest -= half;
    }
    int below = (int) ((from - at) >>> 3);
    return rest == 1 && memory.get(TableFormat.LONG, from) + Long.MIN_VALUE < target
        ? below + 1
        : below;
  }

  /** Returns how many prefixes are at most a given one. */
  static int upperBound(MemorySegment memory, long at, int count, long prefix) {
    return prefix == -1L ? count : lowerBound(memory, at, count, prefix + 1);
  }

  /** Returns how many bytes a piece of a key and bytes in memory begin with in common. */
  static int common(byte[] key, int keyAt, MemorySegment memory, long at, int length) {
    int i = 0;
    for (; i + Long.BYTES <= length; i += Long.BYTES) {
      long difference = Keys.prefixOf(key, keyAt + i, Long.BYTES) ^ memory.get(Keys.PREFIX, at + i);
      if (difference != 0) {
        return i + (Long.numberOfLeadingZeros(difference) >>> 3);
      }
    }
    for (; i < length; i++) {
      if (key[keyAt + i] != memory.get(TableFormat.BYTE, at + i)) {
        return i;
      }
    }
    return length;
  }
}
