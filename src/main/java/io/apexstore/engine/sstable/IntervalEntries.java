package io.apexstore.engine.sstable;

import io.apexstore.engine.codec.BlockBuffer;
import java.util.Arrays;

/**
 * The entries of one restart of a block: their places and their keys, so that they can be walked
 * backwards.
 *
 * <p><b>Threads:</b> one at a time.
 */
final class IntervalEntries {
  private final DataBlockCursor cursor = new DataBlockCursor();
  private byte[] keys = new byte[1 << 10];
  private int keysLength;
  private int[] keyEnds = new int[16];
  private int[] entriesAt = new int[16];
  private int[] valuesAt = new int[16];
  private long[] versions = new long[16];
  private int count;

  int count() {
    return count;
  }

  /** Decodes the entries of a restart. */
  void load(BlockBuffer block, int blockBytes, int restart) {
    count = 0;
    keysLength = 0;
    cursor.open(block, blockBytes);
    cursor.toRestart(restart);
    int end = cursor.restartEnd(restart);
    while (cursor.nextEntryAt() < end && cursor.advance()) {
      add();
    }
  }

  private void add() {
    if (count == keyEnds.length) {
      keyEnds = Arrays.copyOf(keyEnds, 2 * count);
      entriesAt = Arrays.copyOf(entriesAt, 2 * count);
      valuesAt = Arrays.copyOf(valuesAt, 2 * count);
      versions = Arrays.copyOf(versions, 2 * count);
    }
    if (keys.length - keysLength - DataBlockCursor.KEY_SLACK_BYTES < cursor.keyLength) {
      keys =
          Arrays.copyOf(
              keys, 2 * (keysLength + cursor.keyLength) + DataBlockCursor.KEY_SLACK_BYTES);
    }
    DataBlockCursor.copyKey(cursor.key, 0, keys, keysLength, cursor.keyLength);
    keysLength += cursor.keyLength;
    keyEnds[count] = keysLength;
    entriesAt[count] = cursor.entryAt();
    valuesAt[count] = cursor.valueAt;
    versions[count] = cursor.version;
    count++;
  }

  /** Returns the number of entries that begin before an offset in the block. */
  int countBefore(int entryAt) {
    int before = 0;
    while (before < count && entriesAt[before] < entryAt) {
      before++;
    }
    return before;
  }

  /** Whether an entry has the same key as the previous entry in the table. */
  boolean isSameKey(int entry) {
    return (cursor.block()[entriesAt[entry]] & TableFormat.SAME_KEY) != 0;
  }

  long version(int entry) {
    return versions[entry];
  }

  /**
   * Shows an entry as the current one of another cursor; that cursor does not move in the block.
   */
  void show(int entry, DataBlockCursor target) {
    target.showHead(entriesAt[entry], valuesAt[entry]);
    int from = entry == 0 ? 0 : keyEnds[entry - 1];
    target.showKey(keys, from, keyEnds[entry] - from);
  }
}
