package io.apexstore;

import org.jspecify.annotations.Nullable;

/**
 * What a {@link ChangeFeed} tells: a key that was changed, a range that was deleted, or only how
 * far the feed is.
 */
public sealed interface Change {
  /**
   * Returns the token with which a feed goes on behind this; a text without spaces, at most 2 KiB.
   * No two entries or operations of a store have the same.
   */
  String token();

  /** Returns the version of the commit; see also the kinds of {@link Progress}. */
  long version();

  /** Why a key is not as it was. */
  enum Cause {
    /** It is an entry of the snapshot with which the feed began. */
    SNAPSHOT,
    /** It was put. */
    PUT,
    /** It was deleted. */
    DELETE,
    /** It was deleted because it had expired. */
    EXPIRED
  }

  /** How far a feed is. */
  enum Stage {
    /** All up to the version is behind; nothing in it concerned the feed. */
    BOOKMARK,
    /**
     * The snapshot is over. What it gave is consistent once all up to the version is behind: at
     * once, unless the snapshot was broken off and gone on with later.
     */
    SNAPSHOT_END
  }

  /**
   * A key was put or deleted, or is an entry of the snapshot.
   *
   * @param token see {@link Change#token}
   * @param version of the commit; of an entry of the snapshot, of the one that wrote it
   * @param index which operation of the commit it is, from 0, those that this feed does not give
   *     counted as well; 0 in the snapshot
   * @param endsBatch whether it is the last operation of its commit that the feed gives
   * @param commitTimeMs when it was committed, ms since the epoch, never less than that of a
   *     version before; 0 in the snapshot
   * @param keyspace the keyspace's name
   * @param cause why
   * @param key the key
   * @param value the value of a put or of an entry of the snapshot, or null
   * @param previousValue the value before; null where there was none, the keyspace does not log it,
   *     the commit deleted a range around the key first (see {@link RangeDelete}), or the values
   *     before did not fit into the commit's 80 MiB
   * @param expiryMs when what was put expires, ms since the epoch; 0 for never
   */
  @SuppressWarnings("ArrayRecordComponent") // handed over, not shared
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
   * All keys of a range were deleted. What the same commit put into the range is told after it. To
   * a feed of a prefix the part of the range is told that it asked for.
   *
   * @param token see {@link Change#token}
   * @param version of the commit
   * @param index which operation of the commit it is, from 0, those that this feed does not give
   *     counted as well
   * @param endsBatch whether it is the last operation of its commit that the feed gives
   * @param commitTimeMs when it was committed, ms since the epoch
   * @param keyspace the keyspace's name
   * @param range the keys
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
   * Only says how far the feed is, so that its consumer can forget older tokens.
   *
   * @param token see {@link Change#token}
   * @param version see {@link Stage}
   * @param stage what was reached
   */
  record Progress(String token, long version, Stage stage) implements Change {}
}
