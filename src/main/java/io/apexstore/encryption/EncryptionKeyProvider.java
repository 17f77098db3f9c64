package io.apexstore.encryption;

import java.nio.file.Path;

/**
 * Holds the key-encryption keys of encrypted stores: a store's data keys are on disk only wrapped
 * by one of them. Made by {@link #ofFile} or {@link #ofText}, or implemented over a key-management
 * service, which wraps and unwraps without ever giving its key away.
 *
 * <p>A store calls it when it is opened and when its keys are rotated, never during a read or a
 * write. A call may take long; opening and rotating wait for it.
 *
 * <p><b>Threads:</b> one call at a time for each store. <b>Errors:</b> any exception ends the open
 * or the rotation with {@link io.apexstore.error.ApexException.Code#KEY_UNAVAILABLE} and leaves the
 * store as it was.
 */
public interface EncryptionKeyProvider {
  /** Returns the id of the key that {@link #wrap} uses now: 1 to 1024 characters, not secret. */
  String currentKeyId();

  /**
   * Wraps a data key.
   *
   * @param keyId what {@link #currentKeyId} returned
   * @param dataKey 32 bytes; not to be kept
   * @param context not secret; what the result must be bound to (associated data, encryption
   *     context): {@link #unwrap} must fail with any other
   * @return at most 32 KiB
   */
  byte[] wrap(String keyId, byte[] dataKey, byte[] context);

  /**
   * Gives a data key back.
   *
   * @param keyId the key it was wrapped with, perhaps not the current one any more
   * @param wrapped what {@link #wrap} returned
   * @param context what {@link #wrap} was given
   * @return 32 bytes
   */
  byte[] unwrap(String keyId, byte[] wrapped, byte[] context);

  /**
   * Makes another key the current one, where that is this provider's to do; called first when keys
   * are rotated. The default does nothing: then a rotation uses the key that is current by then.
   */
  default void rotate() {}

  /**
   * Returns the keys in a file that {@link #createFile} made. The last key in it is the current
   * one; rotating adds another.
   *
   * @throws io.apexstore.error.ApexException {@code KEY_UNAVAILABLE} if there is no such file,
   *     others than its owner may read it (it has mode 0600), or it does not hold keys
   */
  static EncryptionKeyProvider ofFile(Path file) {
    return KeyEncryptionKeyFile.open(file);
  }

  /**
   * Makes a file with a new random key, mode 0600, and returns it. Whoever loses the file has lost
   * the store; keep a copy, and not beside the store's.
   *
   * @throws io.apexstore.error.ApexException {@code KEY_UNAVAILABLE} if there is a file of that
   *     name, or it cannot be made
   */
  static EncryptionKeyProvider createFile(Path file) {
    return KeyEncryptionKeyFile.create(file);
  }

  /**
   * Returns the keys in a text, of an environment variable for instance: each 32 bytes in Base64,
   * separated by commas. The first is the current one; the others are those before it, which are
   * needed until the keys have been rotated.
   *
   * @throws io.apexstore.error.ApexException {@code KEY_UNAVAILABLE} if it is no such text; the
   *     message does not repeat it
   */
  static EncryptionKeyProvider ofText(String text) {
    return KeyEncryptionKeyText.of(text);
  }
}
