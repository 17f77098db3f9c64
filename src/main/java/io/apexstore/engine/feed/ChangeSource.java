package io.apexstore.engine.feed;

import io.apexstore.engine.base.TimeSource;
import io.apexstore.engine.wal.LogReader;
import java.io.IOException;
import java.util.List;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * What the changes are read from: the engine, as far as a feed needs it.
 *
 * <p><b>Threads:</b> any.
 */
public interface ChangeSource {
  /** The store's id. */
  UUID storeId();

  /** The clocks. */
  TimeSource time();

  /** The newest version that readers of the store see. */
  long publishedVersion();

  /** The newest version in the log that is durable. */
  long durableVersion();

  /** The newest version that had been given out when the store was opened; all kept is durable. */
  long openedAtVersion();

  /**
   * Returns a reader of the log's commits after a version.
   *
   * @param start where a reader stood that had read up to this version or less, or null
   */
  LogReader readAfter(long version, LogReader.@Nullable Place start) throws IOException;

  /** Returns a keyspace's name, or null if there is none of that number. */
  @Nullable String keyspaceName(int keyspaceId);

  /** Returns the numbers of all keyspaces, rising. */
  List<Integer> keyspaceIds();

  /**
   * Registers the newest published version, so that {@link #scan} can read at it, and returns it.
   */
  long registerSnapshot();

  /** Registers an older version, unless it is not kept any more. */
  boolean registerSnapshotAt(long version);

  /** Takes a registration back. */
  void releaseSnapshot(long version);

  /**
   * Gives the entries of a keyspace as of a registered version, in the order of their keys.
   *
   * @param from the first key, or null
   * @param to the first key past the range, or null
   * @param nowMs what has expired by then is left out
   */
  void scan(
      int keyspaceId,
      byte @Nullable [] from,
      byte @Nullable [] to,
      long version,
      long nowMs,
      EntryTaker taker);

  /**
   * Fails if nothing will become durable any more.
   *
   * @throws io.apexstore.engine.base.EngineException why
   */
  void throwIfFailed();

  /** Takes entries one by one. */
  interface EntryTaker {
    /**
     * Takes an entry, whose arrays are the taker's own; returns whether it wants another.
     *
     * @param expiryMs when it expires, in ms since the epoch; 0 for never
     */
    boolean take(byte[] key, byte[] value, long version, long expiryMs);
  }
}
