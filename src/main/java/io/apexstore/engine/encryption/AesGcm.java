package io.apexstore.engine.encryption;

import java.nio.ByteBuffer;
import java.security.GeneralSecurityException;
import java.security.Key;
import javax.crypto.AEADBadTagException;
import javax.crypto.Cipher;
import javax.crypto.spec.GCMParameterSpec;
import org.jspecify.annotations.Nullable;

/**
 * AES-256-GCM with a tag of {@value #TAG_BYTES} bytes (NIST SP 800-38D). An instance reuses one
 * cipher object of the JDK, because creating it is expensive. No call depends on the encryption key
 * of an earlier one.
 *
 * <p>The nonce has 12 bytes: four zero bytes, then an ordinal, little-endian. With one encryption
 * key no ordinal may be used for two different contents. Each file has its own key, so it is enough
 * to number the parts of a file.
 *
 * <p><b>Threads:</b> one at a time.
 */
public final class AesGcm {
  /** The number of bytes by which sealing lengthens the plaintext. */
  public static final int TAG_BYTES = 16;

  /** Length of an encryption key in bytes. */
  public static final int KEY_BYTES = 32;

  /** Returned by {@link #open} if the tag does not match. */
  public static final int BROKEN = -1;

  private static final int NONCE_BYTES = 12;
  private static final int ORDINAL_OFFSET = 4;

  private final byte[] nonce = new byte[NONCE_BYTES];
  private @Nullable Cipher cipher;

  /** Creates an instance. The JDK's cipher object is created when it is first used. */
  public AesGcm() {}

  /**
   * Seals bytes: encrypts them and appends the tag. Source and target may be the same range of the
   * same array.
   *
   * @param key the encryption key
   * @param ordinal not used before with this encryption key, except for identical bytes
   * @param associated the array with the associated data, which the tag covers but the result does
   *     not contain
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
   * Seals bytes in place, as the other {@code seal} does. They may be outside the heap; the JDK
   * then works through small arrays.
   *
   * @param target from its position to its limit, neither of which changes: the bytes, then {@value
   *     #TAG_BYTES} bytes of room for the tag
   */
  int seal(
      Key key,
      long ordinal,
      byte[] associated,
      int associatedOffset,
      int associatedLength,
      ByteBuffer target) {
    try {
      Cipher gcm = begin(Cipher.ENCRYPT_MODE, key, ordinal);
      gcm.updateAAD(associated, associatedOffset, associatedLength);
      ByteBuffer plain = target.duplicate().limit(target.limit() - TAG_BYTES);
      return gcm.doFinal(plain, target.duplicate());
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("AES-GCM cannot seal: " + e, e);
    }
  }

  /**
   * Opens sealed bytes: decrypts them and checks the tag. Source and target may be the same range
   * of the same array.
   *
   * @return the length of the plaintext, or {@link #BROKEN} if the tag does not match; the target's
   *     content is then undefined
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

  /**
   * Opens sealed bytes in place, as the other {@code open} does. They may be outside the heap.
   *
   * @param sealed from its position to its limit, neither of which changes
   */
  int open(
      Key key,
      long ordinal,
      byte[] associated,
      int associatedOffset,
      int associatedLength,
      ByteBuffer sealed) {
    if (sealed.remaining() < TAG_BYTES) {
      return BROKEN;
    }
    try {
      Cipher gcm = begin(Cipher.DECRYPT_MODE, key, ordinal);
      gcm.updateAAD(associated, associatedOffset, associatedLength);
      return gcm.doFinal(sealed.duplicate(), sealed.duplicate());
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
