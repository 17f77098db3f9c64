package io.apexstore;

import org.jspecify.annotations.Nullable;

/** An event of a {@link ChangeFeed}: a changed key, a range delete, or the progress of the feed. */
public sealed interface Change {
  /**
   * Returns the token from which a feed continues after this event; a text without spaces, at most
   * 2 KiB. No two entries or operations of a store have the same token.
   */
  String token();

  /** Returns the version of the commit; for a {@link Progress} see {@link Stage}. */
  long version();

  /** The cause of a change. */
  enum Cause {
    /** The key is an entry of the snapshot with which the feed started. */
    SNAPSHOT,
    /** The key was put. */
    PUT,
    /** The key was deleted. */
    DELETE,
    /** The key was deleted because it had expired. */
    EXPIRED
  }

  /** The kinds of progress. */
  enum Stage {
    /** The feed has passed all commits up to the version; none of them concerned it. */
    BOOKMARK,
    /**
     * The snapshot has ended. Its entries are consistent once the feed has passed all commits up to
     * the version: at once, unless the snapshot was interrupted and continued later.
     */
    SNAPSHOT_END
  }

  /**
   * A key was put or deleted, or is an entry of the snapshot.
   *
   * @param token see {@link Change#token}
   * @param version the version of the commit; in the snapshot, of the commit that wrote the entry
   * @param index the index of the operation in its commit, from 0; operations that this feed does
   *     not report count, too; 0 in the snapshot
   * @param endsBatch whether it is the last operation of its commit that the feed reports
   * @param commitTimeMs when it was committed, in ms since the epoch, never less than that of a
   *     lower version; 0 in the snapshot
   * @param keyspace the keyspace's name
   * @param cause the cause of the change
   * @param key the key
   * @param value the value of a put or of an entry of the snapshot, or null
   * @param previousValue the previous value; null if there was none, the keyspace does not log it,
   *     an earlier range delete of the same commit covers the key (see {@link RangeDelete}), or the
   *     previous values did not fit into the commit's 80 MiB
   * @param expiryMs when the value expires, in ms since the epoch; 0: never
   */
  @SuppressWarnings("ArrayRecordComponent") // The arrays are handed over, not shared.
  record KeyChange(
      String token,
      long version,
      int index,
      boolean endsBatch,
      long commitTimeMs,
      String keyspace,
      Cause cause,
      byte[] key,
      byte @Nullable [] value,
      byte @Nullable [] previousValue,
      long expiryMs)
      implements Change {}

  /**
   * All keys of a range were deleted. Puts of the same commit into the range are reported after it.
   * A feed of a prefix reports the part of the range that it covers.
   *
   * @param token see {@link Change#token}
   * @param version the version of the commit
   * @param index the index of the operation in its commit, from 0; operations that this feed does
   *     not report count, too
   * @param endsBatch whether it is the last operation of its commit that the feed reports
   * @param commitTimeMs when it was committed, in ms since the epoch
   * @param keyspace the keyspace's name
   * @param range the deleted keys
   */
  record RangeDelete(
      String token,
      long version,
      int index,
      boolean endsBatch,
      long commitTimeMs,
      String keyspace,
      KeyRange range)
      implements Change {}

  /**
   * The progress of the feed without a change, so that its consumer can discard older tokens.
   *
   * @param token see {@link Change#token}
   * @param version see {@link Stage}
   * @param stage the kind of progress
   */
  record Progress(String token, long version, Stage stage) implements Change {}
}
