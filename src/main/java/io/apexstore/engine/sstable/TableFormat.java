package io.apexstore.engine.sstable;

import io.apexstore.engine.file.FileHeader;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;

/**
 * The bytes of a table. Numbers are little-endian unless said otherwise; a varint is seven bits a
 * byte, lowest first, the top bit set in all but the last.
 *
 * <pre>
 * file      header        {@link FileHeader}, 96 bytes
 *           data block ┐  as many as an index block of about a block's size points at
 *           …          │
 *           index block┘
 *           …             more groups of data blocks and their index block
 *           filter block  sections of the filter, {@value #FILTER_SECTION_BYTES} bytes each but the last
 *           …
 *           top block     points at the index blocks
 *           tombstones    {@link TombstoneBlock}, only if there are range tombstones; sections of
 *           …             {@value #RANGE_TOMBSTONE_SECTION_BYTES} bytes each but the last
 *           properties    {@link TableProperties}
 *           footer        {@link Footer}: where filter, top block and properties are
 * </pre>
 *
 * Blocks follow one another without gaps, each in the form of {@link
 * io.apexstore.engine.codec.BlockFormat}. A block's <em>ordinal</em> is its number among all blocks
 * of the file, from 0 in file order.
 *
 * <p>A <b>data block</b> before compression. Keys and values are kept apart, so that a search
 * through keys passes no values.
 *
 * <pre>
 *   0   4  number of entries n
 *   4   4  number of restarts r
 *   8   4  number of hash buckets b, 0 if there is no hash index
 *  12   4  common: length in bytes of the beginning that all keys share
 *  16   8  base version: the first entry's
 *  24   4  offset v of the values
 *  28   4  offset of the end of the values
 *  32  8r  restart prefixes: the eight bytes of each restart's key after the common ones, as a number
 *      8r  restart positions: 4 bytes offset of the entry, 4 bytes offset of its value, both from 0
 *       b  hash buckets: number of the restart that has a key's first entry; 254: keys of several
 *          restarts; 255: no key
 *          entries
 *   v      values, one after another in the order of the entries
 *          zeros up to eight bytes after the entries
 * </pre>
 *
 * An <b>entry</b>:
 *
 * <pre>
 *   1       flags: bits 0–2 kind, bit 3 has an expiry, bit 4 has the key of the previous entry in the
 *           table, bits 5–7 length of the version (0 to 6; 7 stands for 8)
 *   varint  shared: number of leading bytes of the key that the previous entry has; 0 at a restart
 *   varint  unshared: number of the bytes that follow
 *   varint  length of the value
 *   0–8     version minus the base version, zigzag
 *   0 or 8  expiry, ms since the epoch
 *           unshared bytes of the key
 * </pre>
 *
 * The bucket of a key with hash h is {@code (h mod 2^32) * b >>> 32}. Entries are in the order of
 * keys, those of one key from the newest version to the oldest.
 *
 * <p>An <b>index block</b> has an entry for each data block of its group, the <b>top block</b> one
 * for each index block. An entry's separator is at least the last key of its blocks and less than
 * the next block's first key, or that key itself if it has versions in both blocks.
 *
 * <pre>
 *   0   4  number of entries n
 *   4   4  common: length in bytes of the beginning that all separators share
 *   8   8  index block: file offset of its first data block; top block: 0
 *  16   4  index block: ordinal of its first data block; top block: 0
 *  20   4  offset k of the separators
 *  24      the common bytes
 *      8n  separators' prefixes: the eight bytes after the common ones, as a number
 *          index block: 4(n+1) offsets of the data blocks, and of the last one's end, from the first
 *          top block: 16n, each 8 bytes file offset, 4 bytes stored length, 4 bytes ordinal
 *      4n  ends of the separators, from k
 *   k      separators without the common bytes, one after another
 *          eight zeros
 * </pre>
 *
 * A prefix is the big-endian number of eight bytes, padded with zeros, stored like all numbers.
 */
public final class TableFormat {
  /** The format version that is written and read. */
  public static final int VERSION = 2;

  /** Block types. */
  static final int DATA_BLOCK = 1;

  static final int INDEX_BLOCK = 2;
  static final int TOP_BLOCK = 3;
  static final int FILTER_BLOCK = 4;
  static final int PROPERTIES_BLOCK = 5;
  static final int RANGE_TOMBSTONE_BLOCK = 6;

  /** The most bytes of the filter in one block. */
  static final int FILTER_SECTION_BYTES = 256 << 10;

  /** The most bytes of range tombstones in one block. */
  static final int RANGE_TOMBSTONE_SECTION_BYTES = 256 << 10;

  // Data block.
  static final int ENTRY_COUNT_OFFSET = 0;
  static final int RESTART_COUNT_OFFSET = 4;
  static final int BUCKET_COUNT_OFFSET = 8;
  static final int COMMON_OFFSET = 12;
  static final int BASE_VERSION_OFFSET = 16;
  static final int VALUES_OFFSET = 24;
  static final int VALUES_END_OFFSET = 28;
  static final int DATA_HEADER_BYTES = 32;
  static final int RESTART_BYTES = 16;

  /** The bytes that can be read past any entry. */
  static final int ENTRY_SLACK_BYTES = 8;

  static final int BUCKET_COLLISION = 254;
  static final int BUCKET_EMPTY = 255;
  static final int HASHED_RESTARTS_MAX = 254;

  /** Keys per hundred hash buckets. */
  static final int BUCKET_LOAD_PERCENT = 75;

  // Entry flags.
  static final int KIND_MASK = 0x07;
  static final int EXPIRES = 0x08;
  static final int SAME_KEY = 0x10;
  static final int VERSION_LENGTH_SHIFT = 5;

  // Index and top block.
  static final int INDEX_COUNT_OFFSET = 0;
  static final int INDEX_COMMON_OFFSET = 4;
  static final int INDEX_BASE_OFFSET = 8;
  static final int INDEX_ORDINAL_OFFSET = 16;
  static final int INDEX_KEYS_OFFSET = 20;
  static final int INDEX_HEADER_BYTES = 24;
  static final int INDEX_HANDLE_BYTES = 4;
  static final int TOP_HANDLE_BYTES = 16;

  static final ValueLayout.OfInt INT =
      ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
  static final ValueLayout.OfLong LONG =
      ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
  static final ValueLayout.OfByte BYTE = ValueLayout.JAVA_BYTE;

  /** Masks that cut eight loaded bytes to the length of a version. */
  private static final long[] VERSION_MASK = {
    0, 0xFFL, 0xFFFFL, 0xFF_FFFFL, 0xFFFF_FFFFL, 0xFF_FFFF_FFFFL, 0xFFFF_FFFF_FFFFL, -1L
  };

  private TableFormat() {}

  /** Returns the length in bytes of an entry's version, from its flags. */
  static int versionBytes(int flags) {
    int code = (flags & 0xFF) >>> VERSION_LENGTH_SHIFT;
    return code + ((code + 1) >>> 3);
  }

  /**
   * Returns an entry's version, from its flags, the eight bytes that begin with it, and the base
   * version.
   */
  static long version(int flags, long eightBytes, long base) {
    long zigzag = eightBytes & VERSION_MASK[(flags & 0xFF) >>> VERSION_LENGTH_SHIFT];
    return base + ((zigzag >>> 1) ^ -(zigzag & 1));
  }

  /** Returns the code in an entry's flags for a version's distance from the base. */
  static int versionLengthCode(long zigzag) {
    int bytes = (71 - Long.numberOfLeadingZeros(zigzag)) >>> 3;
    return Math.min(bytes, 7);
  }

  /** Returns the bucket of a key. */
  static int bucket(long hash, int buckets) {
    return (int) (((hash & 0xFFFF_FFFFL) * buckets) >>> 32);
  }
}
