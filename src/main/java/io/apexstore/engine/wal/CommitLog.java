package io.apexstore.engine.wal;

import java.io.IOException;

/**
 * Where commits go before anything else sees them.
 *
 * <p>The writer gathers the commits of one group with {@link #add}, hands them to the operating
 * system together with {@link #write}, and makes all that was written durable with {@link #sync}.
 *
 * <p><b>Threads:</b> {@code add}, {@code write}, {@code mark} and {@code renew} belong to the
 * single writer; {@code sync} may be called by one other thread beside them; the rest by any.
 * <b>Errors:</b> after an {@link IOException} from {@code write} or {@code sync} the log takes no
 * more commits; a {@link io.apexstore.engine.io.DiskFullException} from {@code write} leaves the
 * log, and the group that is being gathered, as they were before: the writer may write the group
 * later, or discard it.
 */
public interface CommitLog extends AutoCloseable {
  /**
   * Adds a commit to the group that is being gathered.
   *
   * @param version greater than every version added before
   * @param commitTimeMs ms since the epoch, never less than that of the commit before
   * @param batch the encoded batch, from index 0; copied before this returns
   * @param length bytes of the batch
   */
  void add(long version, long commitTimeMs, byte[] batch, int length) throws IOException;

  /** Hands the gathered group to the operating system; it then outlives this process. */
  void write() throws IOException;

  /** Drops the commits that were added since the last group was written. */
  void discard();

  /** Makes everything written before this call durable. */
  void sync() throws IOException;

  /**
   * Writes a record that says how far the log is known to be synced, if that is not written down
   * yet; for when it is idle, between two calls of {@link #sync}: the second makes the record
   * itself durable.
   */
  void mark() throws IOException;

  /**
   * Makes durable what was written, and goes on in a new file, which is sealed with the newest key.
   *
   * @throws io.apexstore.engine.io.DiskFullException if there is no room for one: the log goes on
   *     where it was
   */
  void renew() throws IOException;

  /** The newest version that is durable. */
  long durableVersion();

  /** The newest version handed to the operating system. */
  long writtenVersion();

  /** Bytes of log that hold versions above the given one: what a restart would replay. */
  long bytesAfter(long version);

  /** Bytes that the log occupies on disk, retained and spare segments included. */
  long diskBytes();

  /**
   * Says that every commit up to the version is in tables, so that its segments serve only readers
   * of changes from now on and go when the retention lets them.
   */
  void flushedTo(long version) throws IOException;

  /**
   * Syncs, marks how far, and closes the log. Commits that were added and not written are dropped.
   */
  @Override
  void close() throws IOException;
}
