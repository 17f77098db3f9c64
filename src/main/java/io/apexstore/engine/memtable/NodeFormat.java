package io.apexstore.engine.memtable;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;

/**
 * The bytes of the tree's nodes. Both kinds begin alike, at a multiple of 64 bytes.
 *
 * <pre>
 *        0      8            64            68         72     76  80           192
 *   leaf | perm | entry × 14 | next leaf   | previous | skip | – | slice × 14 |
 *  inner | perm | child × 14 | first child | –        | skip | – | slice × 14 | separator × 14 | –
 * </pre>
 *
 * <ul>
 *   <li>perm: which slots are valid and how they are sorted, see {@link Permutation};
 *   <li>slice: eight bytes of the slot's key, see {@link KeySlice};
 *   <li>skip: the offset in the key at which the slices of this node begin. All keys that are ever
 *       in the node, or are looked up in it, agree in this many leading bytes;
 *   <li>entry: the newest entry of the slot's key;
 *   <li>separator: an entry whose key is the least that belongs into the slot's child;
 *   <li>first child: the child for the keys below the smallest separator.
 * </ul>
 *
 * <p>A search reads three cache lines of a node and can load all of them at once: the place of the
 * slices does not depend on the permutation, and the reference that the search ends with is in the
 * same line as the permutation. A walk reads the first line and one word of the second.
 *
 * <p>Numbers are little-endian, references as in {@link MemTableFootprint}. A field that the writer
 * changes while readers read it is one aligned word, stored with release and read with acquire:
 * perm, next, previous, entries, children. The rest is written before the permutation that makes it
 * valid.
 */
final class NodeFormat {
  /** The slots of a node. */
  static final int SLOTS = 14;

  static final int LEAF_BYTES = 192;
  static final int INNER_BYTES = 256;

  private static final ValueLayout.OfInt INT =
      ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
  private static final ValueLayout.OfLong LONG =
      ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
  private static final VarHandle SHARED_INT =
      ValueLayout.JAVA_INT.withOrder(ByteOrder.LITTLE_ENDIAN).varHandle();
  private static final VarHandle SHARED_LONG =
      ValueLayout.JAVA_LONG.withOrder(ByteOrder.LITTLE_ENDIAN).varHandle();

  private static final int PERMUTATION = 0;
  private static final int ENTRIES = 8;
  private static final int CHILDREN = 8;
  private static final int NEXT = 64;
  private static final int FIRST_CHILD = 64;
  private static final int PREVIOUS = 68;
  private static final int SKIP = 72;
  private static final int SLICES = 80;
  private static final int SEPARATORS = 192;

  private NodeFormat() {}

  static long permutation(MemorySegment s, long at) {
    return (long) SHARED_LONG.getAcquire(s, at + PERMUTATION);
  }

  static void setPermutation(MemorySegment s, long at, long permutation) {
    SHARED_LONG.setRelease(s, at + PERMUTATION, permutation);
  }

  /** Reads from the cache lines of a leaf that a walk needs; see {@link EntryFormat#touch}. */
  static long touch(MemorySegment s, long at) {
    return s.get(LONG, at + PERMUTATION) + s.get(INT, at + NEXT);
  }

  static int skip(MemorySegment s, long at) {
    return s.get(INT, at + SKIP);
  }

  static void setSkip(MemorySegment s, long at, int skip) {
    s.set(INT, at + SKIP, skip);
  }

  static int next(MemorySegment s, long at) {
    return (int) SHARED_INT.getAcquire(s, at + NEXT);
  }

  static void setNext(MemorySegment s, long at, int leaf) {
    SHARED_INT.setRelease(s, at + NEXT, leaf);
  }

  static int previous(MemorySegment s, long at) {
    return (int) SHARED_INT.getAcquire(s, at + PREVIOUS);
  }

  static void setPrevious(MemorySegment s, long at, int leaf) {
    SHARED_INT.setRelease(s, at + PREVIOUS, leaf);
  }

  static long slice(MemorySegment s, long at, int slot) {
    return s.get(LONG, at + SLICES + ((long) slot << 3));
  }

  static int entry(MemorySegment s, long at, int slot) {
    return (int) SHARED_INT.getAcquire(s, at + ENTRIES + ((long) slot << 2));
  }

  /** Returns an entry as it may have been a moment ago, to touch but not to use. */
  static int entryHint(MemorySegment s, long at, int slot) {
    return s.get(INT, at + ENTRIES + ((long) slot << 2));
  }

  static void setEntry(MemorySegment s, long at, int slot, int entry) {
    SHARED_INT.setRelease(s, at + ENTRIES + ((long) slot << 2), entry);
  }

  static int separator(MemorySegment s, long at, int slot) {
    return s.get(INT, at + SEPARATORS + ((long) slot << 2));
  }

  /** Fills a slot of a leaf that is not valid yet. */
  static void fillLeafSlot(MemorySegment s, long at, int slot, long slice, int entry) {
    s.set(LONG, at + SLICES + ((long) slot << 3), slice);
    s.set(INT, at + ENTRIES + ((long) slot << 2), entry);
  }

  /** Fills a slot of an inner node that is not valid yet. */
  static void fillInnerSlot(
      MemorySegment s, long at, int slot, long slice, int separator, int child) {
    s.set(LONG, at + SLICES + ((long) slot << 3), slice);
    s.set(INT, at + SEPARATORS + ((long) slot << 2), separator);
    s.set(INT, at + CHILDREN + ((long) slot << 2), child);
  }

  /** Returns the child with {@code rank} separators at or below its keys. */
  static int child(MemorySegment s, long at, long permutation, int rank) {
    return (int) SHARED_INT.getAcquire(s, childAt(at, permutation, rank));
  }

  static void setChild(MemorySegment s, long at, long permutation, int rank, int child) {
    SHARED_INT.setRelease(s, childAt(at, permutation, rank), child);
  }

  private static long childAt(long at, long permutation, int rank) {
    return rank == 0
        ? at + FIRST_CHILD
        : at + CHILDREN + ((long) Permutation.slot(permutation, rank - 1) << 2);
  }

  static void setFirstChild(MemorySegment s, long at, int child) {
    SHARED_INT.setRelease(s, at + FIRST_CHILD, child);
  }

  /**
   * Returns the number of valid slots whose slice is below the given one. All slots are compared,
   * without a branch and in any order, and the invalid ones are masked out afterwards: fourteen
   * independent loads cost less than four that wait for each other and for the prediction of a
   * branch.
   */
  static int countBelow(MemorySegment s, long at, long permutation, long slice) {
    long half = slice >>> 1;
    long low = slice & 1;
    long w = at + SLICES;
    long below =
        below(s.get(LONG, w), half, low)
            | below(s.get(LONG, w + 8), half, low) << 1
            | below(s.get(LONG, w + 16), half, low) << 2
            | below(s.get(LONG, w + 24), half, low) << 3
            | below(s.get(LONG, w + 32), half, low) << 4
            | below(s.get(LONG, w + 40), half, low) << 5
            | below(s.get(LONG, w + 48), half, low) << 6
            | below(s.get(LONG, w + 56), half, low) << 7
            | below(s.get(LONG, w + 64), half, low) << 8
            | below(s.get(LONG, w + 72), half, low) << 9
            | below(s.get(LONG, w + 80), half, low) << 10
            | below(s.get(LONG, w + 88), half, low) << 11
            | below(s.get(LONG, w + 96), half, low) << 12
            | below(s.get(LONG, w + 104), half, low) << 13;
    return Long.bitCount(below & ((1L << Permutation.count(permutation)) - 1));
  }

  /** Returns 1 if a is below the slice 2 × half + low, all unsigned, else 0. */
  private static long below(long a, long half, long low) {
    return ((a >>> 1) - half - (~a & low)) >>> 63;
  }
}
