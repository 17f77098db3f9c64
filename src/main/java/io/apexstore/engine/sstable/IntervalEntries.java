package io.apexstore.engine.sstable;

import io.apexstore.engine.codec.BlockBuffer;
import java.util.Arrays;

/**
 * The entries of one restart of a block, decoded, so that they can be walked backwards.
 *
 * <p><b>Threads:</b> one at a time.
 */
final class IntervalEntries {
  private final DataBlockCursor cursor = new DataBlockCursor();
  private byte[] keys = new byte[1 << 10];
  private int keysLength;
  private int[] keyEnds = new int[16];
  private int[] entriesAt = new int[16];
  private int[] flags = new int[16];
  private long[] versions = new long[16];
  private long[] expiries = new long[16];
  private int[] valuesAt = new int[16];
  private int[] valueLengths = new int[16];
  private int count;

  int count() {
    return count;
  }

  /** Takes the entries of a restart. */
  void load(BlockBuffer block, int restart) {
    count = 0;
    keysLength = 0;
    cursor.open(block);
    cursor.toRestart(restart);
    int end = cursor.restartEnd(restart);
    while (cursor.nextEntryAt() < end && cursor.advance()) {
      add();
    }
  }

  private void add() {
    if (count == flags.length) {
      grow();
    }
    if (keys.length - keysLength < cursor.keyLength) {
      keys = Arrays.copyOf(keys, 2 * (keysLength + cursor.keyLength));
    }
    System.arraycopy(cursor.key, 0, keys, keysLength, cursor.keyLength);
    keysLength += cursor.keyLength;
    keyEnds[count] = keysLength;
    entriesAt[count] = cursor.entryAt();
    flags[count] = cursor.flags;
    versions[count] = cursor.version;
    expiries[count] = cursor.expiryMs;
    valuesAt[count] = cursor.valueAt;
    valueLengths[count] = cursor.valueLength;
    count++;
  }

  private void grow() {
    int size = 2 * count;
    keyEnds = Arrays.copyOf(keyEnds, size);
    entriesAt = Arrays.copyOf(entriesAt, size);
    flags = Arrays.copyOf(flags, size);
    versions = Arrays.copyOf(versions, size);
    expiries = Arrays.copyOf(expiries, size);
    valuesAt = Arrays.copyOf(valuesAt, size);
    valueLengths = Arrays.copyOf(valueLengths, size);
  }

  /** Returns how many of the entries begin before a place in the block. */
  int countBefore(int entryAt) {
    int before = 0;
    while (before < count && entriesAt[before] < entryAt) {
      before++;
    }
    return before;
  }

  long version(int entry) {
    return versions[entry];
  }

  boolean isSameKey(int entry) {
    return (flags[entry] & TableFormat.SAME_KEY) != 0;
  }

  /** Makes an entry a cursor's current one, as far as its fields go. */
  void show(int entry, DataBlockCursor target) {
    int from = entry == 0 ? 0 : keyEnds[entry - 1];
    target.show(
        keys,
        from,
        keyEnds[entry] - from,
        flags[entry],
        versions[entry],
        expiries[entry],
        valuesAt[entry],
        valueLengths[entry]);
  }
}
