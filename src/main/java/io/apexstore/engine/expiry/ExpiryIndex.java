package io.apexstore.engine.expiry;

import io.apexstore.engine.base.Batch;
import io.apexstore.engine.base.Limits;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * The index of expiring entries by keyspace and time: an internal keyspace that is written in the
 * same batch as the entries.
 *
 * <pre>
 *   key    keyspace   4 bytes, big-endian
 *          time       8 bytes, big-endian ms since the epoch: when the sweep looks at the entry
 *          the entry's key; if it is longer than {@value #KEY_BYTES_MAX} bytes, its SHA-256
 *   value  expiry     8 bytes, big-endian ms since the epoch
 *          if the key holds a digest, the entry's key
 * </pre>
 *
 * <p>The time is the expiry, rounded down to a multiple of a power of two that is between an eighth
 * and a quarter of the time to live. So a key that is refreshed again and again replaces its index
 * entry most of the time: it has at most {@value #ENTRIES_MAX} of them, however often it is
 * refreshed. At that time the sweep finds a key that is not refreshed still alive, and enters it
 * again at its expiry.
 *
 * <p>An index entry may outlive the entry that it names, which may have been overwritten since. For
 * each expiring entry there is an index entry that holds its expiry, at that time or earlier.
 */
public final class ExpiryIndex {
  /** Name of the keyspace. */
  public static final String KEYSPACE = "_expiry";

  /** The most index entries of one key that is always written with the same time to live. */
  public static final int ENTRIES_MAX = 10;

  private static final int KEY_BYTES_MAX = 1_024;
  private static final int HEAD_BYTES = Integer.BYTES + Long.BYTES;

  private ExpiryIndex() {}

  /**
   * One index entry.
   *
   * @param keyspaceId the keyspace of the entry that it names
   * @param timeMs when the sweep looks at that entry, in ms since the epoch
   * @param key the key of that entry
   * @param expiryMs when that entry expires, unless it was written again since
   */
  @SuppressWarnings("ArrayRecordComponent") // Never compared.
  record Entry(int keyspaceId, long timeMs, byte[] key, long expiryMs) {
    /** Returns the entry of an encoded key and value, or null if they are none. */
    static @Nullable Entry parse(byte[] indexKey, byte[] indexValue) {
      if (indexKey.length <= HEAD_BYTES || indexValue.length < Long.BYTES) {
        return null;
      }
      ByteBuffer head = ByteBuffer.wrap(indexKey);
      byte[] key =
          indexValue.length > Long.BYTES
              ? Arrays.copyOfRange(indexValue, Long.BYTES, indexValue.length)
              : Arrays.copyOfRange(indexKey, HEAD_BYTES, indexKey.length);
      return new Entry(head.getInt(), head.getLong(), key, ByteBuffer.wrap(indexValue).getLong());
    }
  }

  /**
   * Adds the index entry of an expiring entry to a batch.
   *
   * @param nowMs the present, from which the time to live is counted; at the expiry or after, the
   *     time is not rounded
   */
  public static void add(
      Batch batch, int indexId, int keyspaceId, byte[] key, long expiryMs, long nowMs) {
    long timeMs = rounded(expiryMs, expiryMs - nowMs);
    boolean isLong = key.length > KEY_BYTES_MAX;
    byte[] indexed = isLong ? digest(key) : key;
    byte[] indexKey =
        ByteBuffer.allocate(HEAD_BYTES + indexed.length)
            .putInt(keyspaceId)
            .putLong(timeMs)
            .put(indexed)
            .array();
    ByteBuffer value =
        ByteBuffer.allocate(Long.BYTES + (isLong ? key.length : 0)).putLong(expiryMs);
    if (isLong) {
      value.put(key);
    }
    batch.put(indexId, indexKey, Limits.NEVER_EXPIRES, MemorySegment.ofArray(value.array()));
    batch.noteDue(keyspaceId, timeMs);
  }

  /** Rounds an expiry down so that it stays in the future. */
  static long rounded(long expiryMs, long ttlMs) {
    return ttlMs < 8 ? expiryMs : expiryMs & -(Long.highestOneBit(ttlMs) >> 2);
  }

  /** Adds the deletion of all index entries of a keyspace to a batch. */
  public static void deleteAll(Batch batch, int indexId, int keyspaceId) {
    batch.deleteRange(indexId, firstOf(keyspaceId), firstOf(keyspaceId + 1));
  }

  /** Returns the first index key of a keyspace. */
  static byte[] firstOf(int keyspaceId) {
    return ByteBuffer.allocate(Integer.BYTES).putInt(keyspaceId).array();
  }

  /** Returns the first index key of a keyspace at a time. */
  static byte[] firstAt(int keyspaceId, long timeMs) {
    return ByteBuffer.allocate(HEAD_BYTES).putInt(keyspaceId).putLong(timeMs).array();
  }

  private static byte[] digest(byte[] key) {
    try {
      return MessageDigest.getInstance("SHA-256").digest(key);
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java has SHA-256", e);
    }
  }
}
