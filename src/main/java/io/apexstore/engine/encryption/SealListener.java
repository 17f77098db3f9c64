package io.apexstore.engine.encryption;

import io.apexstore.engine.file.FileHeader;

/** A listener that is called before every seal, for tests that check nonces. */
@FunctionalInterface
public interface SealListener {
  /**
   * Called when bytes are about to be sealed.
   *
   * @param file header of the file
   * @param fileKey the file's key
   * @param ordinal the number that the nonce is made from
   */
  void sealed(FileHeader file, byte[] fileKey, long ordinal);
}
