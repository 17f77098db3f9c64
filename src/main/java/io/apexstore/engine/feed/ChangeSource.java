package io.apexstore.engine.feed;

import io.apexstore.engine.base.TimeSource;
import io.apexstore.engine.base.VersionTags;
import io.apexstore.engine.wal.LogReader;
import java.io.IOException;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The part of the engine that a change feed reads from.
 *
 * <p><b>Threads:</b> any.
 */
public interface ChangeSource {
  /** Returns the tags of the store's versions. */
  VersionTags versionTags();

  /** Returns the clocks. */
  TimeSource time();

  /** Returns the newest version that readers of the store see. */
  long publishedVersion();

  /** Returns the newest durable version in the log. */
  long durableVersion();

  /**
   * Returns the newest version that had been used when the store was opened. Everything that
   * recovery kept up to this version is durable.
   */
  long openedAtVersion();

  /**
   * Returns a reader of the log's commits after a version.
   *
   * @param start the start hint of a reader that had read no commit after this version, or null
   */
  LogReader readAfter(long version, LogReader.@Nullable StartHint start) throws IOException;

  /** Returns the name of a keyspace, or null if it does not exist. */
  @Nullable String keyspaceName(int keyspaceId);

  /** Returns the ids of all keyspaces in ascending order. */
  List<Integer> keyspaceIds();

  /**
   * Registers the newest published version, so that {@link #scan} can read at it, and returns it.
   */
  long registerSnapshot();

  /** Registers an older version; returns false if it can no longer be read. */
  boolean registerSnapshotAt(long version);

  /** Releases a registered version. */
  void releaseSnapshot(long version);

  /**
   * Passes the entries of a keyspace at a registered version to a consumer, in the order of their
   * keys.
   *
   * @param from the first key, or null for no bound
   * @param to the exclusive end, or null for no bound
   * @param nowMs entries that have expired by this time are omitted
   */
  void scan(
      int keyspaceId,
      byte @Nullable [] from,
      byte @Nullable [] to,
      long version,
      long nowMs,
      EntryConsumer consumer);

  /**
   * Throws an exception if the log has failed, so that nothing more will become durable.
   *
   * @throws io.apexstore.engine.base.EngineException with the cause of the failure
   */
  void throwIfFailed();

  /** A consumer of the entries of a scan. */
  interface EntryConsumer {
    /**
     * Called for each entry. The arrays belong to the consumer.
     *
     * @param expiryMs expiry in ms since the epoch; 0 for never
     * @return whether to continue with the next entry
     */
    boolean accept(byte[] key, byte[] value, long version, long expiryMs);
  }
}
