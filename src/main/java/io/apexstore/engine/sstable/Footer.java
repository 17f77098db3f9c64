package io.apexstore.engine.sstable;

import io.apexstore.engine.base.EngineException;
import io.apexstore.engine.codec.BlockFile;
import io.apexstore.engine.encryption.AesGcm;
import io.apexstore.engine.encryption.BlockCipher;
import io.apexstore.engine.file.FileHeader;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import java.util.zip.CRC32C;

/**
 * The last bytes of a table.
 *
 * <pre>
 *   0   8  offset of the filter's first section
 *   8   4  lines of the filter, 0 if there is none
 *  12   4  bits that each key sets in it
 *  16   8  offset of the top block
 *  24   4  stored length of the top block
 *  28   4  stored length of the properties
 *  32   8  offset of the properties; the footer follows them. The range tombstone blocks are between
 *          the top block and the properties
 *  40   4  number of data and index blocks
 *  44   4  keyspace id
 *  48   4  level the table was written for
 *  52   4  number k of files it replaced
 *  56  16  UUID of the store: most, then least significant half
 *  72   8  file id
 *  80  8k  ids of the files it replaced
 *      16  in an encrypted table only: what comes before is sealed, and this is the tag
 *       4  CRC32C of all bytes of the footer before
 *       4  length of the footer
 *       8  magic, ASCII {@code APEXSSTF}
 * </pre>
 *
 * Numbers are little-endian. The seal's ordinal is −1; its associated data are the offset of the
 * footer and its length, 8 and 4 bytes. The file key is unique to store and file.
 *
 * @param filterOffset where the filter's first section is
 * @param filterLines lines of the filter, 0 if there is none
 * @param filterProbes bits that each key sets in the filter
 * @param topOffset where the top block is
 * @param topLength its stored length in bytes
 * @param propertiesOffset where the properties are; range tombstone blocks fill the space between
 *     the top block and the properties
 * @param propertiesLength their stored length in bytes
 * @param blockCount number of data and index blocks
 * @param keyspaceId the keyspace the table belongs to
 * @param level the level it was written for
 * @param storeId the store it belongs to
 * @param fileId the table's file id
 * @param replacedFileIds the files whose entries the table took over, for repair
 */
record Footer(
    long filterOffset,
    int filterLines,
    int filterProbes,
    long topOffset,
    int topLength,
    long propertiesOffset,
    int propertiesLength,
    int blockCount,
    int keyspaceId,
    int level,
    UUID storeId,
    long fileId,
    List<Long> replacedFileIds) {
  /** Length of the last part, which has the length of the footer. */
  static final int TAIL_BYTES = 16;

  private static final String MAGIC = "APEXSSTF";
  private static final int FIXED_BYTES = 80;
  private static final int LENGTH_MIN = FIXED_BYTES + TAIL_BYTES;
  private static final int ASSOCIATED_BYTES = 12;

  /** Returns the footer's bytes for an offset of the file. */
  byte[] encode(BlockCipher cipher, long start) {
    int open = FIXED_BYTES + Long.BYTES * replacedFileIds.size();
    int length = open + cipher.overheadBytes() + TAIL_BYTES;
    ByteBuffer b = ByteBuffer.allocate(length).order(ByteOrder.LITTLE_ENDIAN);
    b.putLong(filterOffset).putInt(filterLines).putInt(filterProbes);
    b.putLong(topOffset).putInt(topLength).putInt(propertiesLength).putLong(propertiesOffset);
    b.putInt(blockCount).putInt(keyspaceId).putInt(level).putInt(replacedFileIds.size());
    b.putLong(storeId.getMostSignificantBits()).putLong(storeId.getLeastSignificantBits());
    b.putLong(fileId);
    for (long id : replacedFileIds) {
      b.putLong(id);
    }
    byte[] bytes = b.array();
    byte[] place = place(start, length);
    int sealed =
        cipher.seal(
            new AesGcm(),
            BlockCipher.FOOTER_ORDINAL,
            place,
            0,
            place.length,
            bytes,
            0,
            open,
            bytes,
            0);
    b.position(sealed);
    b.putInt(crc(bytes, 0, sealed)).putInt(length);
    b.put(MAGIC.getBytes(StandardCharsets.US_ASCII));
    return bytes;
  }

  private static byte[] place(long start, int length) {
    return ByteBuffer.allocate(ASSOCIATED_BYTES)
        .order(ByteOrder.LITTLE_ENDIAN)
        .putLong(start)
        .putInt(length)
        .array();
  }

  /**
   * Reads the length of the footer.
   *
   * @param tail the file's last {@value #TAIL_BYTES} bytes
   * @throws EngineException {@code CORRUPTION} if they are not the end of a table
   */
  static int length(byte[] tail, String file, long fileBytes) {
    ByteBuffer b = ByteBuffer.wrap(tail).order(ByteOrder.LITTLE_ENDIAN);
    long offset = fileBytes - TAIL_BYTES;
    String magic = new String(tail, 8, 8, StandardCharsets.ISO_8859_1);
    if (!magic.equals(MAGIC)) {
      throw EngineException.corruption(file, offset + 8, "magic at the end", MAGIC, magic);
    }
    int length = b.getInt(4);
    if (length < LENGTH_MIN || length > fileBytes - FileHeader.BYTES) {
      throw EngineException.corruption(
          file, offset + 4, "footer length", LENGTH_MIN + " or more, within the file", length);
    }
    return length;
  }

  /**
   * Reads and checks a footer.
   *
   * @param bytes the whole footer; changed
   * @throws EngineException {@code CORRUPTION} if it is not the footer that was written
   */
  static Footer decode(byte[] bytes, BlockFile identity, long fileBytes) {
    String file = identity.name();
    long start = fileBytes - bytes.length;
    ByteBuffer b = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
    int crcAt = bytes.length - TAIL_BYTES;
    int expected = b.getInt(crcAt);
    int actual = crc(bytes, 0, crcAt);
    if (expected != actual) {
      throw EngineException.corruption(
          file,
          start + crcAt,
          "footer checksum",
          "0x" + Integer.toHexString(expected),
          "0x" + Integer.toHexString(actual));
    }
    byte[] place = place(start, bytes.length);
    int open =
        identity
            .cipher()
            .open(
                new AesGcm(),
                BlockCipher.FOOTER_ORDINAL,
                place,
                0,
                place.length,
                bytes,
                0,
                crcAt,
                bytes,
                0);
    if (open < FIXED_BYTES) {
      throw EngineException.corruption(
          file, start, "footer seal", "a valid seal", "an invalid one");
    }
    int replaced = b.getInt(52);
    if (replaced != (open - FIXED_BYTES) / Long.BYTES || (open - FIXED_BYTES) % Long.BYTES != 0) {
      throw EngineException.corruption(
          file, start + 52, "replaced files", "the number that fits the footer", replaced);
    }
    List<Long> replacedIds = new ArrayList<>(replaced);
    for (int i = 0; i < replaced; i++) {
      replacedIds.add(b.getLong(FIXED_BYTES + Long.BYTES * i));
    }
    Footer footer =
        new Footer(
            b.getLong(0),
            b.getInt(8),
            b.getInt(12),
            b.getLong(16),
            b.getInt(24),
            b.getLong(32),
            b.getInt(28),
            b.getInt(40),
            b.getInt(44),
            b.getInt(48),
            new UUID(b.getLong(56), b.getLong(64)),
            b.getLong(72),
            List.copyOf(replacedIds));
    footer.checkOffsets(file, start);
    return footer;
  }

  /** The offset of the range tombstone blocks, if there are any. */
  long rangeTombstonesOffset() {
    return topOffset + topLength;
  }

  /** Stored length in bytes of all range tombstone blocks. */
  long rangeTombstonesLength() {
    return propertiesOffset - rangeTombstonesOffset();
  }

  /** Checks that the parts of the file follow one another up to the footer. */
  private void checkOffsets(String file, long start) {
    boolean inOrder =
        filterOffset >= FileHeader.BYTES
            && topOffset >= filterOffset
            && topLength > 0
            && propertiesOffset >= rangeTombstonesOffset()
            && propertiesLength > 0
            && start == propertiesOffset + propertiesLength
            && blockCount > 0
            && filterLines >= 0;
    if (!inOrder) {
      throw EngineException.corruption(
          file,
          start,
          "offsets in the footer",
          "filter, top block, range tombstones, properties, footer",
          this);
    }
  }

  private static int crc(byte[] bytes, int from, int length) {
    CRC32C crc = new CRC32C();
    crc.update(bytes, from, length);
    return (int) crc.getValue();
  }
}
