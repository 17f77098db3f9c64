package io.apexstore.engine.expiry;

import io.apexstore.engine.base.Batch;
import io.apexstore.engine.base.Limits;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Arrays;

/**
 * Where entries that expire are found by their time: an internal keyspace, written in the same
 * batch as they are.
 *
 * <pre>
 *   key    expiry     8 bytes, big-endian ms since the epoch
 *          keyspace   4 bytes, big-endian
 *          entry's key; of one longer than {@value #KEY_SHOWN_MAX} bytes, its SHA-256
 *   value  nothing; where the key holds a digest, the entry's key
 * </pre>
 *
 * <p>An entry of the index may outlive what it points to, which may have been overwritten since.
 */
public final class ExpiryIndex {
  /** The keyspace's name. */
  public static final String KEYSPACE = "_expiry";

  private static final int KEY_SHOWN_MAX = 1_024;
  private static final int HEAD_BYTES = Long.BYTES + Integer.BYTES;
  private static final MemorySegment NOTHING = MemorySegment.ofArray(new byte[0]);

  private ExpiryIndex() {}

  /** Adds to a batch the index's entry for one that expires. */
  public static void add(Batch batch, int indexId, int keyspaceId, byte[] key, long expiryMs) {
    MemorySegment value = key.length > KEY_SHOWN_MAX ? MemorySegment.ofArray(key) : NOTHING;
    batch.put(indexId, indexKey(keyspaceId, key, expiryMs), Limits.NEVER_EXPIRES, value);
  }

  private static byte[] indexKey(int keyspaceId, byte[] key, long expiryMs) {
    byte[] shown = key.length > KEY_SHOWN_MAX ? digest(key) : key;
    return ByteBuffer.allocate(HEAD_BYTES + shown.length)
        .putLong(expiryMs)
        .putInt(keyspaceId)
        .put(shown)
        .array();
  }

  /** Returns the least key of the index for entries that expire at a time. */
  static byte[] firstAt(long expiryMs) {
    return ByteBuffer.allocate(Long.BYTES).putLong(expiryMs).array();
  }

  /** Returns when the entry expires that a key of the index is for. */
  static long expiryMs(byte[] indexKey) {
    return ByteBuffer.wrap(indexKey).getLong();
  }

  /** Returns the keyspace of the entry that a key of the index is for. */
  static int keyspaceId(byte[] indexKey) {
    return ByteBuffer.wrap(indexKey).getInt(Long.BYTES);
  }

  /** Returns the key of the entry that an entry of the index is for. */
  static byte[] key(byte[] indexKey, byte[] indexValue) {
    return indexValue.length > 0
        ? indexValue
        : Arrays.copyOfRange(indexKey, HEAD_BYTES, indexKey.length);
  }

  private static byte[] digest(byte[] key) {
    try {
      return MessageDigest.getInstance("SHA-256").digest(key);
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java has SHA-256", e);
    }
  }
}
