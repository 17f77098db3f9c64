package io.apexstore.encryption;

import io.apexstore.engine.encryption.KeyEncryptionKey;
import io.apexstore.error.ApexException;
import java.security.SecureRandom;
import java.util.Base64;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Key-encryption keys in this process's memory. Immutable.
 *
 * @param source where the keys come from, for messages
 * @param keys at least one
 * @param current one of them
 */
record KeyEncryptionKeys(String source, List<KeyEncryptionKey> keys, KeyEncryptionKey current) {
  private static final SecureRandom RANDOM = new SecureRandom();

  byte[] wrap(String keyId, byte[] dataKey, byte[] context) {
    return find(keyId).wrap(dataKey, context);
  }

  byte[] unwrap(String keyId, byte[] wrapped, byte[] context) {
    return find(keyId).unwrap(wrapped, context);
  }

  /** Returns the same keys with another current key. */
  KeyEncryptionKeys withCurrent(String keyId) {
    return new KeyEncryptionKeys(source, keys, find(keyId));
  }

  private KeyEncryptionKey find(String keyId) {
    for (KeyEncryptionKey key : keys) {
      if (key.id().equals(keyId)) {
        return key;
      }
    }
    throw unavailable(source + " contains no key-encryption key " + keyId, null);
  }

  /** Returns 32 random bytes. */
  static byte[] randomKey() {
    byte[] bytes = new byte[32];
    RANDOM.nextBytes(bytes);
    return bytes;
  }

  static KeyEncryptionKey key(byte[] bytes) {
    return new KeyEncryptionKey(bytes, RANDOM);
  }

  /** Parses a key. An error message does not contain the key. */
  static KeyEncryptionKey parse(String base64, String source) {
    byte[] bytes;
    try {
      bytes = Base64.getDecoder().decode(base64.strip());
    } catch (IllegalArgumentException e) {
      throw unavailable(source + ": a key is not Base64", null);
    }
    if (bytes.length != 32) {
      throw unavailable(source + ": a key has " + bytes.length + " bytes, expected 32", null);
    }
    return key(bytes);
  }

  static ApexException unavailable(String message, @Nullable Throwable cause) {
    return new ApexException(ApexException.Code.KEY_UNAVAILABLE, message, cause);
  }
}
