package io.apexstore.engine.feed;

import org.jspecify.annotations.Nullable;

/**
 * An event of a change feed: an entry of the snapshot, one operation of a commit, or a progress
 * report.
 *
 * @param kind the kind of event
 * @param token the consumer's position once it has processed this event
 * @param version version of the commit; for an entry of the snapshot, of the commit that wrote it;
 *     for {@code BOOKMARK} and {@code SNAPSHOT_END}, see there
 * @param index index of the operation among those operations of its commit that are not in internal
 *     keyspaces, from 0; 0 for events that are not operations
 * @param endsBatch whether it is the last operation of its commit that the filter accepts
 * @param commitTimeMs commit time in ms since the epoch, not less than that of an older version; 0
 *     for events that are not operations
 * @param keyspace name of the keyspace; empty for progress reports
 * @param key the key; for a range, its first key, or empty for no bound; empty for progress reports
 * @param to for a range, its exclusive end, or null for no bound
 * @param value the value of a put or of an entry of the snapshot
 * @param previousValue the previous value, if the keyspace logs it and there was one
 * @param expiryMs expiry of the entry in ms since the epoch; 0 for never
 */
@SuppressWarnings("ArrayRecordComponent") // The arrays belong to the consumer.
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
    byte @Nullable [] previousValue,
    long expiryMs) {
  private static final byte[] NO_KEY = {};

  /** The kind of an event. */
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
    /** The consumer is past every change up to the version; the filter rejected all since. */
    BOOKMARK,
    /**
     * The snapshot is complete. The consumer's copy is consistent once the consumer is past the
     * version: immediately, unless the snapshot was interrupted and resumed.
     */
    SNAPSHOT_END
  }

  /** Returns a progress report. */
  static ChangeEvent progress(Kind kind, ChangeToken token, long version) {
    return new ChangeEvent(
        kind, token, version, 0, true, 0, "", NO_KEY, null, null, null, /* expiryMs= */ 0);
  }

  /** Returns whether the event concerns a key or a range of keys. */
  public boolean isData() {
    return kind != Kind.BOOKMARK && kind != Kind.SNAPSHOT_END;
  }
}
