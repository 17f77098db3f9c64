package io.apexstore.engine.encryption;

import io.apexstore.engine.file.FileHeader;
import javax.crypto.SecretKey;
import org.jspecify.annotations.Nullable;

/**
 * Seals one file's blocks with AES-256-GCM under the file's own key.
 *
 * @param file whose key it is
 * @param key no other file has it
 * @param listener is told of every seal; for tests
 */
record AesBlockCipher(FileHeader file, SecretKey key, @Nullable SealListener listener)
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
      listener.sealed(file, key.getEncoded(), ordinal);
    }
    return gcm.seal(
        key,
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
      byte[] source,
      int offset,
      int length,
      byte[] target,
      int targetOffset) {
    return gcm.open(
        key,
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
}
