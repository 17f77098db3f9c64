package io.apexstore.engine.file;

/**
 * Which key a file is encrypted with, as the manifest remembers it: so that no other file can stand
 * in its place, not even one of the same name that the same store once wrote.
 *
 * @param keyId the data key's epoch, 0 for a file that is not encrypted
 * @param salt the first eight bytes of the salt in the file's header, little-endian; 0 for a file
 *     that is not encrypted
 */
public record EncryptionTag(long keyId, long salt) {
  /** The tag of a file that is not encrypted. */
  public static final EncryptionTag NONE = new EncryptionTag(0, 0);

  @Override
  public String toString() {
    return keyId == 0 ? "not encrypted" : "key epoch " + keyId + ", salt " + Long.toHexString(salt);
  }
}
