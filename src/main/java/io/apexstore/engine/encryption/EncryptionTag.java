package io.apexstore.engine.encryption;

import io.apexstore.engine.file.FileHeader;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/**
 * Identifies the key that a file is encrypted with. The manifest stores the tag of each file, so
 * that no other file can take its place, not even an older file of the same store with the same
 * name.
 *
 * @param dataKeyEpoch epoch of the data key, 0 for a file that is not encrypted
 * @param saltPrefix the first eight bytes of the salt in the file's header, little-endian; 0 for a
 *     file that is not encrypted
 */
public record EncryptionTag(long dataKeyEpoch, long saltPrefix) {
  /** The tag of a file that is not encrypted. */
  public static final EncryptionTag NONE = new EncryptionTag(0, 0);

  /** Returns the tag of the file with this header. */
  public static EncryptionTag of(FileHeader header) {
    return header.isEncrypted()
        ? new EncryptionTag(
            header.dataKeyEpoch(),
            ByteBuffer.wrap(header.salt()).order(ByteOrder.LITTLE_ENDIAN).getLong(0))
        : NONE;
  }

  /** Returns whether this is the tag of an encrypted file. */
  public boolean isEncrypted() {
    return dataKeyEpoch != FileHeader.NOT_ENCRYPTED;
  }

  @Override
  public String toString() {
    return isEncrypted()
        ? "data key epoch " + dataKeyEpoch + ", salt " + Long.toHexString(saltPrefix)
        : "not encrypted";
  }
}
