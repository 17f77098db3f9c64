package io.apexstore.engine.sstable;

import static io.apexstore.engine.sstable.TableFormat.BYTE;
import static io.apexstore.engine.sstable.TableFormat.INT;
import static io.apexstore.engine.sstable.TableFormat.LONG;

import io.apexstore.engine.base.Keys;
import io.apexstore.engine.base.Lookup;
import io.apexstore.engine.base.ValueKind;
import io.apexstore.engine.cache.Slab;
import java.lang.foreign.MemorySegment;

/**
 * Point reads of a data block in place, in a frame of the block cache. See {@link TableFormat}.
 *
 * <p><b>Threads:</b> any. The frame may be filled with another block at any moment. So a read
 * trusts bytes only as far as it needs to come to an end, and the caller validates.
 */
final class DataBlock {
  /** An entry was passed to the look-up. */
  static final int FOUND = 0;

  /** The table has no entry that the read may see. */
  static final int ABSENT = 1;

  /**
   * The block ends with versions of the key that are too new; the next block may have older ones.
   */
  static final int CONTINUES = 2;

  /** The frame was filled with another block meanwhile. */
  static final int CHANGED = 3;

  /** The bytes of a cache line; the smallest frame has sixteen lines. */
  private static final long LINE = 64;

  private static final long NO_LINES = 0x9E3779B97F4A7C15L;

  private DataBlock() {}

  /**
   * Searches a frame.
   *
   * @param stamp of the frame, see {@link Slab}; checked before an entry is passed on
   * @return {@link #FOUND}, {@link #ABSENT}, {@link #CONTINUES} or {@link #CHANGED}; true only if
   *     the frame is still valid afterwards
   * @throws IndexOutOfBoundsException if the bytes are not those of a data block
   */
  static int get(Slab slab, int index, long stamp, Lookup lookup) {
    MemorySegment memory = slab.memory();
    long base = slab.offset(index);
    long lines = firstLines(memory, base);
    int restarts = memory.get(INT, base + TableFormat.RESTART_COUNT_OFFSET);
    int buckets = memory.get(INT, base + TableFormat.BUCKET_COUNT_OFFSET);
    long values = base + memory.get(INT, base + TableFormat.VALUES_OFFSET);
    long prefixes = base + TableFormat.DATA_HEADER_BYTES;
    long positions = prefixes + ((long) restarts << 3);
    long bucketsAt = positions + ((long) restarts << 3);
    long entries = bucketsAt + buckets;
    int restart;
    if (buckets > 0 && lines != NO_LINES) {
      int bucket = TableFormat.bucket(lookup.keyHash(), buckets);
      restart = memory.get(BYTE, bucketsAt + bucket) & 0xFF;
      if (restart == TableFormat.BUCKET_EMPTY) {
        return ABSENT;
      }
      if (restart == TableFormat.BUCKET_COLLISION) {
        restart = findRestart(memory, base, restarts, positions, entries, lookup);
      }
    } else {
      restart = findRestart(memory, base, restarts, positions, entries, lookup);
    }
    long position = positions + ((long) restart << 3);
    long at = entries + memory.get(INT, position);
    long value = values + memory.get(INT, position + Integer.BYTES);
    return walk(slab, index, stamp, lookup, base, at, values, value);
  }

  /**
   * Loads the cache lines that have buckets, restarts and keys of most blocks. A search needs them
   * one after another, each found through the one before; loaded at once, they arrive at once.
   *
   * @return a number computed from all of them, so that no compiler drops the loads. Comparing it
   *     with {@link #NO_LINES} uses it; either outcome is right
   */
  private static long firstLines(MemorySegment memory, long base) {
    return memory.get(LONG, base + LINE)
        + memory.get(LONG, base + 2 * LINE)
        + memory.get(LONG, base + 3 * LINE)
        + memory.get(LONG, base + 4 * LINE)
        + memory.get(LONG, base + 5 * LINE)
        + memory.get(LONG, base + 6 * LINE)
        + memory.get(LONG, base + 7 * LINE)
        + memory.get(LONG, base + 8 * LINE)
        + memory.get(LONG, base + 9 * LINE)
        + memory.get(LONG, base + 10 * LINE);
  }

  /** Returns the restart to begin at: the last one whose key is less than the key, or the first. */
  private static int findRestart(
      MemorySegment memory, long base, int restarts, long positions, long entries, Lookup lookup) {
    byte[] key = lookup.key();
    int keyLength = lookup.keyLength();
    int common = memory.get(INT, base + TableFormat.COMMON_OFFSET);
    if (keyLength < common) {
      return 0;
    }
    // A key without the common beginning is not in this block, whatever is returned.
    long prefixes = base + TableFormat.DATA_HEADER_BYTES;
    long prefix = Keys.prefixOf(key, common, keyLength - common);
    int low = SegmentSearch.lowerBound(memory, prefixes, restarts, prefix);
    if (low < restarts && memory.get(LONG, prefixes + ((long) low << 3)) == prefix) {
      int high = SegmentSearch.upperBound(memory, prefixes, restarts, prefix);
      while (low < high) {
        int middle = (low + high) >>> 1;
        long at = entries + memory.get(INT, positions + ((long) middle << 3));
        if (isRestartLess(memory, at, key, keyLength)) {
          low = middle + 1;
        } else {
          high = middle;
        }
      }
    }
    return Math.max(0, low - 1);
  }

  private static boolean isRestartLess(MemorySegment memory, long at, byte[] key, int keyLength) {
    int flags = memory.get(BYTE, at);
    long from = skipVarint(memory, at + 1);
    int length = varint(memory, from);
    long keyAt = skipVarint(memory, skipVarint(memory, from));
    keyAt += TableFormat.versionBytes(flags) + (flags & TableFormat.EXPIRES);
    int shorter = Math.min(length, keyLength);
    int same = SegmentSearch.common(key, 0, memory, keyAt, shorter);
    return same < shorter
        ? (memory.get(BYTE, keyAt + same) & 0xFF) < (key[same] & 0xFF)
        : length < keyLength;
  }

  /**
   * Walks over entries until the key is met or passed.
   *
   * <p>{@code matched} is the number of bytes that the previous entry shares with the key; that
   * entry is less than the key, or a version of it that is too new. An entry that shares more than
   * that with its predecessor is less than the key for the same reason; one that shares less is
   * greater; only one that shares exactly as much is compared, from there. Nothing is known at a
   * restart.
   */
  private static int walk(
      Slab slab, int index, long stamp, Lookup lookup, long base, long from, long end, long first) {
    MemorySegment memory = slab.memory();
    byte[] key = lookup.key();
    int keyLength = lookup.keyLength();
    long at = from;
    long value = first;
    int matched = 0;
    int answer = ABSENT;
    while (at < end) {
      int head = memory.get(INT, at);
      int shared;
      int unshared;
      int valueLength;
      if ((head & 0x80808000) == 0) {
        shared = (head >>> 8) & 0x7F;
        unshared = (head >>> 16) & 0x7F;
        valueLength = head >>> 24;
        at += 4;
      } else {
        shared = varint(memory, at + 1);
        at = skipVarint(memory, at + 1);
        unshared = varint(memory, at);
        at = skipVarint(memory, at);
        valueLength = varint(memory, at);
        at = skipVarint(memory, at);
      }
      long keyAt = at + TableFormat.versionBytes(head) + (head & TableFormat.EXPIRES);
      if (shared < matched) {
        if (shared > 0) {
          return ABSENT;
        }
        matched = 0;
      }
      if (shared == matched) {
        int rest = keyLength - matched;
        int shorter = Math.min(unshared, rest);
        int same = SegmentSearch.common(key, matched, memory, keyAt, shorter);
        matched += same;
        if (same < shorter) {
          if ((memory.get(BYTE, keyAt + same) & 0xFF) > (key[matched] & 0xFF)) {
            return ABSENT;
          }
        } else if (unshared > rest) {
          return ABSENT;
        } else if (unshared == rest) {
          long baseVersion = memory.get(LONG, base + TableFormat.BASE_VERSION_OFFSET);
          long version = TableFormat.version(head, memory.get(LONG, at), baseVersion);
          if (version <= lookup.readVersion()) {
            return hand(slab, index, stamp, lookup, base, at, head, version, value, valueLength);
          }
          answer = CONTINUES;
        }
      }
      at = keyAt + unshared;
      value += valueLength;
    }
    return answer;
  }

  private static int hand(
      Slab slab,
      int index,
      long stamp,
      Lookup lookup,
      long base,
      long at,
      int flags,
      long version,
      long value,
      int valueLength) {
    MemorySegment memory = slab.memory();
    long expiryMs =
        (flags & TableFormat.EXPIRES) == 0
            ? 0
            : memory.get(LONG, at + TableFormat.versionBytes(flags));
    int blockLength = slab.length(index);
    if (!slab.validate(index, stamp)) {
      return CHANGED;
    }
    // The bytes read so far are valid; only the value's bytes may still change.
    if (value + valueLength > base + blockLength) {
      throw new IndexOutOfBoundsException("value beyond the block");
    }
    lookup.found(kind(flags), version, expiryMs, memory, value, valueLength);
    return FOUND;
  }

  /** Returns the kind in an entry's flags. */
  static ValueKind kind(int flags) {
    int code = flags & TableFormat.KIND_MASK;
    if (code == ValueKind.PUT.code()) {
      return ValueKind.PUT;
    }
    if (code == ValueKind.DELETE.code()) {
      return ValueKind.DELETE;
    }
    throw new IndexOutOfBoundsException("kind " + code);
  }

  /** Returns a varint, of at most five bytes; never negative, whatever the bytes are. */
  private static int varint(MemorySegment memory, long at) {
    int value = 0;
    for (int i = 0; i < 5; i++) {
      int b = memory.get(BYTE, at + i);
      value |= (b & 0x7F) << (7 * i);
      if (b >= 0) {
        break;
      }
    }
    return value & Integer.MAX_VALUE;
  }

  private static long skipVarint(MemorySegment memory, long at) {
    int i = 0;
    while (i < 4 && memory.get(BYTE, at + i) < 0) {
      i++;
    }
    return at + i + 1;
  }
}
