package io.apexstore.engine.feed;

import org.jspecify.annotations.Nullable;

/**
 * What a consumer is told: an entry of the snapshot, one operation of a commit, or how far it is.
 *
 * @param kind what it is
 * @param token where the consumer stands once it has taken this in
 * @param version of the commit; of a snapshot's entry, of the commit that wrote it; of {@code
 *     BOOKMARK} and {@code SNAPSHOT_END}, see there
 * @param index which of those operations of the commit it is that feeds tell of, from 0; 0 where it
 *     is none
 * @param endsBatch whether it is the last operation of its commit that the consumer is told
 * @param commitTimeMs when it was committed, in ms since the epoch, never less than that of a
 *     version before; 0 where it is not an operation
 * @param keyspace name of the keyspace; empty where there is none
 * @param key the key; of a range, the first key, empty for no bound; empty where there is none
 * @param to of a range, the first key past it, or null for no bound
 * @param value the value of a put or of an entry of the snapshot
 * @param previous the value before, where the keyspace logs it and there was one
 * @param expiryMs when what was put expires, in ms since the epoch; 0 for never
 */
@SuppressWarnings("ArrayRecordComponent") // handed over to the consumer, not shared
public record ChangeEvent(
    Kind kind,
    ChangeToken token,
    long version,
    int index,
    boolean endsBatch,
    long commitTimeMs,
    String keyspace,
    byte[] key,
    byte @Nullable [] to,
    byte @Nullable [] value,
    byte @Nullable [] previous,
    long expiryMs) {
  private static final byte[] NO_KEY = {};

  /** What an event is. */
  public enum Kind {
    /** An entry of the snapshot. */
    SNAPSHOT,
    /** A key was put. */
    PUT,
    /** A key was deleted. */
    DELETE,
    /** A key was deleted because it had expired. */
    EXPIRED,
    /** A range of keys was deleted. */
    RANGE_DELETE,
    /** Everything up to the version is behind; nothing in it concerned the consumer. */
    BOOKMARK,
    /**
     * The snapshot is over. What the consumer has is consistent once everything up to the version
     * is behind it: at once, unless the snapshot was interrupted and read on later.
     */
    SNAPSHOT_END
  }

  /** Returns an event that only says how far the consumer is. */
  static ChangeEvent progress(Kind kind, ChangeToken token, long version) {
    return new ChangeEvent(
        kind, token, version, 0, true, 0, "", NO_KEY, null, null, null, /* expiryMs= */ 0);
  }

  /** Whether it tells of a key or of a range of keys. */
  public boolean isData() {
    return kind != Kind.BOOKMARK && kind != Kind.SNAPSHOT_END;
  }
}
