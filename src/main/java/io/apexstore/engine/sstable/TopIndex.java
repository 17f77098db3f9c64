package io.apexstore.engine.sstable;

import java.lang.foreign.MemorySegment;

/**
 * The top block of a table's index, which stays in memory while the table is open: the places of
 * the index blocks. An index block and the data blocks before it are a <em>group</em>.
 *
 * <p><b>Threads:</b> any. <b>Invariants:</b> nothing changes; the memory belongs to the table.
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

  /** The number of groups. */
  int count() {
    return count;
  }

  /** Returns the group that can contain a key; the number of groups if none can. */
  int find(byte[] key, int keyLength) {
    return IndexBlock.find(memory, 0, TableFormat.TOP_HANDLE_BYTES, 0, key, keyLength);
  }

  /** Returns the offset in the file of a group's index block. */
  long offset(int group) {
    return memory.get(TableFormat.LONG, handle(group));
  }

  /** Returns the stored length of a group's index block. */
  int length(int group) {
    return memory.get(TableFormat.INT, handle(group) + Long.BYTES);
  }

  /** Returns the ordinal of a group's index block, which is the one after its last data block. */
  int ordinal(int group) {
    return memory.get(TableFormat.INT, handle(group) + Long.BYTES + Integer.BYTES);
  }

  /** Returns the ordinal of a group's first data block. */
  int firstOrdinal(int group) {
    return group == 0 ? 0 : ordinal(group - 1) + 1;
  }

  /**
   * Returns the slot of a group's index block in the cache region. Index blocks come first, because
   * they are read all the time, then data blocks by ordinal.
   */
  int indexSlot(int group) {
    return group;
  }

  /** Returns the slot of a data block in the cache region. */
  int dataSlot(int ordinal) {
    return count + ordinal;
  }

  /** Returns the number of slots. */
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
