package io.apexstore.engine.encryption;

import io.apexstore.engine.base.EngineException;
import io.apexstore.engine.base.EngineException.Failure;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.security.SecureRandom;
import java.util.Arrays;
import java.util.HexFormat;
import javax.crypto.AEADBadTagException;
import javax.crypto.Cipher;
import javax.crypto.SecretKey;
import javax.crypto.spec.GCMParameterSpec;
import javax.crypto.spec.SecretKeySpec;

/**
 * A key-encryption key in this process's memory. It wraps a data key with AES-256-GCM and a random
 * nonce: 12 bytes nonce, 32 bytes data key, 16 bytes tag.
 *
 * <p>Its id is a prefix of a hash of the key, so that a key cannot have another key's id.
 *
 * <p><b>Threads:</b> any.
 */
public final class KeyEncryptionKey {
  private static final int NONCE_BYTES = 12;
  private static final int ID_BYTES = 8;
  private static final String ID_DOMAIN = "apexstore key-encryption key id";

  private final SecretKey key;
  private final String id;
  private final SecureRandom random;

  /**
   * Creates a key-encryption key from its bytes.
   *
   * @param bytes {@value AesGcm#KEY_BYTES} bytes; copied
   * @param random generates the nonces
   */
  public KeyEncryptionKey(byte[] bytes, SecureRandom random) {
    if (bytes.length != AesGcm.KEY_BYTES) {
      throw new IllegalArgumentException(
          "a key-encryption key of " + bytes.length + " bytes, expected " + AesGcm.KEY_BYTES);
    }
    this.key = new SecretKeySpec(bytes, "AES");
    this.id = idOf(bytes);
    this.random = random;
  }

  private static String idOf(byte[] bytes) {
    try {
      MessageDigest sha = MessageDigest.getInstance("SHA-256");
      sha.update(ID_DOMAIN.getBytes(StandardCharsets.US_ASCII));
      return HexFormat.of().formatHex(sha.digest(bytes), 0, ID_BYTES);
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("SHA-256 is not available: " + e, e);
    }
  }

  /** Returns the key's id: 16 hexadecimal digits. */
  public String id() {
    return id;
  }

  /** Wraps a data key; see {@link KeyWrapper#wrap}. */
  public byte[] wrap(byte[] dataKey, byte[] context) {
    byte[] nonce = new byte[NONCE_BYTES];
    random.nextBytes(nonce);
    try {
      byte[] sealed = cipher(Cipher.ENCRYPT_MODE, nonce, context).doFinal(dataKey);
      byte[] wrapped = Arrays.copyOf(nonce, NONCE_BYTES + sealed.length);
      System.arraycopy(sealed, 0, wrapped, NONCE_BYTES, sealed.length);
      return wrapped;
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("AES-GCM cannot wrap a data key: " + e, e);
    }
  }

  /** Unwraps a data key; see {@link KeyWrapper#unwrap}. */
  public byte[] unwrap(byte[] wrapped, byte[] context) {
    try {
      byte[] nonce = Arrays.copyOf(wrapped, NONCE_BYTES);
      return cipher(Cipher.DECRYPT_MODE, nonce, context)
          .doFinal(wrapped, NONCE_BYTES, Math.max(0, wrapped.length - NONCE_BYTES));
    } catch (AEADBadTagException | IllegalArgumentException e) {
      throw new EngineException(
          Failure.KEY_UNAVAILABLE, "the data key was not wrapped with key-encryption key " + id, e);
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("AES-GCM cannot unwrap a data key: " + e, e);
    }
  }

  private Cipher cipher(int mode, byte[] nonce, byte[] context) throws GeneralSecurityException {
    Cipher cipher = Cipher.getInstance("AES/GCM/NoPadding");
    cipher.init(mode, key, new GCMParameterSpec(8 * AesGcm.TAG_BYTES, nonce));
    cipher.updateAAD(context);
    return cipher;
  }
}
