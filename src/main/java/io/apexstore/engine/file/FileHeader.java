package io.apexstore.engine.file;

import io.apexstore.engine.base.EngineException;
import io.apexstore.engine.base.EngineException.Failure;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.UUID;
import java.util.zip.CRC32C;

/**
 * The header of every file: its first {@value #BYTES} bytes.
 *
 * <pre>
 *   0   8  magic, ASCII, see {@link FileType}
 *   8   4  format version of this file type
 *  12   4  zero
 *  16  16  UUID of the store: most, then least significant half
 *  32   8  file id
 *  40   8  data key epoch: 0 for a file that is not encrypted
 *  48  32  salt of the file key: zeros in a file that is not encrypted
 *  80  12  zero
 *  92   4  CRC32C of the preceding 92 bytes
 * </pre>
 *
 * Numbers are little-endian.
 *
 * @param type the file's type
 * @param formatVersion version of that type's format
 * @param storeId the store that the file belongs to
 * @param fileId number of the file, never used again in the store
 * @param dataKeyEpoch epoch of the data key from which the file's key is derived, {@link
 *     #NOT_ENCRYPTED} for a file that is not encrypted
 * @param salt 32 bytes, used in deriving the file's key
 */
public record FileHeader(
    FileType type, int formatVersion, UUID storeId, long fileId, long dataKeyEpoch, byte[] salt) {
  /** Length of a header in bytes. */
  public static final int BYTES = 96;

  /** Length of a salt in bytes. */
  public static final int SALT_BYTES = 32;

  /** The data key epoch of a file that is not encrypted. */
  public static final long NOT_ENCRYPTED = 0;

  /** Offset of the data key epoch in a header. */
  public static final int DATA_KEY_EPOCH_OFFSET = 40;

  private static final int ZERO_OFFSET = 12;
  private static final int CRC_OFFSET = 92;

  /** Returns the header of a file that is not encrypted. */
  public static FileHeader plain(FileType type, int formatVersion, UUID storeId, long fileId) {
    return new FileHeader(
        type, formatVersion, storeId, fileId, NOT_ENCRYPTED, new byte[SALT_BYTES]);
  }

  /** Returns whether the file is encrypted. */
  public boolean isEncrypted() {
    return dataKeyEpoch != NOT_ENCRYPTED;
  }

  /** Returns the header's {@value #BYTES} bytes. */
  public byte[] encode() {
    byte[] bytes = new byte[BYTES];
    ByteBuffer b = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
    b.put(type.magic().getBytes(StandardCharsets.US_ASCII));
    b.putInt(formatVersion).putInt(0);
    b.putLong(storeId.getMostSignificantBits()).putLong(storeId.getLeastSignificantBits());
    b.putLong(fileId).putLong(dataKeyEpoch).put(salt);
    b.putInt(CRC_OFFSET, crc(bytes));
    return bytes;
  }

  /**
   * Decodes a header and checks its magic, checksum and format version.
   *
   * @param bytes the file's first bytes, at least {@value #BYTES}
   * @param readVersion the only format version of this type that this build reads
   * @param file the file's name, for messages
   * @throws EngineException {@code CORRUPTION} or {@code UNSUPPORTED_FORMAT}
   */
  public static FileHeader decode(byte[] bytes, FileType type, int readVersion, String file) {
    if (bytes.length < BYTES) {
      throw EngineException.corruption(file, 0, "file header", BYTES + " bytes", bytes.length);
    }
    String magic = new String(bytes, 0, 8, StandardCharsets.ISO_8859_1);
    if (!magic.equals(type.magic())) {
      throw EngineException.corruption(file, 0, "magic", type.magic(), magic);
    }
    ByteBuffer b = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
    int stored = b.getInt(CRC_OFFSET);
    int actual = crc(bytes);
    if (stored != actual) {
      throw EngineException.corruption(
          file, CRC_OFFSET, "header checksum", hex(stored), hex(actual));
    }
    int version = b.getInt(8);
    if (version != readVersion) {
      throw new EngineException(
          Failure.UNSUPPORTED_FORMAT,
          file + ": format version " + version + ", this build reads version " + readVersion);
    }
    if (b.getInt(ZERO_OFFSET) != 0 || b.getInt(80) != 0 || b.getLong(84) != 0) {
      throw EngineException.corruption(file, ZERO_OFFSET, "unused header bytes", 0, "not 0");
    }
    byte[] salt = new byte[SALT_BYTES];
    b.get(48, salt);
    return new FileHeader(
        type,
        version,
        new UUID(b.getLong(16), b.getLong(24)),
        b.getLong(32),
        b.getLong(DATA_KEY_EPOCH_OFFSET),
        salt);
  }

  /**
   * Checks that the header belongs to the expected file.
   *
   * @throws EngineException {@code CORRUPTION} if the store id or the file id differs
   */
  public void expect(UUID expectedStore, long expectedFileId, String file) {
    if (!storeId.equals(expectedStore)) {
      throw EngineException.corruption(file, 16, "store id", expectedStore, storeId);
    }
    if (fileId != expectedFileId) {
      throw EngineException.corruption(file, 32, "file id", expectedFileId, fileId);
    }
  }

  private static int crc(byte[] bytes) {
    CRC32C crc = new CRC32C();
    crc.update(bytes, 0, CRC_OFFSET);
    return (int) crc.getValue();
  }

  private static String hex(int value) {
    return "0x" + Integer.toHexString(value);
  }
}
