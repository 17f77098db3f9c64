package io.apexstore.engine.sstable;

import java.lang.foreign.MemorySegment;

/**
 * The top block of a table's index, which stays in memory while the table is open: where the index
 * blocks are. An index block and the data blocks before it are a <em>group</em>.
 *
 * <p><b>Threads:</b> any. <b>Invariants:</b> nothing changes; the memory is the table's.
 */
final class TopIndex {
  private final MemorySegment memory;
  private final long handlesAt;
  private final int count;

  TopIndex(MemorySegment memory) {
    this.memory = memory;
    this.count = IndexBlock.count(memory, 0);
    this.handlesAt = IndexBlock.handles(memory, 0);
  }

  /** How many groups there are. */
  int count() {
    return count;
  }

  /** Returns the group that can hold a key; the number of groups if none can. */
  int find(byte[] key, int keyLength) {
    return IndexBlock.find(memory, 0, TableFormat.TOP_HANDLE_BYTES, 0, key, keyLength);
  }

  /** Returns where in the file a group's index block is. */
  long offset(int group) {
    return memory.get(TableFormat.LONG, handle(group));
  }

  /** Returns the stored length of a group's index block. */
  int length(int group) {
    return memory.get(TableFormat.INT, handle(group) + Long.BYTES);
  }

  /** Returns the ordinal of a group's index block, which is the one behind its last data block. */
  int ordinal(int group) {
    return memory.get(TableFormat.INT, handle(group) + Long.BYTES + Integer.BYTES);
  }

  /** Returns the ordinal of a group's first data block. */
  int firstOrdinal(int group) {
    return group == 0 ? 0 : ordinal(group - 1) + 1;
  }

  /**
   * Returns the place of a group's index block in the cache. Index blocks come first there, because
   * they are wanted all the time, then data blocks by ordinal.
   */
  int indexSlot(int group) {
    return group;
  }

  /** Returns the place of a data block in the cache. */
  int dataSlot(int ordinal) {
    return count + ordinal;
  }

  /** Returns how many places there are. */
  static int slots(Footer footer, int groups) {
    return groups + footer.blockCount();
  }

  /** Returns the separator of a group. */
  byte[] separator(int group) {
    return IndexBlock.separator(memory, 0, TableFormat.TOP_HANDLE_BYTES, 0, group);
  }

  long bytes() {
    return memory.byteSize();
  }

  private long handle(int group) {
    return handlesAt + (long) TableFormat.TOP_HANDLE_BYTES * group;
  }
}
