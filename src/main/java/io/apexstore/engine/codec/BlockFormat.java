package io.apexstore.engine.codec;

import io.apexstore.engine.base.EngineException;
import io.apexstore.engine.base.Limits;
import io.apexstore.options.Compression;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.util.zip.CRC32C;

/**
 * The format of stored blocks: a payload and a trailer.
 *
 * <pre>
 *   0   n  payload: the block's bytes, compressed if that made them smaller by an eighth or more,
 *          then encrypted if the file is encrypted
 * n+0   1  compression, see {@link Compression}
 * n+1   1  block type, a number that the file's format defines
 * n+2   2  zero
 * n+4   4  length of the block's bytes before compression
 * n+8   4  CRC32C of the block's position, then of the preceding n + 8 bytes
 * </pre>
 *
 * The <em>position</em> is not stored. The reader of a block knows it, so a block of another file
 * or from another offset is rejected:
 *
 * <pre>
 *   0  16  UUID of the store: most, then least significant half
 *  16   8  file id
 *  24   8  offset of the block in the file
 *  32   8  ordinal of the block
 * </pre>
 *
 * A cipher's associated data is the position followed by the first eight bytes of the trailer.
 * Numbers are little-endian.
 */
public final class BlockFormat {
  /** Length of the trailer in bytes. */
  public static final int TRAILER_BYTES = 12;

  /** Maximum length of a block before compression: one entry of maximum size and its framing. */
  public static final int RAW_BYTES_MAX = Limits.VALUE_BYTES_MAX + Limits.KEY_BYTES_MAX + (1 << 20);

  static final int COMPRESSION_OFFSET = 0;
  static final int TYPE_OFFSET = 1;
  static final int ZERO_OFFSET = 2;
  static final int RAW_LENGTH_OFFSET = 4;
  static final int CRC_OFFSET = 8;

  static final int POSITION_BYTES = 40;
  static final int ASSOCIATED_BYTES = POSITION_BYTES + CRC_OFFSET;

  /** Four bytes of an array as a little-endian number, at any index. */
  public static final VarHandle INT =
      MethodHandles.byteArrayViewVarHandle(int[].class, ByteOrder.LITTLE_ENDIAN);

  /** Eight bytes of an array as a little-endian number, at any index. */
  public static final VarHandle LONG =
      MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);

  /** Two bytes of an array as a little-endian number, at any index. */
  static final VarHandle SHORT =
      MethodHandles.byteArrayViewVarHandle(short[].class, ByteOrder.LITTLE_ENDIAN);

  /** Four bytes of a segment as a little-endian number, at any offset. */
  static final ValueLayout.OfInt INTS =
      ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

  /** Eight bytes of a segment as a little-endian number, at any offset. */
  static final ValueLayout.OfLong LONGS =
      ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

  private BlockFormat() {}

  /** Writes a block's position. */
  static void putPosition(byte[] target, BlockFile file, long ordinal, long offset) {
    LONG.set(target, 0, file.storeId().getMostSignificantBits());
    LONG.set(target, 8, file.storeId().getLeastSignificantBits());
    LONG.set(target, 16, file.fileId());
    LONG.set(target, 24, offset);
    LONG.set(target, 32, ordinal);
  }

  /**
   * Returns the length before compression that the trailer of a stored block gives. Nothing has
   * been verified yet, so it may be any number.
   *
   * @param at index of the block in the array
   * @param length length of the stored block in bytes
   */
  public static int rawLength(byte[] stored, int at, int length) {
    return length < TRAILER_BYTES
        ? 0
        : (int) INT.get(stored, at + length - TRAILER_BYTES + RAW_LENGTH_OFFSET);
  }

  /** Returns the checksum of a stored block in a segment, up to its checksum field. */
  static int checksum(CRC32C crc, byte[] position, MemorySegment stored) {
    crc.reset();
    crc.update(position, 0, POSITION_BYTES);
    crc.update(stored.asSlice(0, stored.byteSize() - TRAILER_BYTES + CRC_OFFSET).asByteBuffer());
    return (int) crc.getValue();
  }

  /** Returns the checksum of a stored block up to its checksum field. */
  static int checksum(CRC32C crc, byte[] position, byte[] stored, int at, int length) {
    crc.reset();
    crc.update(position, 0, POSITION_BYTES);
    crc.update(stored, at, length - TRAILER_BYTES + CRC_OFFSET);
    return (int) crc.getValue();
  }

  /**
   * Returns the compression with a code.
   *
   * @param file the file's name, for messages
   * @param offset the code's offset in the file, for messages
   * @throws EngineException {@code CORRUPTION} if no compression has the code
   */
  public static Compression compressionOf(int code, String file, long offset) {
    for (Compression compression : Compression.values()) {
      if (compression.code() == code) {
        return compression;
      }
    }
    throw EngineException.corruption(file, offset, "compression", "0 or 1", code);
  }
}
