package io.apexstore.engine.sstable;

import static io.apexstore.engine.codec.BlockFormat.INT;
import static io.apexstore.engine.codec.BlockFormat.LONG;

import io.apexstore.engine.base.Keys;
import io.apexstore.engine.base.Lookup;
import io.apexstore.engine.base.ValueKind;
import io.apexstore.engine.cache.LargeBlocks;
import io.apexstore.engine.codec.BlockBuffer;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;

/**
 * A cursor over the entries of a data block in an array. See {@link TableFormat}.
 *
 * <p>The current entry's parts are in fields, its key in an array that is reused. The cursor is
 * before the first entry, at an entry, or after the last. Going backwards means decoding the
 * entries from a restart on; {@link IntervalEntries} keeps them.
 *
 * <p><b>Threads:</b> one at a time. <b>Errors:</b> bytes that are not a data block cause an {@link
 * IndexOutOfBoundsException}; the caller, which knows the block's place, reports corruption.
 */
final class DataBlockCursor {
  static final int KEY_SLACK_BYTES = 16;
  private static final int INITIAL_KEY_BYTES = 256;

  private byte[] block = new byte[0];
  private int restartCount;
  private int restartsAt;
  private int common;
  private int entriesAt;
  private int entriesEnd;
  private int valuesEnd;
  private long baseVersion;

  // The current entry.
  byte[] key;
  int keyLength;
  int flags;
  long version;
  long expiryMs;
  int valueAt;
  int valueLength;

  /** The offset at which the current entry begins. */
  private int entryAt;

  private int nextEntryAt;
  private int nextValueAt;

  DataBlockCursor() {
    this(INITIAL_KEY_BYTES);
  }

  /** Creates a cursor with room for keys of {@code keyBytes} bytes; it grows for longer keys. */
  DataBlockCursor(int keyBytes) {
    key = new byte[keyBytes + KEY_SLACK_BYTES];
  }

  /**
   * Opens a block; the cursor is before its first entry. The fields of the current entry are
   * unchanged.
   *
   * @param buffer must not change while the cursor is used
   */
  void open(BlockBuffer buffer) {
    open(buffer, buffer.length());
  }

  /**
   * Opens a block of which the buffer has all bytes before the values.
   *
   * @param blockBytes the length of the whole block
   */
  void open(BlockBuffer buffer, int blockBytes) {
    byte[] bytes = buffer.array();
    restartCount = (int) INT.get(bytes, TableFormat.RESTART_COUNT_OFFSET);
    int buckets = (int) INT.get(bytes, TableFormat.BUCKET_COUNT_OFFSET);
    common = (int) INT.get(bytes, TableFormat.COMMON_OFFSET);
    baseVersion = (long) LONG.get(bytes, TableFormat.BASE_VERSION_OFFSET);
    entriesEnd = (int) INT.get(bytes, TableFormat.VALUES_OFFSET);
    valuesEnd = (int) INT.get(bytes, TableFormat.VALUES_END_OFFSET);
    restartsAt = TableFormat.DATA_HEADER_BYTES + Long.BYTES * restartCount;
    entriesAt = restartsAt + Long.BYTES * restartCount + buckets;
    if (restartCount < 1
        || restartCount > buffer.length() / TableFormat.RESTART_BYTES
        || buckets < 0
        || buckets > buffer.length()
        || entriesEnd < entriesAt
        || entriesEnd > buffer.length()
        || valuesEnd < entriesEnd
        || valuesEnd > blockBytes) {
      throw new IndexOutOfBoundsException("no data block");
    }
    block = bytes;
    toStart();
  }

  byte[] block() {
    return block;
  }

  int restartCount() {
    return restartCount;
  }

  int entryAt() {
    return entryAt;
  }

  int nextEntryAt() {
    return nextEntryAt;
  }

  /**
   * Sets the current entry's fields, except its key, to those of an entry; the cursor does not
   * move.
   */
  void showHead(int at, int newValueAt) {
    int head = (int) INT.get(block, at);
    int from = at + 4;
    int length = head >>> 24;
    if ((head & 0x80808000) != 0) {
      from = skipVarint(skipVarint(at + 1));
      length = varint(from);
      from = skipVarint(from);
    }
    flags = head & 0xFF;
    version = TableFormat.version(head, (long) LONG.get(block, from), baseVersion);
    expiryMs =
        (head & TableFormat.EXPIRES) == 0
            ? 0
            : (long) LONG.get(block, from + TableFormat.versionBytes(head));
    valueAt = newValueAt;
    valueLength = length;
  }

  /** Sets the current key; {@link #KEY_SLACK_BYTES} bytes can be read past it in {@code keys}. */
  void showKey(byte[] keys, int from, int length) {
    if (key.length - KEY_SLACK_BYTES < length) {
      key = new byte[2 * length + KEY_SLACK_BYTES];
    }
    copyKey(keys, from, key, 0, length);
    keyLength = length;
  }

  /**
   * Copies a key, a short one in two steps; {@link #KEY_SLACK_BYTES} bytes can be read past it and
   * written past its copy.
   */
  static void copyKey(byte[] source, int from, byte[] target, int at, int length) {
    if (length <= 2 * Long.BYTES) {
      LONG.set(target, at, (long) LONG.get(source, from));
      LONG.set(target, at + Long.BYTES, (long) LONG.get(source, from + Long.BYTES));
    } else {
      System.arraycopy(source, from, target, at, length);
    }
  }

  /** The number of entries in the block's header. */
  int entryCount() {
    return (int) INT.get(block, TableFormat.ENTRY_COUNT_OFFSET);
  }

  /** Whether entries and values have both ended at the places that the block's header gives. */
  boolean isAtEnd() {
    return nextEntryAt == entriesEnd && nextValueAt == valuesEnd;
  }

  /** Returns the prefix that is stored for a restart's key. */
  long restartPrefix(int restart) {
    return (long) LONG.get(block, TableFormat.DATA_HEADER_BYTES + (restart << 3));
  }

  /** Returns the prefix that would be stored for the current key if it were at a restart. */
  long prefixOfCurrent() {
    return Keys.prefixOf(key, common, keyLength - common);
  }

  /** Whether the hash index, if the block has one, leads to the current entry. */
  boolean isInBucket(long hash) {
    int bucketsAt = restartsAt + Long.BYTES * restartCount;
    int buckets = entriesAt - bucketsAt;
    if (buckets == 0) {
      return true;
    }
    int bucket = block[bucketsAt + TableFormat.bucket(hash, buckets)] & 0xFF;
    return bucket == TableFormat.BUCKET_COLLISION || bucket == restartOf(entryAt);
  }

  /** Goes before the first entry. */
  void toStart() {
    toRestart(0);
  }

  /** Goes before the first entry of a restart; the fields of the current entry are unchanged. */
  void toRestart(int restart) {
    int position = restartsAt + (restart << 3);
    nextEntryAt = entriesAt + (int) INT.get(block, position);
    nextValueAt = entriesEnd + (int) INT.get(block, position + Integer.BYTES);
  }

  /** Returns the offset at which the entries of a restart end. */
  int restartEnd(int restart) {
    return restart + 1 == restartCount
        ? entriesEnd
        : entriesAt + (int) INT.get(block, restartsAt + ((restart + 1) << 3));
  }

  /** Returns the restart that an entry belongs to. */
  int restartOf(int entry) {
    int low = 0;
    int high = restartCount - 1;
    while (low < high) {
      int middle = (low + high + 1) >>> 1;
      if (entriesAt + (int) INT.get(block, restartsAt + (middle << 3)) <= entry) {
        low = middle;
      } else {
        high = middle - 1;
      }
    }
    return low;
  }

  /** Whether the current entry has the same key as the previous entry in the table. */
  boolean isSameKey() {
    return (flags & TableFormat.SAME_KEY) != 0;
  }

  /** Goes to the next entry; if there is none, returns false and changes nothing. */
  boolean advance() {
    int at = nextEntryAt;
    if (at >= entriesEnd) {
      return false;
    }
    entryAt = at;
    int head = (int) INT.get(block, at);
    int shared;
    int unshared;
    int length;
    if ((head & 0x80808000) == 0) {
      shared = (head >>> 8) & 0x7F;
      unshared = (head >>> 16) & 0x7F;
      length = head >>> 24;
      at += 4;
    } else {
      shared = varint(at + 1);
      at = skipVarint(at + 1);
      unshared = varint(at);
      at = skipVarint(at);
      length = varint(at);
      at = skipVarint(at);
    }
    readHead(head, at, length);
    at += TableFormat.versionBytes(head) + (head & TableFormat.EXPIRES);
    takeKey(shared, at, unshared);
    nextEntryAt = at + unshared;
    return true;
  }

  private void readHead(int head, int at, int length) {
    flags = head & 0xFF;
    version = TableFormat.version(head, (long) LONG.get(block, at), baseVersion);
    expiryMs =
        (head & TableFormat.EXPIRES) == 0
            ? 0
            : (long) LONG.get(block, at + TableFormat.versionBytes(head));
    valueAt = nextValueAt;
    valueLength = length;
    nextValueAt += length;
    if (nextValueAt > valuesEnd || nextValueAt < 0) {
      throw new IndexOutOfBoundsException("value beyond the block");
    }
  }

  private void takeKey(int shared, int at, int unshared) {
    int length = shared + unshared;
    if (key.length - KEY_SLACK_BYTES < length) {
      key = Arrays.copyOf(key, 2 * length + KEY_SLACK_BYTES);
    }
    copyKey(block, at, key, shared, unshared);
    keyLength = length;
  }

  /**
   * Goes to the first entry whose key is at least the given one. If there is none, returns false;
   * the cursor is then after the last entry. See {@link DataBlock} for how entries are skipped.
   */
  boolean seek(byte[] target, int targetLength) {
    toRestart(findRestart(target, targetLength));
    int at = nextEntryAt;
    int value = nextValueAt;
    int matched = 0;
    while (at < entriesEnd) {
      int head = (int) INT.get(block, at);
      int shared;
      int unshared;
      int length;
      int from = at;
      if ((head & 0x80808000) == 0) {
        shared = (head >>> 8) & 0x7F;
        unshared = (head >>> 16) & 0x7F;
        length = head >>> 24;
        at += 4;
      } else {
        shared = varint(at + 1);
        at = skipVarint(at + 1);
        unshared = varint(at);
        at = skipVarint(at);
        length = varint(at);
        at = skipVarint(at);
      }
      int keyAt = at + TableFormat.versionBytes(head) + (head & TableFormat.EXPIRES);
      if (shared == 0) {
        matched = 0;
      }
      boolean reached = shared < matched;
      if (shared == matched) {
        int shorter = Math.min(unshared, targetLength - matched);
        int same = KeyBytes.common(block, keyAt, shorter, target, matched, shorter);
        reached =
            same < shorter
                ? (block[keyAt + same] & 0xFF) > (target[matched + same] & 0xFF)
                : unshared >= targetLength - matched;
        matched += reached ? 0 : same;
      }
      if (reached) {
        takeTarget(target, shared);
        entryAt = from;
        nextValueAt = value;
        readHead(head, at, length);
        takeKey(shared, keyAt, unshared);
        nextEntryAt = keyAt + unshared;
        return true;
      }
      at = keyAt + unshared;
      value += length;
    }
    entryAt = entriesEnd;
    nextEntryAt = entriesEnd;
    nextValueAt = value;
    return false;
  }

  /**
   * Looks a key up, wherever the cursor is.
   *
   * @return the same as {@link DataBlock#get}
   */
  int get(Lookup lookup) {
    int answer = find(lookup);
    if (answer == DataBlock.FOUND) {
      lookup.found(
          DataBlock.kind(flags),
          version,
          expiryMs,
          MemorySegment.ofArray(block),
          valueAt,
          valueLength);
    }
    return answer;
  }

  /** Looks a key up whose values are in a large block, which is pinned. */
  int get(Lookup lookup, LargeBlocks.LargeBlock values) {
    int answer = find(lookup);
    if (answer == DataBlock.FOUND) {
      ValueKind kind = DataBlock.kind(flags);
      if (kind == ValueKind.PUT && lookup.wantsLent(valueLength)) {
        lookup.foundLent(version, expiryMs, values.lend(), valueAt, valueLength);
      } else {
        lookup.found(kind, version, expiryMs, values.segment(), valueAt, valueLength);
      }
    }
    return answer;
  }

  /** Goes to the entry of a key that a read may see. */
  private int find(Lookup lookup) {
    if (!seek(lookup.key(), lookup.keyLength())
        || Keys.compare(key, 0, keyLength, lookup.key(), 0, lookup.keyLength()) != 0) {
      return DataBlock.ABSENT;
    }
    do {
      if (version <= lookup.readVersion()) {
        return DataBlock.FOUND;
      }
      if (!advance()) {
        return DataBlock.CONTINUES;
      }
    } while (isSameKey());
    return DataBlock.ABSENT;
  }

  /** Begins the current key with the bytes that it shares with the key of a seek. */
  private void takeTarget(byte[] target, int shared) {
    if (key.length - KEY_SLACK_BYTES < shared) {
      key = new byte[2 * shared + KEY_SLACK_BYTES];
    }
    System.arraycopy(target, 0, key, 0, shared);
  }

  /** Returns the last restart whose key is less than the given one, or the first. */
  private int findRestart(byte[] target, int targetLength) {
    int firstKeyAt = restartKeyAt(0);
    int shorter = Math.min(common, targetLength);
    int same = KeyBytes.common(block, firstKeyAt, shorter, target, 0, shorter);
    if (same < common) {
      boolean less =
          same == targetLength || (target[same] & 0xFF) < (block[firstKeyAt + same] & 0xFF);
      return less ? 0 : restartCount - 1;
    }
    long prefix = Keys.prefixOf(target, common, targetLength - common);
    int low = 0;
    int high = restartCount;
    while (low < high) {
      int middle = (low + high) >>> 1;
      long other = (long) LONG.get(block, TableFormat.DATA_HEADER_BYTES + (middle << 3));
      if (other == prefix
          ? isRestartLess(middle, target, targetLength)
          : Long.compareUnsigned(other, prefix) < 0) {
        low = middle + 1;
      } else {
        high = middle;
      }
    }
    return Math.max(0, low - 1);
  }

  private boolean isRestartLess(int restart, byte[] target, int targetLength) {
    int keyAt = restartKeyAt(restart);
    int length = restartKeyLength(restart);
    return Keys.compare(block, keyAt, length, target, 0, targetLength) < 0;
  }

  private int restartAt(int restart) {
    return entriesAt + (int) INT.get(block, restartsAt + (restart << 3));
  }

  private int restartKeyLength(int restart) {
    return varint(skipVarint(restartAt(restart) + 1));
  }

  private int restartKeyAt(int restart) {
    int at = restartAt(restart);
    int head = block[at];
    int afterLengths = skipVarint(skipVarint(skipVarint(at + 1)));
    return afterLengths + TableFormat.versionBytes(head) + (head & TableFormat.EXPIRES);
  }

  private int varint(int at) {
    int value = 0;
    for (int i = 0; i < 5; i++) {
      int b = block[at + i];
      value |= (b & 0x7F) << (7 * i);
      if (b >= 0) {
        break;
      }
    }
    return value & Integer.MAX_VALUE;
  }

  private int skipVarint(int at) {
    int i = 0;
    while (i < 4 && block[at + i] < 0) {
      i++;
    }
    return at + i + 1;
  }
}
