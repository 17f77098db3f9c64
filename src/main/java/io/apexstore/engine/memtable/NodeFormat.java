package io.apexstore.engine.memtable;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;

/**
 * The bytes of the tree's nodes. Both kinds begin alike, at a multiple of 64 bytes.
 *
 * <pre>
 *        0       8            64            68         72     76  80            192
 *   leaf | order | entry × 14 | next leaf   | previous | skip | – | window × 14 |
 *  inner | order | child × 14 | first child | –        | skip | – | window × 14 | separator × 14 | –
 * </pre>
 *
 * <ul>
 *   <li>order: which slots count and how they are sorted, see {@link Permutation};
 *   <li>window: eight bytes of the slot's key, see {@link KeySlice};
 *   <li>skip: where in the key the windows of this node begin. All keys that the node can ever hold
 *       or be asked for agree in so many leading bytes;
 *   <li>entry: the newest entry of the slot's key;
 *   <li>separator: an entry whose key is the least that belongs into the slot's child;
 *   <li>first child: holds the keys below the smallest separator.
 * </ul>
 *
 * <p>A search reads three cache lines of a node and can ask for all of them at once: where the
 * windows are does not depend on the order, and the reference that the search ends with stands
 * beside the order. A walk reads the first line and one word of the second.
 *
 * <p>Numbers are little-endian, references as in {@link MemTableFootprint}. What a reader may meet
 * while the writer changes it is one aligned word, stored with release and read with acquire:
 * order, next, previous, entries, children. The rest is written before the order that makes it
 * count.
 */
final class NodeFormat {
  /** Slots of a node. */
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

  /** Reads from the lines of a leaf that a walk needs; see {@link EntryFormat#touch}. */
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

  /** An entry as it may have been a moment ago, to touch but not to use. */
  static int entryHint(MemorySegment s, long at, int slot) {
    return s.get(INT, at + ENTRIES + ((long) slot << 2));
  }

  static void setEntry(MemorySegment s, long at, int slot, int entry) {
    SHARED_INT.setRelease(s, at + ENTRIES + ((long) slot << 2), entry);
  }

  static int separator(MemorySegment s, long at, int slot) {
    return s.get(INT, at + SEPARATORS + ((long) slot << 2));
  }

  /** Fills a slot of a leaf that does not count yet. */
  static void fillLeafSlot(MemorySegment s, long at, int slot, long slice, int entry) {
    s.set(LONG, at + SLICES + ((long) slot << 3), slice);
    s.set(INT, at + ENTRIES + ((long) slot << 2), entry);
  }

  /** Fills a slot of an inner node that does not count yet. */
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
   * Returns how many of the counting slots have a window below the given one. All slots are
   * compared, without a branch and in no order, and those that do not count are left out
   * afterwards: fourteen independent loads cost less than four that wait for each other and for the
   * guess of a branch.
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

  /** Returns 1 if a is below the window 2 × half + low, all unsigned, else 0. */
  private static long below(long a, long half, long low) {
    return ((a >>> 1) - half - (~a & low)) >>> 63;
  }
}
