package io.apexstore.engine.encryption;

import io.apexstore.engine.base.EngineException;
import io.apexstore.engine.base.EngineException.Failure;
import java.security.SecureRandom;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;

/** Key-encryption keys in memory; the last is the current one. */
public final class TestWrapper implements KeyWrapper {
  private final List<KeyEncryptionKey> keys = new ArrayList<>();
  private final Random random;

  /** Creates a wrapper with one key-encryption key. */
  public TestWrapper(long seed) {
    this.random = new Random(seed);
    rotate();
  }

  @Override
  public String currentKeyId() {
    return keys.getLast().id();
  }

  @Override
  public byte[] wrap(String keyId, byte[] dataKey, byte[] context) {
    return find(keyId).wrap(dataKey, context);
  }

  @Override
  public byte[] unwrap(String keyId, byte[] wrapped, byte[] context) {
    return find(keyId).unwrap(wrapped, context);
  }

  @Override
  public void rotate() {
    byte[] key = new byte[AesGcm.KEY_BYTES];
    random.nextBytes(key);
    keys.add(new KeyEncryptionKey(key, new SecureRandom()));
  }

  /** Drops all key-encryption keys except the current one. */
  public void dropOld() {
    keys.subList(0, keys.size() - 1).clear();
  }

  /** Returns the ids of the key-encryption keys, oldest first. */
  public List<String> ids() {
    return keys.stream().map(KeyEncryptionKey::id).toList();
  }

  /** Returns a wrapper that has only one of the key-encryption keys. */
  public TestWrapper only(String keyId) {
    TestWrapper one = new TestWrapper(random.nextLong());
    one.keys.clear();
    one.keys.add(find(keyId));
    return one;
  }

  private KeyEncryptionKey find(String keyId) {
    for (KeyEncryptionKey key : keys) {
      if (key.id().equals(keyId)) {
        return key;
      }
    }
    throw new EngineException(Failure.KEY_UNAVAILABLE, "there is no key-encryption key " + keyId);
  }
}
