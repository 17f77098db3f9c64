package io.apexstore.engine.base;

import java.util.Arrays;

/**
 * The index of a batch: finds the operation on a key. It is an open-addressing hash table over
 * keyspace and key. A slot holds the offset of an operation plus 1, or 0 if it is free.
 *
 * <p><b>Threads:</b> confined to one.
 */
final class BatchIndex {
  private BatchIndex() {}

  /**
   * Returns an index of the operations on single keys.
   *
   * @param capacity at least twice the number of these operations
   */
  static int[] of(Batch batch, int capacity) {
    int[] slots = new int[Integer.highestOneBit(capacity - 1) << 1];
    BatchReader operations = batch.reader();
    BatchReader other = batch.reader();
    while (operations.next()) {
      if (!operations.isRangeDelete()) {
        int slot =
            find(
                slots,
                other,
                operations.keyspaceId(),
                operations.bytes(),
                operations.keyOffset(),
                operations.keyLength());
        slots[slot] = operations.start() + 1;
      }
    }
    return slots;
  }

  /**
   * Returns the slot of a key, or the free slot where it belongs.
   *
   * @param at any reader of the batch; this call moves it
   */
  static int find(
      int[] slots, BatchReader at, int keyspaceId, byte[] key, int offset, int keyLength) {
    int mask = slots.length - 1;
    long hash = Keys.hash(key, offset, keyLength) + keyspaceId * 0x9E3779B97F4A7C15L;
    int slot = (int) (hash ^ (hash >>> 32)) & mask;
    while (slots[slot] != 0) {
      at.moveTo(slots[slot] - 1);
      if (at.keyspaceId() == keyspaceId
          && Arrays.equals(
              at.bytes(),
              at.keyOffset(),
              at.keyOffset() + at.keyLength(),
              key,
              offset,
              offset + keyLength)) {
        return slot;
      }
      slot = (slot + 1) & mask;
    }
    return slot;
  }
}
