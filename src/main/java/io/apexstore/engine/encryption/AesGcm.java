package io.apexstore.engine.encryption;

import java.security.GeneralSecurityException;
import java.security.Key;
import javax.crypto.AEADBadTagException;
import javax.crypto.Cipher;
import javax.crypto.spec.GCMParameterSpec;
import org.jspecify.annotations.Nullable;

/**
 * Seals and opens bytes with AES-256-GCM, with a tag of {@value #TAG_BYTES} bytes (NIST SP
 * 800-38D). It holds the JDK's cipher object, which is dear to make, so that it is used again and
 * again; it holds no key between calls that matters to the next one.
 *
 * <p>The nonce of 12 bytes is an ordinal: four zero bytes, then the ordinal, little-endian. Under
 * one key no ordinal may be used for two different contents; keys are a file's own, so numbering
 * the parts of a file is enough.
 *
 * <p><b>Threads:</b> one at a time.
 */
public final class AesGcm {
  /** Bytes by which a sealed text is longer than an open one. */
  public static final int TAG_BYTES = 16;

  /** Length of a key in bytes. */
  public static final int KEY_BYTES = 32;

  /** What {@link #open} returns if the seal does not hold. */
  public static final int BROKEN = -1;

  private static final int NONCE_BYTES = 12;
  private static final int ORDINAL_OFFSET = 4;

  private final byte[] nonce = new byte[NONCE_BYTES];
  private @Nullable Cipher cipher;

  /** Makes one; the cipher object is made when it is first needed. */
  public AesGcm() {}

  /**
   * Seals bytes. Source and target may be the same place of the same array.
   *
   * @param ordinal never used before under this key, but for the very same bytes
   * @param associated holds bytes that the seal covers but does not contain
   * @return {@code length} + {@value #TAG_BYTES}
   */
  public int seal(
      Key key,
      long ordinal,
      byte[] associated,
      int associatedOffset,
      int associatedLength,
      byte[] source,
      int offset,
      int length,
      byte[] target,
      int targetOffset) {
    try {
      Cipher gcm = begin(Cipher.ENCRYPT_MODE, key, ordinal);
      gcm.updateAAD(associated, associatedOffset, associatedLength);
      return gcm.doFinal(source, offset, length, target, targetOffset);
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("AES-GCM cannot seal: " + e, e);
    }
  }

  /**
   * Opens sealed bytes. Source and target may be the same place of the same array.
   *
   * @return the length of what was sealed, {@link #BROKEN} if the seal does not hold: the target
   *     then holds nothing of use
   */
  public int open(
      Key key,
      long ordinal,
      byte[] associated,
      int associatedOffset,
      int associatedLength,
      byte[] source,
      int offset,
      int length,
      byte[] target,
      int targetOffset) {
    if (length < TAG_BYTES) {
      return BROKEN;
    }
    try {
      Cipher gcm = begin(Cipher.DECRYPT_MODE, key, ordinal);
      gcm.updateAAD(associated, associatedOffset, associatedLength);
      return gcm.doFinal(source, offset, length, target, targetOffset);
    } catch (AEADBadTagException e) {
      return BROKEN;
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("AES-GCM cannot open: " + e, e);
    }
  }

  private Cipher begin(int mode, Key key, long ordinal) throws GeneralSecurityException {
    Cipher gcm = cipher;
    if (gcm == null) {
      gcm = Cipher.getInstance("AES/GCM/NoPadding");
      cipher = gcm;
    }
    long rest = ordinal;
    for (int i = ORDINAL_OFFSET; i < NONCE_BYTES; i++) {
      nonce[i] = (byte) rest;
      rest >>>= 8;
    }
    gcm.init(mode, key, new GCMParameterSpec(8 * TAG_BYTES, nonce));
    return gcm;
  }
}
