package io.apexstore.engine.wal;

import java.io.IOException;

/**
 * The write-ahead log as the engine uses it. A commit is written here before anything else sees it.
 *
 * <p>The writer collects the commits of one group with {@link #add}, passes the group to the
 * operating system with {@link #write}, and makes everything written durable with {@link #sync}.
 *
 * <p><b>Threads:</b> only the single writer calls {@code add}, {@code write}, {@code mark} and
 * {@code renew}. One other thread may call {@code sync} concurrently. Any thread may call the rest.
 * <b>Errors:</b> after an {@link IOException} from {@code write} or {@code sync} the log accepts no
 * more commits. A {@link io.apexstore.engine.io.RetryableIoException} from {@code write} leaves the
 * log and the collected group unchanged: the writer may write the group later, or discard it.
 */
public interface CommitLog extends AutoCloseable {
  /**
   * Adds a commit to the group that is being collected.
   *
   * @param version greater than that of the preceding commit
   * @param commitTimeMs ms since the epoch, not less than that of the preceding commit
   * @param batch the encoded batch, from index 0; must not change until the group is written or
   *     discarded, because a long one is not copied
   * @param length length of the batch in bytes
   */
  void add(long version, long commitTimeMs, byte[] batch, int length) throws IOException;

  /**
   * Passes the collected group to the operating system. It then survives a crash of this process.
   */
  void write() throws IOException;

  /** Drops the commits that were added since the last write. */
  void discard();

  /** Syncs the log: everything written before this call is durable afterwards. */
  void sync() throws IOException;

  /**
   * Writes a sync mark: a record of the position up to which the log is known to be synced. Does
   * nothing if that position is recorded already. An idle writer calls this between two calls of
   * {@link #sync}; the second one makes the mark itself durable.
   */
  void mark() throws IOException;

  /**
   * Syncs the log and continues it in a new file, which is encrypted with the newest data key.
   *
   * @throws io.apexstore.engine.io.RetryableIoException if there is no room for a new file: the log
   *     continues in the current one
   */
  void renew() throws IOException;

  /**
   * Creates the file in which the log continues, unless there is one. Any thread may call it.
   *
   * @throws io.apexstore.engine.io.RetryableIoException if it cannot be created now
   */
  void prepareNext() throws IOException;

  /** Returns the newest durable version. */
  long durableVersion();

  /** Returns the newest version that was passed to the operating system. */
  long writtenVersion();

  /**
   * Returns the approximate number of log bytes that contain versions above the given one, which a
   * restart would replay.
   */
  long bytesAfter(long version);

  /** Returns the bytes that the log occupies on disk, including retained and spare segments. */
  long diskBytes();

  /**
   * Notifies the log that every commit up to a version is in tables. Segments without newer commits
   * are then kept only for readers of changes, as long as the retention requires.
   */
  void flushedTo(long version) throws IOException;

  /**
   * Syncs the log, writes a sync mark, and closes the log. Commits that were added but not written
   * are dropped.
   */
  @Override
  void close() throws IOException;
}
