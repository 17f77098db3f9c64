package io.apexstore.engine.codec;

import io.apexstore.engine.encryption.AesGcm;
import io.apexstore.options.Compression;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SegmentAllocator;
import java.lang.foreign.ValueLayout;
import java.util.zip.CRC32C;

/**
 * An encoder of blocks: compresses, encrypts, adds the checksum. See {@link BlockFormat}.
 *
 * <p><b>Threads:</b> one at a time.
 */
public final class BlockEncoder {
  private final BlockFile file;
  private final CRC32C crc = new CRC32C();
  private final AesGcm gcm = new AesGcm();
  private final byte[] associated = new byte[BlockFormat.ASSOCIATED_BYTES];
  private final BlockBuffer compressed = new BlockBuffer();
  private final Lz4Compressor lz4 = new Lz4Compressor();
  private byte[] stored = compressed.array();

  /** Creates an encoder for the blocks of one file. */
  public BlockEncoder(BlockFile file) {
    if (file.cipher().overheadBytes() + BlockFormat.TRAILER_BYTES > BlockBuffer.SLACK_BYTES) {
      throw new IllegalArgumentException("a seal of " + file.cipher().overheadBytes() + " bytes");
    }
    this.file = file;
  }

  /**
   * Encodes a block. The stored block is in {@link #bytes()} until the next call.
   *
   * @param block at most {@link BlockFormat#RAW_BYTES_MAX} bytes; may be modified
   * @param type the block type, 0 to 127
   * @param compression the compression to try; a block that does not shrink by an eighth is stored
   *     uncompressed
   * @param ordinal the block's number in its file
   * @param offset the block's offset in its file
   * @return the stored block's length in bytes
   */
  public int encode(
      BlockBuffer block, int type, Compression compression, long ordinal, long offset) {
    int rawLength = block.length();
    checkLength(rawLength);
    int payload = compression == Compression.LZ4 ? compress(block) : -1;
    Compression used = payload < 0 ? Compression.NONE : Compression.LZ4;
    if (payload < 0) {
      payload = rawLength;
      stored = block.array();
    } else {
      stored = compressed.array();
    }
    byte[] out = stored;
    long head = associate(used, type, rawLength, ordinal, offset);
    int sealed =
        file.cipher().seal(gcm, ordinal, associated, 0, associated.length, out, 0, payload, out, 0);
    BlockFormat.LONG.set(out, sealed, head);
    int length = sealed + BlockFormat.TRAILER_BYTES;
    int checksum = BlockFormat.checksum(crc, associated, out, 0, length);
    BlockFormat.INT.set(out, sealed + BlockFormat.CRC_OFFSET, checksum);
    return length;
  }

  /**
   * Encodes a large block in memory outside the heap. It allocates at most twice the block's length
   * and a few bytes.
   *
   * @param keys the beginning of the block, up to its values
   * @param values the rest of the block
   * @param type the block type, 0 to 127
   * @param compression the compression to try, as in the other {@code encode}
   * @param ordinal the block's number in its file
   * @param offset the block's offset in its file
   * @param memory allocates the result, and what is needed on the way to it
   * @return the stored block, the same as the other {@code encode} makes of these bytes
   */
  public MemorySegment encode(
      BlockBuffer keys,
      MemorySegment values,
      int type,
      Compression compression,
      long ordinal,
      long offset,
      SegmentAllocator memory) {
    long wanted = keys.length() + values.byteSize();
    checkLength(wanted);
    int rawLength = (int) wanted;
    int added = file.cipher().overheadBytes() + BlockFormat.TRAILER_BYTES;
    MemorySegment out = memory.allocate(wanted + added);
    MemorySegment.copy(keys.array(), 0, out, ValueLayout.JAVA_BYTE, 0, keys.length());
    MemorySegment.copy(values, 0, out, keys.length(), values.byteSize());
    Compression used = Compression.NONE;
    int payload = rawLength;
    if (compression == Compression.LZ4) {
      int limit = compressedMax(rawLength);
      MemorySegment smaller = memory.allocate(limit + (long) added);
      int length = lz4.compress(out.asSlice(0, rawLength), smaller.asSlice(0, limit));
      if (length >= 0) {
        out = smaller;
        used = Compression.LZ4;
        payload = length;
      }
    }
    long head = associate(used, type, rawLength, ordinal, offset);
    int sealed =
        file.cipher()
            .seal(
                gcm,
                ordinal,
                associated,
                0,
                associated.length,
                out.asSlice(0, payload + file.cipher().overheadBytes()).asByteBuffer());
    MemorySegment result = out.asSlice(0, sealed + BlockFormat.TRAILER_BYTES);
    result.set(BlockFormat.LONGS, sealed, head);
    int checksum = BlockFormat.checksum(crc, associated, result);
    result.set(BlockFormat.INTS, sealed + (long) BlockFormat.CRC_OFFSET, checksum);
    return result;
  }

  private static void checkLength(long rawLength) {
    if (rawLength > BlockFormat.RAW_BYTES_MAX) {
      throw new IllegalArgumentException(
          "a block of " + rawLength + " bytes, the limit is " + BlockFormat.RAW_BYTES_MAX);
    }
  }

  /** Sets the associated data of a block; returns the first eight bytes of its trailer. */
  private long associate(Compression used, int type, int rawLength, long ordinal, long offset) {
    BlockFormat.putPosition(associated, file, ordinal, offset);
    long head = used.code() | ((long) type << 8) | ((long) rawLength << 32);
    BlockFormat.LONG.set(associated, BlockFormat.POSITION_BYTES, head);
    return head;
  }

  /** Returns the array that contains the last stored block, from index 0. */
  public byte[] bytes() {
    return stored;
  }

  /** Releases memory that an unusually large block needed. */
  public void trim() {
    compressed.trim();
    stored = compressed.array();
  }

  /** Compresses a block; returns a negative number if it does not shrink by an eighth. */
  private int compress(BlockBuffer block) {
    int limit = compressedMax(block.length());
    return lz4.compress(block.array(), block.length(), compressed.reset(limit), limit);
  }

  private static int compressedMax(int rawLength) {
    return Math.max(0, rawLength - rawLength / 8 - 1);
  }
}
