package io.apexstore.engine.expiry;

import io.apexstore.engine.base.Batch;
import io.apexstore.engine.base.Limits;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Arrays;

/**
 * The index of expiring entries by time: an internal keyspace that is written in the same batch as
 * the entries.
 *
 * <pre>
 *   key    expiry     8 bytes, big-endian ms since the epoch
 *          keyspace   4 bytes, big-endian
 *          the entry's key; if it is longer than {@value #KEY_BYTES_MAX} bytes, its SHA-256
 *   value  empty; if the key holds a digest, the entry's key
 * </pre>
 *
 * <p>An index entry may outlive the entry that it names, which may have been overwritten since.
 */
public final class ExpiryIndex {
  /** Name of the keyspace. */
  public static final String KEYSPACE = "_expiry";

  private static final int KEY_BYTES_MAX = 1_024;
  private static final int HEAD_BYTES = Long.BYTES + Integer.BYTES;
  private static final MemorySegment EMPTY = MemorySegment.ofArray(new byte[0]);

  private ExpiryIndex() {}

  /** Adds the index entry of an expiring entry to a batch. */
  public static void add(Batch batch, int indexId, int keyspaceId, byte[] key, long expiryMs) {
    MemorySegment value = key.length > KEY_BYTES_MAX ? MemorySegment.ofArray(key) : EMPTY;
    batch.put(indexId, indexKey(keyspaceId, key, expiryMs), Limits.NEVER_EXPIRES, value);
  }

  private static byte[] indexKey(int keyspaceId, byte[] key, long expiryMs) {
    byte[] indexed = key.length > KEY_BYTES_MAX ? digest(key) : key;
    return ByteBuffer.allocate(HEAD_BYTES + indexed.length)
        .putLong(expiryMs)
        .putInt(keyspaceId)
        .put(indexed)
        .array();
  }

  /** Returns the first index key of entries that expire at a time. */
  static byte[] firstAt(long expiryMs) {
    return ByteBuffer.allocate(Long.BYTES).putLong(expiryMs).array();
  }

  /** Returns the expiry that an index key holds, in ms since the epoch. */
  static long expiryMs(byte[] indexKey) {
    return ByteBuffer.wrap(indexKey).getLong();
  }

  /** Returns the id of the keyspace that an index key holds. */
  static int keyspaceId(byte[] indexKey) {
    return ByteBuffer.wrap(indexKey).getInt(Long.BYTES);
  }

  /** Returns the key of the entry that an index entry names. */
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
