package io.apexstore.engine.background;

import io.apexstore.engine.base.EngineException;
import io.apexstore.engine.base.EngineException.Failure;
import io.apexstore.engine.base.SafeLogger;
import io.apexstore.engine.base.TimeSource;
import io.apexstore.engine.commit.LogWriter;
import io.apexstore.engine.compaction.CompactionOptions;
import io.apexstore.engine.compaction.CompactionPolicy;
import io.apexstore.engine.compaction.JobComponents;
import io.apexstore.engine.compaction.StallOptions;
import io.apexstore.engine.compaction.SubcompactionRunner;
import io.apexstore.engine.compaction.UserFilter;
import io.apexstore.engine.compaction.WorkStats;
import io.apexstore.engine.encryption.DataKeys;
import io.apexstore.engine.io.RetryableIoException;
import io.apexstore.engine.keyspace.KeyspaceTree;
import io.apexstore.engine.keyspace.Keyspaces;
import io.apexstore.engine.version.SnapshotList;
import io.apexstore.engine.version.VersionSet;
import io.apexstore.engine.wal.FileCommitLog;
import java.io.IOException;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.util.Map;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;

/**
 * The components that background work uses.
 *
 * <p><b>Threads:</b> any.
 *
 * @param keyspaces the open keyspaces
 * @param jobs the components of a flush or compaction job: storage, versions, snapshots, clock
 * @param threads the executors of background work
 * @param signal wakes threads that wait for background work
 * @param log the commit log; its segments are released after a flush
 * @param logWriter syncs the log before a flush; refuses writes after a failure
 * @param dataKeys the data keys of an encrypted store; null if the store is not encrypted
 * @param compactionOptions compaction options of a keyspace that has none of its own
 * @param stallOptions thresholds at which writers are slowed and stopped
 * @param stats totals of flushes and compactions
 * @param reserve disk space that is released when the disk is full
 * @param filters user filters by keyspace name
 * @param memtableBytesMax arena bytes at which a memtable is sealed
 * @param compactionThreads maximum number of concurrent compactions
 * @param isSimulated whether one thread does everything and no one may sleep
 * @param cancelled set at close; a running compaction gives up
 */
public record BackgroundContext(
    Keyspaces keyspaces,
    JobComponents jobs,
    EngineThreads threads,
    WorkSignal signal,
    FileCommitLog log,
    LogWriter logWriter,
    @Nullable DataKeys dataKeys,
    CompactionOptions compactionOptions,
    StallOptions stallOptions,
    WorkStats stats,
    DiskReserve reserve,
    Map<String, UserFilter> filters,
    long memtableBytesMax,
    int compactionThreads,
    boolean isSimulated,
    AtomicBoolean cancelled) {
  private static final Logger LOG = SafeLogger.of(BackgroundContext.class);

  /** Returns the tables and the manifest. */
  public VersionSet versions() {
    return jobs.versions();
  }

  /** Returns the versions that open or pending readers may still read at. */
  public SnapshotList snapshots() {
    return jobs.snapshots();
  }

  /** Returns the clock of the store. */
  public TimeSource clock() {
    return jobs.time();
  }

  /** Returns the compaction policy of a keyspace. */
  public CompactionPolicy compactionPolicy(KeyspaceTree tree) {
    // With an age limit no tables are merged: one that absorbs new entries never becomes old.
    CompactionOptions options =
        tree.options().fifoAgeMax().isPositive()
            ? compactionOptions.withLevel0Threshold(Integer.MAX_VALUE)
            : compactionOptions;
    return CompactionPolicy.of(tree.compaction(), options);
  }

  /** Returns what runs the parts of a flush or compaction: the compaction threads help. */
  SubcompactionRunner runner() {
    return isSimulated
        ? SubcompactionRunner.INLINE
        : SubcompactionRunner.helpedBy(threads.compactions(), compactionThreads);
  }

  /**
   * Releases the log up to a version. The log itself remembers a failure; if the manifest could not
   * record it for a reason that may pass, the next release does.
   */
  void releaseLog(long flushedVersion) {
    try {
      log.flushedTo(flushedVersion);
    } catch (RetryableIoException e) {
      LOG.log(Level.WARNING, "flushed log segments are released later: {0}", e.getMessage());
    } catch (IOException e) {
      throw new EngineException(
          Failure.STORAGE_FAILED, "releasing flushed log segments: " + e.getMessage(), e);
    }
  }
}
