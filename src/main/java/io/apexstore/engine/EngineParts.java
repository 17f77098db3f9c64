package io.apexstore.engine;

import io.apexstore.engine.background.DiskReserve;
import io.apexstore.engine.background.EngineThreads;
import io.apexstore.engine.base.EngineException;
import io.apexstore.engine.base.EngineException.Failure;
import io.apexstore.engine.base.TimeSource;
import io.apexstore.engine.cache.BlockCache;
import io.apexstore.engine.commit.LogWriter;
import io.apexstore.engine.compaction.CompactionOptions;
import io.apexstore.engine.compaction.JobComponents;
import io.apexstore.engine.compaction.StallOptions;
import io.apexstore.engine.compaction.WorkStats;
import io.apexstore.engine.encryption.DataKeys;
import io.apexstore.engine.feed.ChangeSignal;
import io.apexstore.engine.io.Storage;
import io.apexstore.engine.keyspace.KeyspaceTree;
import io.apexstore.engine.manifest.KeyspaceState;
import io.apexstore.engine.memtable.MemoryChunks;
import io.apexstore.engine.version.SnapshotList;
import io.apexstore.engine.version.VersionSet;
import io.apexstore.engine.version.VersionTimeIndex;
import io.apexstore.engine.wal.FileCommitLog;
import io.apexstore.options.StoreOptions;
import java.io.IOException;
import org.jspecify.annotations.Nullable;

/**
 * What an open engine is made of, and how it is taken apart.
 *
 * @param components what it was put together from
 * @param options its options
 * @param threads where work runs
 * @param directoryLock keeps others out
 * @param keys what the files are encrypted with; null: they are not
 * @param versions tables and manifest
 * @param cache blocks of tables
 * @param chunks memory of memtables
 * @param log the commit log
 * @param logWriter what writes and syncs it
 * @param snapshots versions that somebody may read later
 * @param history which version was the newest when
 * @param jobs what flushes and compactions work with
 * @param compactionOptions how trees are kept in shape
 * @param stallOptions when writers are held back
 * @param workStats what flushes and compactions did
 * @param reserve room for when the disk is full
 * @param changeSignal tells consumers of changes that there are some
 */
public record EngineParts(
    EngineComponents components,
    StoreOptions options,
    EngineThreads threads,
    AutoCloseable directoryLock,
    @Nullable DataKeys keys,
    VersionSet versions,
    BlockCache cache,
    MemoryChunks chunks,
    FileCommitLog log,
    LogWriter logWriter,
    SnapshotList snapshots,
    VersionTimeIndex history,
    JobComponents jobs,
    CompactionOptions compactionOptions,
    StallOptions stallOptions,
    WorkStats workStats,
    DiskReserve reserve,
    ChangeSignal changeSignal) {

  public Storage storage() {
    return components.storage();
  }

  public TimeSource time() {
    return components.time();
  }

  /** How a keyspace's tree is kept in shape. */
  public CompactionOptions compactionOptions(KeyspaceTree tree) {
    CompactionOptions options = compactionOptions.withStrategy(tree.compaction());
    // A table that takes in what is new never becomes old.
    return tree.options().fifoAgeMax().isPositive()
        ? options.withLevel0Threshold(Integer.MAX_VALUE)
        : options;
  }

  public boolean isSimulated() {
    return components.executors().insteadOfWaiting() != null;
  }

  /** How far the manifest says that a keyspace was flushed. */
  public long flushedTo(int keyspaceId) {
    KeyspaceState state = versions.state().keyspace(keyspaceId);
    return state == null ? 0 : state.flushedTo();
  }

  /** Lets the log go up to a version. A failure is the log's own to remember. */
  public void releaseLog(long flushedVersion) {
    try {
      log.flushedTo(flushedVersion);
    } catch (IOException e) {
      throw new EngineException(
          Failure.STORAGE_FAILED, "letting go of flushed log: " + e.getMessage(), e);
    }
  }

  /**
   * Closes the log and the manifest, and lets others open the directory.
   *
   * @param clean whether everything was flushed, so that the next open has nothing to replay
   */
  void closeWriters(long lastVersion, boolean clean) {
    EngineException failure = quietly(log, null);
    if (clean && failure == null) {
      failure = quietly(() -> versions.markClean(lastVersion), null);
    }
    failure = quietly(versions, failure);
    if (keys != null) {
      failure = quietly(keys::close, failure);
    }
    failure = quietly(directoryLock, failure);
    if (failure != null) {
      throw failure;
    }
  }

  /** Frees memory and ends threads; for when no reader is left. */
  void free() {
    Runnable step = components.executors().insteadOfWaiting();
    while (step != null && threads.isClosing()) {
      step.run();
    }
    EngineException failure = quietly(threads, null);
    failure = quietly(cache, failure);
    failure = quietly(chunks, failure);
    failure = quietly(storage(), failure);
    if (failure != null) {
      throw failure;
    }
  }

  // Closes one part and goes on with the next whatever happens; the first failure is kept.
  static @Nullable EngineException quietly(AutoCloseable part, @Nullable EngineException before) {
    try {
      part.close();
      return before;
    } catch (Exception | Error e) {
      if (before != null) {
        if (before != e) {
          before.addSuppressed(e);
        }
        return before;
      }
      return e instanceof EngineException known
          ? known
          : new EngineException(Failure.STORAGE_FAILED, "closing: " + e.getMessage(), e);
    }
  }
}
