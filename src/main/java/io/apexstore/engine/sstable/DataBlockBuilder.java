package io.apexstore.engine.sstable;

import static io.apexstore.engine.codec.BlockFormat.INT;
import static io.apexstore.engine.codec.BlockFormat.LONG;

import io.apexstore.engine.base.Keys;
import io.apexstore.engine.base.Limits;
import io.apexstore.engine.base.ValueKind;
import io.apexstore.engine.base.Varints;
import io.apexstore.engine.cache.LargeBlocks;
import io.apexstore.engine.codec.BlockBuffer;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Builds data blocks, one after another. See {@link TableFormat}.
 *
 * <p><b>Threads:</b> one at a time.
 */
final class DataBlockBuilder {
  private static final int ENTRY_HEAD_BYTES_MAX = 64;

  private final int restartInterval;
  private byte[] entries = new byte[8 << 10];
  private byte[] values = new byte[8 << 10];
  private int entriesLength;
  private int valuesLength;
  private int entryCount;
  private long baseVersion;

  /** The only value of a block, if it is so long that it is not copied to the heap. */
  private @Nullable MemorySegment largeValue;

  private int[] restartEntry = new int[64];
  private int[] restartValue = new int[64];
  private int[] restartKey = new int[64];
  private int[] restartKeyLength = new int[64];
  private int restartCount;

  // For the hash index: the lower half of each key's hash, and the restart before the key.
  private int[] keyHash = new int[256];
  private int[] keyRestart = new int[256];
  private int keyCount;

  DataBlockBuilder(int restartInterval) {
    this.restartInterval = restartInterval;
  }

  /**
   * Whether the block consists of one large value, which was not copied. The block must then be
   * finished, with {@link #finishLarge}, before the value is released.
   */
  boolean holdsLargeValue() {
    return largeValue != null;
  }

  boolean isEmpty() {
    return entryCount == 0;
  }

  /** Returns the approximate bytes of the block. */
  long bytes() {
    return (long) entriesLength + valuesLength;
  }

  /** Returns the bytes of the block if this entry were added; at most a few bytes too many. */
  long bytesWith(int shared, int keyLength, boolean sameKey, boolean expires, int valueLength) {
    boolean restart = entryCount % restartInterval == 0;
    int sharedUsed = restart ? 0 : shared;
    int unshared = keyLength - sharedUsed;
    int entry =
        1
            + Varints.length(sharedUsed)
            + Varints.length(unshared)
            + Varints.length(valueLength)
            + Long.BYTES
            + (expires ? Long.BYTES : 0)
            + unshared;
    long valuesAfter = Math.max((long) valuesLength + valueLength, TableFormat.ENTRY_SLACK_BYTES);
    return TableFormat.DATA_HEADER_BYTES
        + (long) TableFormat.RESTART_BYTES * (restartCount + (restart ? 1 : 0))
        + buckets(keyCount + (sameKey && entryCount > 0 ? 0 : 1))
        + entriesLength
        + entry
        + valuesAfter;
  }

  private static int buckets(int keys) {
    return keys * 100 / TableFormat.BUCKET_LOAD_PERCENT + 1;
  }

  /**
   * Adds an entry. Order and limits were checked.
   *
   * @param shared the leading bytes that the key shares with the previous key, which is in this
   *     block unless the block is empty
   * @param sameKey whether the key equals the previous key in the table
   */
  void add(
      byte[] key,
      int keyOffset,
      int keyLength,
      int shared,
      boolean sameKey,
      long hash,
      long version,
      ValueKind kind,
      long expiryMs,
      MemorySegment value,
      long valueOffset,
      int valueLength) {
    boolean restart = entryCount % restartInterval == 0;
    int sharedUsed = restart ? 0 : shared;
    int unshared = keyLength - sharedUsed;
    if (entryCount == 0) {
      baseVersion = version;
    }
    if (restart) {
      addRestart();
    }
    if (!sameKey || entryCount == 0) {
      addHash((int) hash);
    }
    entries = withRoom(entries, entriesLength, unshared + ENTRY_HEAD_BYTES_MAX);
    long delta = version - baseVersion;
    long zigzag = (delta << 1) ^ (delta >> 63);
    int code = TableFormat.versionLengthCode(zigzag);
    int flags =
        kind.code()
            | (expiryMs == Limits.NEVER_EXPIRES ? 0 : TableFormat.EXPIRES)
            | (sameKey ? TableFormat.SAME_KEY : 0)
            | code << TableFormat.VERSION_LENGTH_SHIFT;
    int at = entriesLength;
    entries[at++] = (byte) flags;
    at = Varints.put(entries, at, sharedUsed);
    at = Varints.put(entries, at, unshared);
    at = Varints.put(entries, at, valueLength);
    LONG.set(entries, at, zigzag);
    at += TableFormat.versionBytes(flags);
    if (expiryMs != Limits.NEVER_EXPIRES) {
      LONG.set(entries, at, expiryMs);
      at += Long.BYTES;
    }
    if (restart) {
      restartKey[restartCount - 1] = at;
      restartKeyLength[restartCount - 1] = keyLength;
    }
    System.arraycopy(key, keyOffset + sharedUsed, entries, at, unshared);
    entriesLength = at + unshared;
    if (entryCount == 0 && valueLength > LargeBlocks.LARGE_BYTES) {
      largeValue = value.asSlice(valueOffset, valueLength);
    } else {
      values = withRoom(values, valuesLength, valueLength);
      MemorySegment.copy(
          value, ValueLayout.JAVA_BYTE, valueOffset, values, valuesLength, valueLength);
    }
    valuesLength += valueLength;
    entryCount++;
  }

  private void addRestart() {
    if (restartCount == restartEntry.length) {
      restartEntry = Arrays.copyOf(restartEntry, 2 * restartCount);
      restartValue = Arrays.copyOf(restartValue, 2 * restartCount);
      restartKey = Arrays.copyOf(restartKey, 2 * restartCount);
      restartKeyLength = Arrays.copyOf(restartKeyLength, 2 * restartCount);
    }
    restartEntry[restartCount] = entriesLength;
    restartValue[restartCount] = valuesLength;
    restartCount++;
  }

  private void addHash(int hash) {
    if (keyCount == keyHash.length) {
      keyHash = Arrays.copyOf(keyHash, 2 * keyCount);
      keyRestart = Arrays.copyOf(keyRestart, 2 * keyCount);
    }
    keyHash[keyCount] = hash;
    keyRestart[keyCount] = restartCount - 1;
    keyCount++;
  }

  private static byte[] withRoom(byte[] array, int used, int more) {
    if (array.length - used >= more) {
      return array;
    }
    long doubled = Math.min(2L * array.length, Integer.MAX_VALUE - 64L);
    return Arrays.copyOf(array, (int) Math.max(doubled, (long) used + more));
  }

  /**
   * Writes the block to {@code target} and begins the next one.
   *
   * @param lastKey the key added last
   */
  void finish(byte[] lastKey, int lastKeyLength, BlockBuffer target) {
    int padding = Math.max(0, TableFormat.ENTRY_SLACK_BYTES - valuesLength);
    int valuesAt = putKeys(lastKey, lastKeyLength, target, valuesLength + padding);
    byte[] out = target.array();
    System.arraycopy(values, 0, out, valuesAt, valuesLength);
    Arrays.fill(out, valuesAt + valuesLength, valuesAt + valuesLength + padding, (byte) 0);
    begin();
  }

  /**
   * Writes the block up to its large value to {@code target} and begins the next one.
   *
   * @param lastKey the key added last
   * @return the value, which follows in the block
   */
  MemorySegment finishLarge(byte[] lastKey, int lastKeyLength, BlockBuffer target) {
    MemorySegment value = Objects.requireNonNull(largeValue);
    putKeys(lastKey, lastKeyLength, target, 0);
    largeValue = null;
    begin();
    return value;
  }

  /**
   * Writes all that precedes the values.
   *
   * @param room bytes of room after it
   * @return where the values begin
   */
  private int putKeys(byte[] lastKey, int lastKeyLength, BlockBuffer target, int room) {
    int bucketCount = restartCount <= TableFormat.HASHED_RESTARTS_MAX ? buckets(keyCount) : 0;
    int bucketsAt = TableFormat.DATA_HEADER_BYTES + TableFormat.RESTART_BYTES * restartCount;
    int entriesAt = bucketsAt + bucketCount;
    int valuesAt = entriesAt + entriesLength;
    byte[] out = target.reset(Math.addExact(valuesAt, room));
    int common =
        KeyBytes.common(entries, restartKey[0], restartKeyLength[0], lastKey, 0, lastKeyLength);
    INT.set(out, TableFormat.ENTRY_COUNT_OFFSET, entryCount);
    INT.set(out, TableFormat.RESTART_COUNT_OFFSET, restartCount);
    INT.set(out, TableFormat.BUCKET_COUNT_OFFSET, bucketCount);
    INT.set(out, TableFormat.COMMON_OFFSET, common);
    LONG.set(out, TableFormat.BASE_VERSION_OFFSET, baseVersion);
    INT.set(out, TableFormat.VALUES_OFFSET, valuesAt);
    INT.set(out, TableFormat.VALUES_END_OFFSET, valuesAt + valuesLength);
    int prefixAt = TableFormat.DATA_HEADER_BYTES;
    int positionAt = prefixAt + Long.BYTES * restartCount;
    for (int i = 0; i < restartCount; i++) {
      long prefix = Keys.prefixOf(entries, restartKey[i] + common, restartKeyLength[i] - common);
      LONG.set(out, prefixAt + Long.BYTES * i, prefix);
      INT.set(out, positionAt + Long.BYTES * i, restartEntry[i]);
      INT.set(out, positionAt + Long.BYTES * i + Integer.BYTES, restartValue[i]);
    }
    putBuckets(out, bucketsAt, bucketCount);
    System.arraycopy(entries, 0, out, entriesAt, entriesLength);
    return valuesAt;
  }

  private void putBuckets(byte[] out, int bucketsAt, int bucketCount) {
    Arrays.fill(out, bucketsAt, bucketsAt + bucketCount, (byte) TableFormat.BUCKET_EMPTY);
    for (int i = 0; bucketCount > 0 && i < keyCount; i++) {
      int bucket = bucketsAt + TableFormat.bucket(keyHash[i], bucketCount);
      int before = out[bucket] & 0xFF;
      if (before == TableFormat.BUCKET_EMPTY) {
        out[bucket] = (byte) keyRestart[i];
      } else if (before != keyRestart[i]) {
        out[bucket] = (byte) TableFormat.BUCKET_COLLISION;
      }
    }
  }

  private void begin() {
    entriesLength = 0;
    valuesLength = 0;
    entryCount = 0;
    restartCount = 0;
    keyCount = 0;
  }
}
