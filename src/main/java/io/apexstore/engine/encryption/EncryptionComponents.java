package io.apexstore.engine.encryption;

import java.security.SecureRandom;
import org.jspecify.annotations.Nullable;

/**
 * The components that an encrypted store needs.
 *
 * @param wrapper wraps and unwraps data keys with key-encryption keys
 * @param random generates data keys and salts
 * @param listener observes every seal, for tests; null for none
 */
public record EncryptionComponents(
    KeyWrapper wrapper, SecureRandom random, @Nullable SealListener listener) {

  /** Returns components with a new source of randomness and no listener. */
  public static EncryptionComponents with(KeyWrapper wrapper) {
    return new EncryptionComponents(wrapper, new SecureRandom(), null);
  }
}
