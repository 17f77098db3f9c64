package io.apexstore.engine.encryption;

import java.security.GeneralSecurityException;
import javax.crypto.KDF;
import javax.crypto.SecretKey;
import javax.crypto.spec.HKDFParameterSpec;
import javax.crypto.spec.SecretKeySpec;

/** Derivation of file keys from data keys with HKDF-SHA256 (RFC 5869). */
final class FileKeyDerivation {
  private FileKeyDerivation() {}

  /**
   * Returns the AES-256 key derived from a data key.
   *
   * @param dataKey 32 random bytes
   * @param salt random bytes, unique to the file
   * @param info what the key is used for
   */
  static SecretKey aesKey(byte[] dataKey, byte[] salt, byte[] info) {
    try {
      KDF hkdf = KDF.getInstance("HKDF-SHA256");
      byte[] derived =
          hkdf.deriveData(
              HKDFParameterSpec.ofExtract()
                  .addIKM(dataKey)
                  .addSalt(salt)
                  .thenExpand(info, AesGcm.KEY_BYTES));
      return new SecretKeySpec(derived, "AES");
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("HKDF-SHA256 is not available: " + e, e);
    }
  }
}
