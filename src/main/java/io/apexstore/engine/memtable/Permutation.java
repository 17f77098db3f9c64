package io.apexstore.engine.memtable;

/**
 * The permutation of a node: the number of its valid slots, and how they are sorted. Slots are
 * filled in the order of arrival and never reused; storing a new permutation publishes a slot (Mao,
 * Kohler, Morris: Cache Craftiness for Fast Multicore Key-Value Storage, 2012).
 *
 * <pre>
 *   bits 0–3   number of valid slots
 *   bits 4–59  fourteen numbers of four bits: the slot of the smallest key, of the next, …
 *   bit  60    a neighbor was created beside this full leaf without copying it
 * </pre>
 */
final class Permutation {
  static final long EMPTY = 0;

  private static final long CLAIMED = 1L << 60;

  private Permutation() {}

  /** The number of valid slots. */
  static int count(long permutation) {
    return (int) permutation & 15;
  }

  /** The slot of the key with {@code rank} smaller keys in the node. */
  static int slot(long permutation, int rank) {
    return (int) (permutation >>> (4 + (rank << 2))) & 15;
  }

  /** Returns the permutation with the next free slot inserted at a rank. */
  static long insert(long permutation, int rank) {
    int shift = 4 + (rank << 2);
    long below = permutation & ((1L << shift) - 1);
    long above = permutation & -(1L << shift);
    return (below | (long) count(permutation) << shift | above << 4) + 1;
  }

  /** Returns the permutation of slots that are sorted already. */
  static long sorted(int count) {
    return (0xDCBA9876543210L & ((1L << (count << 2)) - 1)) << 4 | count;
  }

  /** Whether the last three slots of a full node were filled in ascending order of keys. */
  static boolean isAscending(long permutation) {
    return (permutation >>> 48 & 0xFFF) == 0xDCB;
  }

  /** Whether the last three slots of a full node were filled in descending order of keys. */
  static boolean isDescending(long permutation) {
    return (permutation >>> 4 & 0xFFF) == 0xBCD;
  }

  static boolean isClaimed(long permutation) {
    return (permutation & CLAIMED) != 0;
  }

  static long claimed(long permutation) {
    return permutation | CLAIMED;
  }
}
