package io.apexstore.encryption;

import io.apexstore.engine.encryption.KeyEncryptionKey;
import io.apexstore.error.ApexException;
import java.security.SecureRandom;
import java.util.Base64;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Key-encryption keys that this process holds itself. Immutable.
 *
 * @param place where they come from, for messages
 * @param keys at least one
 * @param current one of them
 */
record KeyEncryptionKeys(String place, List<KeyEncryptionKey> keys, KeyEncryptionKey current) {
  private static final SecureRandom RANDOM = new SecureRandom();

  byte[] wrap(String keyId, byte[] dataKey, byte[] context) {
    return find(keyId).wrap(dataKey, context);
  }

  byte[] unwrap(String keyId, byte[] wrapped, byte[] context) {
    return find(keyId).unwrap(wrapped, context);
  }

  /** Returns the same keys, of which one is the current one. */
  KeyEncryptionKeys withCurrent(String keyId) {
    return new KeyEncryptionKeys(place, keys, find(keyId));
  }

  private KeyEncryptionKey find(String keyId) {
    for (KeyEncryptionKey key : keys) {
      if (key.id().equals(keyId)) {
        return key;
      }
    }
    throw unavailable(place + " holds no key-encryption key " + keyId, null);
  }

  /** Returns 32 random bytes. */
  static byte[] draw() {
    byte[] bytes = new byte[32];
    RANDOM.nextBytes(bytes);
    return bytes;
  }

  static KeyEncryptionKey key(byte[] bytes) {
    return new KeyEncryptionKey(bytes, RANDOM);
  }

  /** Reads a key; the message of a failure does not repeat it. */
  static KeyEncryptionKey parse(String base64, String place) {
    byte[] bytes;
    try {
      bytes = Base64.getDecoder().decode(base64.strip());
    } catch (IllegalArgumentException e) {
      throw unavailable(place + ": a key is not Base64", null);
    }
    if (bytes.length != 32) {
      throw unavailable(place + ": a key has " + bytes.length + " bytes, needed are 32", null);
    }
    return key(bytes);
  }

  static ApexException unavailable(String message, @Nullable Throwable cause) {
    return new ApexException(ApexException.Code.KEY_UNAVAILABLE, message, cause);
  }
}
