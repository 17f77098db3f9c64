package io.apexstore.encryption;

import io.apexstore.engine.encryption.KeyEncryptionKey;
import java.util.ArrayList;
import java.util.List;

/** Key-encryption keys in a text; see {@link EncryptionKeyProvider#ofText}. */
record KeyEncryptionKeyText(KeyEncryptionKeys keys) implements EncryptionKeyProvider {
  private static final String SOURCE = "the encryption key text";

  static KeyEncryptionKeyText of(String text) {
    List<KeyEncryptionKey> keys = new ArrayList<>();
    for (String part : text.split(",", -1)) {
      keys.add(KeyEncryptionKeys.parse(part, SOURCE));
    }
    return new KeyEncryptionKeyText(
        new KeyEncryptionKeys(SOURCE, List.copyOf(keys), keys.getFirst()));
  }

  @Override
  public String currentKeyId() {
    return keys.current().id();
  }

  @Override
  public byte[] wrap(String keyId, byte[] dataKey, byte[] context) {
    return keys.wrap(keyId, dataKey, context);
  }

  @Override
  public byte[] unwrap(String keyId, byte[] wrapped, byte[] context) {
    return keys.unwrap(keyId, wrapped, context);
  }
}
