package io.apexstore.engine.codec;

import io.apexstore.engine.encryption.AesGcm;
import io.apexstore.options.Compression;
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
    if (rawLength > BlockFormat.RAW_BYTES_MAX) {
      throw new IllegalArgumentException(
          "a block of " + rawLength + " bytes, the limit is " + BlockFormat.RAW_BYTES_MAX);
    }
    int payload = compression == Compression.LZ4 ? compress(block) : -1;
    Compression used = payload < 0 ? Compression.NONE : Compression.LZ4;
    if (payload < 0) {
      payload = rawLength;
      stored = block.array();
    } else {
      stored = compressed.array();
    }
    byte[] out = stored;
    BlockFormat.putPosition(associated, file, ordinal, offset);
    long head = used.code() | ((long) type << 8) | ((long) rawLength << 32);
    BlockFormat.LONG.set(associated, BlockFormat.POSITION_BYTES, head);
    int sealed =
        file.cipher().seal(gcm, ordinal, associated, 0, associated.length, out, 0, payload, out, 0);
    BlockFormat.LONG.set(out, sealed, head);
    int length = sealed + BlockFormat.TRAILER_BYTES;
    int checksum = BlockFormat.checksum(crc, associated, out, 0, length);
    BlockFormat.INT.set(out, sealed + BlockFormat.CRC_OFFSET, checksum);
    return length;
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
    int limit = block.length() - block.length() / 8 - 1;
    return lz4.compress(block.array(), block.length(), compressed.reset(Math.max(0, limit)), limit);
  }
}
