package io.apexstore.engine.codec;

import io.apexstore.engine.base.EngineException;
import io.apexstore.engine.encryption.AesGcm;
import io.apexstore.options.Compression;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.function.IntFunction;
import java.util.zip.CRC32C;

/**
 * A decoder of stored blocks: verifies the checksum, decrypts, decompresses. See {@link
 * BlockFormat}.
 *
 * <p><b>Threads:</b> one at a time.
 */
public final class BlockDecoder {
  /** Maximum number of bytes that LZ4 can decompress from one byte. */
  private static final long EXPANSION_MAX = 255;

  private final CRC32C crc = new CRC32C();
  private final AesGcm gcm = new AesGcm();
  private final byte[] associated = new byte[BlockFormat.ASSOCIATED_BYTES];
  private final byte[] trailer = new byte[BlockFormat.TRAILER_BYTES];

  // From the trailer of the current block.
  private Compression compression = Compression.NONE;
  private int rawLength;

  /** Creates a decoder for blocks of any file. */
  public BlockDecoder() {}

  /**
   * Decodes a stored block in an array into a buffer. May modify the stored bytes.
   *
   * @param file the file that the block was read from
   * @param type the expected block type
   * @param ordinal the block's number in its file
   * @param offset the block's offset in its file
   * @param stored the array that contains the stored block
   * @param at index of the block in the array
   * @param length length of the stored block in bytes
   * @throws EngineException {@code CORRUPTION} if it is not the block that was written there
   */
  public void decode(
      BlockFile file,
      int type,
      long ordinal,
      long offset,
      byte[] stored,
      int at,
      int length,
      BlockBuffer target) {
    int payload = open(file, type, ordinal, offset, stored, at, length);
    if (compression == Compression.NONE) {
      target.set(stored, at, payload);
    } else {
      decompress(file, offset, stored, at, payload, target);
    }
  }

  /**
   * Decodes a stored block in one buffer into another. The buffers may exchange their arrays.
   *
   * @param file the file that the block was read from
   * @param type the expected block type
   * @param ordinal the block's number in its file
   * @param offset the block's offset in its file
   * @throws EngineException {@code CORRUPTION} if it is not the block that was written there
   */
  public void decode(
      BlockFile file, int type, long ordinal, long offset, BlockBuffer stored, BlockBuffer target) {
    int payload = open(file, type, ordinal, offset, stored.array(), 0, stored.length());
    if (compression == Compression.NONE) {
      stored.shorten(payload);
      target.moveFrom(stored);
    } else {
      decompress(file, offset, stored.array(), 0, payload, target);
    }
  }

  /**
   * Decodes a large stored block in memory outside the heap.
   *
   * @param file the file that the block was read from
   * @param type the expected block type
   * @param ordinal the block's number in its file
   * @param offset the block's offset in its file
   * @param stored the stored block; modified
   * @param memory gives the memory for a block that is compressed; its size is the block's
   * @return the block: the beginning of {@code stored} if it is not compressed, or else what {@code
   *     memory} gave
   * @throws EngineException {@code CORRUPTION} if it is not the block that was written there
   */
  public MemorySegment decode(
      BlockFile file,
      int type,
      long ordinal,
      long offset,
      MemorySegment stored,
      IntFunction<MemorySegment> memory) {
    int length = Math.toIntExact(stored.byteSize());
    int sealed = length - BlockFormat.TRAILER_BYTES;
    checkLength(file, offset, length, sealed);
    MemorySegment.copy(
        stored, ValueLayout.JAVA_BYTE, sealed, trailer, 0, BlockFormat.TRAILER_BYTES);
    BlockFormat.putPosition(associated, file, ordinal, offset);
    checkTrailer(file, type, offset, sealed, BlockFormat.checksum(crc, associated, stored));
    int payload =
        file.cipher()
            .open(
                gcm,
                ordinal,
                associated,
                0,
                associated.length,
                stored.asSlice(0, sealed).asByteBuffer());
    checkPayload(file, offset, payload);
    if (compression == Compression.NONE) {
      return stored.asSlice(0, payload);
    }
    MemorySegment raw = memory.apply(rawLength);
    checkDecompressed(file, offset, Lz4Decompressor.decompress(stored.asSlice(0, payload), raw));
    return raw;
  }

  /** Verifies and decrypts a block in place; returns the length of its payload. */
  private int open(
      BlockFile file, int type, long ordinal, long offset, byte[] stored, int at, int length) {
    int sealed = length - BlockFormat.TRAILER_BYTES;
    checkLength(file, offset, length, sealed);
    System.arraycopy(stored, at + sealed, trailer, 0, BlockFormat.TRAILER_BYTES);
    BlockFormat.putPosition(associated, file, ordinal, offset);
    checkTrailer(
        file, type, offset, sealed, BlockFormat.checksum(crc, associated, stored, at, length));
    int payload =
        file.cipher()
            .open(gcm, ordinal, associated, 0, associated.length, stored, at, sealed, stored, at);
    checkPayload(file, offset, payload);
    return payload;
  }

  private static void checkLength(BlockFile file, long offset, int length, int sealed) {
    if (sealed < 0) {
      throw corrupt(file, offset, "block length", ">= " + BlockFormat.TRAILER_BYTES, length);
    }
  }

  /** Checks the trailer, takes its fields, and puts them into the associated data. */
  private void checkTrailer(BlockFile file, int type, long offset, int sealed, int actual) {
    int expected = (int) BlockFormat.INT.get(trailer, BlockFormat.CRC_OFFSET);
    if (expected != actual) {
      throw corrupt(file, offset, "block checksum", hex(expected), hex(actual));
    }
    int found = trailer[BlockFormat.TYPE_OFFSET];
    if (found != type) {
      throw corrupt(file, offset, "block type", type, found);
    }
    int zero = (short) BlockFormat.SHORT.get(trailer, BlockFormat.ZERO_OFFSET);
    if (zero != 0) {
      throw corrupt(file, offset, "reserved bytes", 0, zero);
    }
    int code = trailer[BlockFormat.COMPRESSION_OFFSET];
    compression = BlockFormat.compressionOf(code, file.name(), offset + sealed);
    rawLength = (int) BlockFormat.INT.get(trailer, BlockFormat.RAW_LENGTH_OFFSET);
    long head = (long) BlockFormat.LONG.get(trailer, 0);
    BlockFormat.LONG.set(associated, BlockFormat.POSITION_BYTES, head);
  }

  private void checkPayload(BlockFile file, long offset, int payload) {
    if (payload < 0) {
      throw corrupt(file, offset, "block seal", "an intact one", "a broken one");
    }
    boolean plausible =
        rawLength >= 0
            && rawLength <= BlockFormat.RAW_BYTES_MAX
            && (compression == Compression.NONE
                ? rawLength == payload
                : rawLength <= payload * EXPANSION_MAX);
    if (!plausible) {
      throw corrupt(
          file, offset, "block size", "a size possible for " + payload + " bytes", rawLength);
    }
  }

  private void checkDecompressed(BlockFile file, long offset, int length) {
    if (length != rawLength) {
      throw corrupt(file, offset, "LZ4 block", rawLength + " bytes", length);
    }
  }

  private void decompress(
      BlockFile file, long offset, byte[] stored, int at, int payload, BlockBuffer target) {
    int length =
        Lz4Decompressor.decompress(stored, at, payload, target.reset(rawLength), rawLength);
    checkDecompressed(file, offset, length);
  }

  private static EngineException corrupt(
      BlockFile file, long offset, String what, Object expected, Object actual) {
    return EngineException.corruption(file.name(), offset, what, expected, actual);
  }

  private static String hex(int value) {
    return "0x" + Integer.toHexString(value);
  }
}
