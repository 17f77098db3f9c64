package io.apexstore.engine.sstable;

import io.apexstore.engine.base.EngineException;
import io.apexstore.engine.base.Limits;
import io.apexstore.engine.codec.BlockFormat;
import io.apexstore.options.Compression;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import org.roaringbitmap.RoaringBitmap;

/**
 * The properties of a table as a whole.
 *
 * <pre>
 *   0   8  entries
 *   8   8  keys
 *  16   8  tombstones
 *  24   8  entries that expire
 *  32   8  oldest version
 *  40   8  newest version
 *  48   8  earliest expiry, ms since the epoch; 0 if none expires
 *  56   8  bytes of all keys
 *  64   8  bytes of all values
 *  72   4  data blocks
 *  76   4  index blocks
 *  80   4  target block size
 *  84   4  restart interval
 *  88   4  compression tried on each block
 *  92   4  fragments of range tombstones
 *  96   8  newest version of an entry, range tombstones excluded
 * 104   4  length s of the smallest key
 * 108   4  length l of the largest key
 * 112   s  smallest key
 *       l  largest key
 *          ordinals of the data blocks that hold tombstones, in RoaringBitmap's portable format
 *          ordinals of the data blocks that hold entries that expire, likewise
 * </pre>
 *
 * Numbers are little-endian. The bitmaps must not be changed.
 *
 * @param entryCount entries of any kind
 * @param keyCount distinct keys
 * @param tombstoneCount entries that are tombstones
 * @param expiringCount entries with an expiry
 * @param minVersion oldest version of any entry or range tombstone
 * @param maxVersion newest version of any entry or range tombstone
 * @param oldestExpiryMs earliest expiry in ms since the epoch, 0 if none expires
 * @param keyBytes bytes of the keys of all entries
 * @param valueBytes bytes of all values
 * @param dataBlockCount data blocks
 * @param indexBlockCount index blocks
 * @param blockBytes target block size in bytes
 * @param restartInterval entries from one whole key to the next
 * @param compression the compression that was tried on each block
 * @param rangeTombstoneCount fragments of range tombstones
 * @param newestEntryVersion newest version of any entry, range tombstones excluded
 * @param smallestKey first key of an entry or a range tombstone; not to be changed
 * @param largestKey last key of an entry, or the end of a range tombstone if that is greater. Not
 *     to be changed
 * @param tombstoneBlocks ordinals of the data blocks that hold tombstones
 * @param expiringBlocks ordinals of the data blocks that hold entries that expire
 */
record TableProperties(
    long entryCount,
    long keyCount,
    long tombstoneCount,
    long expiringCount,
    long minVersion,
    long maxVersion,
    long oldestExpiryMs,
    long keyBytes,
    long valueBytes,
    int dataBlockCount,
    int indexBlockCount,
    int blockBytes,
    int restartInterval,
    Compression compression,
    int rangeTombstoneCount,
    long newestEntryVersion,
    byte[] smallestKey,
    byte[] largestKey,
    RoaringBitmap tombstoneBlocks,
    RoaringBitmap expiringBlocks) {
  private static final int FIXED_BYTES = 112;
  private static final int SMALLEST_LENGTH_OFFSET = 104;
  private static final int LARGEST_LENGTH_OFFSET = 108;

  byte[] encode() {
    ByteBuffer b =
        ByteBuffer.allocate(FIXED_BYTES + smallestKey.length + largestKey.length)
            .order(ByteOrder.LITTLE_ENDIAN);
    b.putLong(entryCount).putLong(keyCount).putLong(tombstoneCount).putLong(expiringCount);
    b.putLong(minVersion).putLong(maxVersion).putLong(oldestExpiryMs);
    b.putLong(keyBytes).putLong(valueBytes);
    b.putInt(dataBlockCount).putInt(indexBlockCount).putInt(blockBytes).putInt(restartInterval);
    b.putInt(compression.code()).putInt(rangeTombstoneCount).putLong(newestEntryVersion);
    b.putInt(smallestKey.length).putInt(largestKey.length);
    b.put(smallestKey).put(largestKey);
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    out.writeBytes(b.array());
    try (DataOutputStream data = new DataOutputStream(out)) {
      tombstoneBlocks.serialize(data);
      expiringBlocks.serialize(data);
    } catch (IOException e) {
      throw new UncheckedIOException(e); // Not to an array.
    }
    return out.toByteArray();
  }

  /**
   * Reads properties.
   *
   * @param bytes the block's bytes, verified
   * @param file the file's name, for messages
   * @param offset the block's offset, for messages
   * @throws EngineException {@code CORRUPTION} if they contradict themselves
   */
  static TableProperties decode(byte[] bytes, int length, String file, long offset) {
    if (length < FIXED_BYTES) {
      throw EngineException.corruption(
          file, offset, "properties", FIXED_BYTES + " bytes or more", length);
    }
    ByteBuffer b = ByteBuffer.wrap(bytes, 0, length).order(ByteOrder.LITTLE_ENDIAN);
    byte[] smallest = key(b, SMALLEST_LENGTH_OFFSET, FIXED_BYTES, file, offset);
    byte[] largest = key(b, LARGEST_LENGTH_OFFSET, FIXED_BYTES + smallest.length, file, offset);
    int bitmapsAt = FIXED_BYTES + smallest.length + largest.length;
    RoaringBitmap tombstones = new RoaringBitmap();
    RoaringBitmap expiring = new RoaringBitmap();
    try (DataInputStream in =
        new DataInputStream(new ByteArrayInputStream(bytes, bitmapsAt, length - bitmapsAt))) {
      tombstones.deserialize(in);
      expiring.deserialize(in);
      if (in.read() >= 0) {
        throw EngineException.corruption(
            file, offset, "properties", "to end with the bitmaps", "more bytes");
      }
    } catch (IOException e) {
      throw EngineException.corruption(file, offset, "bitmap", "a whole bitmap", e);
    }
    return new TableProperties(
        b.getLong(0),
        b.getLong(8),
        b.getLong(16),
        b.getLong(24),
        b.getLong(32),
        b.getLong(40),
        b.getLong(48),
        b.getLong(56),
        b.getLong(64),
        b.getInt(72),
        b.getInt(76),
        b.getInt(80),
        b.getInt(84),
        BlockFormat.compressionOf(b.getInt(88), file, offset),
        b.getInt(92),
        b.getLong(96),
        smallest,
        largest,
        tombstones,
        expiring);
  }

  private static byte[] key(ByteBuffer b, int lengthAt, int at, String file, long offset) {
    int length = b.getInt(lengthAt);
    if (length < Limits.KEY_BYTES_MIN || length > Limits.KEY_BYTES_MAX || length > b.limit() - at) {
      throw EngineException.corruption(file, offset, "key length", "a legal one", length);
    }
    byte[] key = new byte[length];
    b.get(at, key);
    return key;
  }
}
