package io.apexstore.engine.encryption;

import java.security.GeneralSecurityException;
import javax.crypto.KDF;
import javax.crypto.SecretKey;
import javax.crypto.spec.HKDFParameterSpec;
import javax.crypto.spec.SecretKeySpec;

/** Derives keys with HKDF-SHA256 (RFC 5869). */
public final class FileKeyDerivation {
  private FileKeyDerivation() {}

  /**
   * Returns the AES key that follows from a data key.
   *
   * @param dataKey 32 random bytes
   * @param salt random bytes of the file's own
   * @param info what the key is for
   */
  public static SecretKey aesKey(byte[] dataKey, byte[] salt, byte[] info) {
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
      throw new IllegalStateException("HKDF-SHA256 cannot be used: " + e, e);
    }
  }
}
