package io.apexstore;

import io.apexstore.engine.crypto.LocalKey;
import java.util.ArrayList;
import java.util.List;

/** The key-encryption keys in a text, see {@link KeyProvider#ofText}. */
record KeyText(LocalKeys keys) implements KeyProvider {
  private static final String PLACE = "the text given";

  static KeyText of(String text) {
    List<LocalKey> keys = new ArrayList<>();
    for (String part : text.split(",", -1)) {
      keys.add(LocalKeys.parse(part, PLACE));
    }
    return new KeyText(new LocalKeys(PLACE, List.copyOf(keys), keys.getFirst()));
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
