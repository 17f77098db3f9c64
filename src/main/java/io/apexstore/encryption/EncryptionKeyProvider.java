package io.apexstore.encryption;

import java.nio.file.Path;

/**
 * The key-encryption keys of encrypted stores. A store's data keys are on disk only after one of
 * these keys has wrapped them. {@link #ofFile} and {@link #ofText} return providers that hold the
 * keys in memory; an implementation over a key-management service wraps and unwraps without
 * revealing its key.
 *
 * <p>A store calls its provider when it is opened and when its encryption keys are rotated, never
 * during a read or a write. A call may be slow; opening and rotating wait for it.
 *
 * <p><b>Threads:</b> one call at a time for each store. <b>Errors:</b> any exception ends the open
 * or the rotation with {@link io.apexstore.error.ApexException.Code#KEY_UNAVAILABLE} and leaves the
 * store as it was.
 */
public interface EncryptionKeyProvider {
  /**
   * Returns the id of the current key-encryption key, which {@link #wrap} uses: 1 to 1024
   * characters of well-formed Unicode, not secret.
   */
  String currentKeyId();

  /**
   * Wraps a data key.
   *
   * @param keyId what {@link #currentKeyId} returned
   * @param dataKey 32 bytes; the provider must not keep them
   * @param context associated data (also called encryption context), not secret; {@link #unwrap}
   *     must fail with any other context
   * @return the wrapped data key, at most 32 KiB
   */
  byte[] wrap(String keyId, byte[] dataKey, byte[] context);

  /**
   * Unwraps a data key.
   *
   * @param keyId the id of the key-encryption key that wrapped it; not always the current one
   * @param wrapped what {@link #wrap} returned
   * @param context the context that was passed to {@link #wrap}
   * @return the data key, 32 bytes
   */
  byte[] unwrap(String keyId, byte[] wrapped, byte[] context);

  /**
   * Switches to a new key-encryption key, if this provider creates its keys itself. A rotation
   * calls this first. The default does nothing: the rotation then uses whichever key is current.
   */
  default void rotate() {}

  /**
   * Returns the key-encryption keys in a file that {@link #createFile} created. The last key in the
   * file is the current one; a rotation appends a key.
   *
   * @throws io.apexstore.error.ApexException {@code KEY_UNAVAILABLE} if the file does not exist, if
   *     anyone but its owner may read it (its mode is 0600), or if it contains no valid keys
   */
  static EncryptionKeyProvider ofFile(Path file) {
    return KeyEncryptionKeyFile.open(file);
  }

  /**
   * Creates a file with mode 0600 that contains one random key-encryption key, and returns its
   * provider. Without this file the store cannot be read: keep a copy, and not next to copies of
   * the store.
   *
   * @throws io.apexstore.error.ApexException {@code KEY_UNAVAILABLE} if the file exists already or
   *     cannot be created
   */
  static EncryptionKeyProvider createFile(Path file) {
    return KeyEncryptionKeyFile.create(file);
  }

  /**
   * Returns the key-encryption keys in a text, for example of an environment variable: each is 32
   * bytes in Base64, separated by commas. The first is the current key. The others are previous
   * keys, which are needed until the store's keys have been rotated.
   *
   * @throws io.apexstore.error.ApexException {@code KEY_UNAVAILABLE} if the text has another form;
   *     the message does not contain the text
   */
  static EncryptionKeyProvider ofText(String text) {
    return KeyEncryptionKeyText.of(text);
  }
}
