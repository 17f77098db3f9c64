package io.apexstore.engine.encryption;

import io.apexstore.engine.file.FileHeader;
import java.nio.ByteBuffer;
import javax.crypto.SecretKey;
import org.jspecify.annotations.Nullable;

/**
 * The cipher of one encrypted file: AES-256-GCM with the file's own key.
 *
 * @param file the file's header
 * @param fileKey the file's key, which no other file has
 * @param listener called before every seal, for tests; null for none
 */
record AesBlockCipher(FileHeader file, SecretKey fileKey, @Nullable SealListener listener)
    implements BlockCipher {

  @Override
  public int overheadBytes() {
    return AesGcm.TAG_BYTES;
  }

  @Override
  public int seal(
      AesGcm gcm,
      long ordinal,
      byte[] associated,
      int associatedOffset,
      int associatedLength,
      byte[] source,
      int offset,
      int length,
      byte[] target,
      int targetOffset) {
    if (listener != null) {
      listener.sealed(file, fileKey.getEncoded(), ordinal);
    }
    return gcm.seal(
        fileKey,
        ordinal,
        associated,
        associatedOffset,
        associatedLength,
        source,
        offset,
        length,
        target,
        targetOffset);
  }

  @Override
  public int seal(
      AesGcm gcm,
      long ordinal,
      byte[] associated,
      int associatedOffset,
      int associatedLength,
      ByteBuffer target) {
    if (listener != null) {
      listener.sealed(file, fileKey.getEncoded(), ordinal);
    }
    return gcm.seal(fileKey, ordinal, associated, associatedOffset, associatedLength, target);
  }

  @Override
  public int open(
      AesGcm gcm,
      long ordinal,
      byte[] associated,
      int associatedOffset,
      int associatedLength,
      byte[] source,
      int offset,
      int length,
      byte[] target,
      int targetOffset) {
    return gcm.open(
        fileKey,
        ordinal,
        associated,
        associatedOffset,
        associatedLength,
        source,
        offset,
        length,
        target,
        targetOffset);
  }

  @Override
  public int open(
      AesGcm gcm,
      long ordinal,
      byte[] associated,
      int associatedOffset,
      int associatedLength,
      ByteBuffer sealed) {
    return gcm.open(fileKey, ordinal, associated, associatedOffset, associatedLength, sealed);
  }
}
