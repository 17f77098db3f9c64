package io.apexstore.engine.encryption;

import io.apexstore.engine.file.FileHeader;

/** Is told of every seal that is made; for tests that watch over nonces. */
@FunctionalInterface
public interface SealListener {
  /**
   * A text is about to be sealed.
   *
   * @param file header of the file
   * @param key the file's key
   * @param ordinal what the nonce is made of
   */
  void sealed(FileHeader file, byte[] key, long ordinal);
}
