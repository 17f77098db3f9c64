package io.apexstore.engine;

import io.apexstore.engine.background.BackgroundContext;
import io.apexstore.engine.background.BackgroundWork;
import io.apexstore.engine.background.DiskReserve;
import io.apexstore.engine.background.EngineThreads;
import io.apexstore.engine.background.WorkSignal;
import io.apexstore.engine.base.Batch;
import io.apexstore.engine.base.BatchReader;
import io.apexstore.engine.base.EngineException;
import io.apexstore.engine.base.EngineException.Failure;
import io.apexstore.engine.base.SafeLogger;
import io.apexstore.engine.base.TimeSource;
import io.apexstore.engine.cache.BlockCache;
import io.apexstore.engine.commit.Backoff;
import io.apexstore.engine.commit.CommitPipeline;
import io.apexstore.engine.commit.ConditionEvaluator;
import io.apexstore.engine.commit.ConditionRecheck;
import io.apexstore.engine.commit.LogWriter;
import io.apexstore.engine.commit.MemTableWriter;
import io.apexstore.engine.commit.RecentCommits;
import io.apexstore.engine.compaction.CompactionOptions;
import io.apexstore.engine.compaction.JobComponents;
import io.apexstore.engine.compaction.SharedLimiter;
import io.apexstore.engine.compaction.StallOptions;
import io.apexstore.engine.compaction.WorkStats;
import io.apexstore.engine.encryption.DataKeyOpening;
import io.apexstore.engine.encryption.DataKeys;
import io.apexstore.engine.encryption.EncryptionTag;
import io.apexstore.engine.encryption.FileCipherKeys;
import io.apexstore.engine.feed.ChangeSignal;
import io.apexstore.engine.file.FileHeader;
import io.apexstore.engine.file.FileNames;
import io.apexstore.engine.filter.BloomFormat;
import io.apexstore.engine.io.IoFailures;
import io.apexstore.engine.io.OpenFiles;
import io.apexstore.engine.io.Storage;
import io.apexstore.engine.io.StorageLockedException;
import io.apexstore.engine.keyspace.KeyspaceCatalog;
import io.apexstore.engine.keyspace.Keyspaces;
import io.apexstore.engine.manifest.HistoryMark;
import io.apexstore.engine.manifest.KeyspaceMeta;
import io.apexstore.engine.manifest.KeyspaceState;
import io.apexstore.engine.manifest.LogSegment;
import io.apexstore.engine.manifest.ManifestReader;
import io.apexstore.engine.manifest.StoreState;
import io.apexstore.engine.manifest.VersionEdit;
import io.apexstore.engine.memtable.MemoryChunks;
import io.apexstore.engine.read.ReadEpochs;
import io.apexstore.engine.sstable.TableOptions;
import io.apexstore.engine.version.ManifestRegistry;
import io.apexstore.engine.version.SnapshotList;
import io.apexstore.engine.version.VersionSet;
import io.apexstore.engine.version.VersionTimeIndex;
import io.apexstore.engine.wal.AdoptedSegment;
import io.apexstore.engine.wal.FileCommitLog;
import io.apexstore.engine.wal.LogContext;
import io.apexstore.engine.wal.LogFormat;
import io.apexstore.engine.wal.LogRecovery;
import io.apexstore.engine.wal.ReplayResult;
import io.apexstore.options.KeyspaceOptions;
import io.apexstore.options.StoreOptions;
import io.apexstore.options.SyncMode;
import java.io.IOException;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Recovery: opens a store. It changes nothing on disk before the log is replayed.
 *
 * <pre>
 *   lock        take the directory, or fail and name the holder
 *   manifest    read and check it; every file that it names must exist
 *   replay      insert the log's commits that are in no table into memtables
 *   prepare     write replayed commits that are not known to be durable to new segments, and sync
 *   start       a new manifest holds all of that in one edit and replaces the old one
 *   clean       delete files that no manifest names
 * </pre>
 *
 * <p>Until the new manifest replaces the old one, the old one and all files that it names are
 * untouched. So a power failure at any point leaves a store that opens to the same state, and a
 * store that must not be opened, because acknowledged commits cannot be read, stays as it is.
 *
 * <p><b>Threads:</b> confined to one.
 */
final class Recovery {
  private static final Logger LOG = SafeLogger.of(Recovery.class);
  private static final int DEFAULT_KEYSPACE_ID = 1;
  // With less free space than this, files that are not needed are deleted earlier.
  private static final long ROOM_BYTES = 256L << 20;
  private static final String DEFAULT_KEYSPACE = "default";

  private final EngineComponents components;
  private final StoreOptions options;
  private final Storage storage;
  private final DiskReserve reserve;
  private @Nullable DataKeys dataKeys;
  // Closed if the open fails, the last one first.
  private final Deque<AutoCloseable> opened = new ArrayDeque<>();

  private Recovery(EngineComponents components, StoreOptions options) {
    this.components = components;
    this.options = options;
    this.storage = components.storage();
    this.reserve = new DiskReserve(storage);
  }

  static LsmEngine open(EngineComponents components, StoreOptions options) {
    Recovery recovery = new Recovery(components, options);
    recovery.opened.push(components.storage());
    try {
      return recovery.open();
    } catch (IOException e) {
      throw recovery.abandon(failure(e));
    } catch (EngineException e) {
      throw recovery.abandon(e);
    } catch (RuntimeException | Error e) {
      recovery.abandon(new EngineException(Failure.STORAGE_FAILED, "opening failed: " + e, e));
      throw e;
    }
  }

  private LsmEngine open() throws IOException {
    long startNanos = System.nanoTime();
    AutoCloseable lock = keep(storage.lock(FileNames.LOCK));
    dataKeys =
        DataKeyOpening.open(
            storage,
            components.encryption(),
            components.time(),
            options.createIfMissing(),
            () -> ManifestReader.header(storage, FileNames.MANIFEST));
    EngineThreads threads =
        keep(
            new EngineThreads(
                components.executors(),
                options.compactionThreads(),
                options.syncMode() == SyncMode.ASYNC ? 2 : 1));
    BlockCache cache = keep(new BlockCache(options.blockCacheBytes(), options.largeReadBytesMax()));
    MemoryChunks chunks = keep(new MemoryChunks(options.memtableBytesMax()));
    VersionSet versions =
        keep(
            VersionSet.open(
                storage,
                new OpenFiles(storage, options.openTablesMax()),
                cache,
                threads.closer(),
                fileKeys(),
                newStoreId()));

    ReadEpochs epochs = new ReadEpochs();
    Keyspaces keyspaces = new Keyspaces(epochs, threads.closer());
    opened.push(keyspaces::releaseAll);
    StoreState before = versions.state();
    before
        .keyspaces()
        .forEach(known -> keyspaces.add(KeyspaceCatalog.tree(known, versions, chunks)));
    checkKeysOfLogs(before);
    VersionTimeIndex versionTimes =
        new VersionTimeIndex(
            before,
            TimeUnit.MILLISECONDS.convert(options.historyRetention()),
            keyspaces::fifoAgeMsMax);
    LogRecovery logRecovery = keep(replay(before, versions, threads, keyspaces, versionTimes));
    versions.takeAlong(versionTimes);
    makeRoom(versions);
    VersionEdit.Builder edit = logEdit(logRecovery.prepare());
    if (before.keyspaces().isEmpty()) {
      edit.createKeyspace(
          new KeyspaceMeta(
              DEFAULT_KEYSPACE_ID,
              DEFAULT_KEYSPACE,
              KeyspaceOptions.defaults().withCompaction(options.compaction())));
    }
    edit.beginHistory(newHistory(before, versions, logRecovery));
    versions.start(edit.build());
    if (before.keyspaces().isEmpty()) {
      keyspaces.add(
          KeyspaceCatalog.tree(versions.state().keyspaces().getFirst(), versions, chunks));
    }
    reserve.recover();
    versions.deleteOrphans();
    FileCommitLog log = logRecovery.start(new ManifestRegistry(versions, fileKeys()));
    opened.remove(logRecovery);
    keep(log);
    report(before, logRecovery.result(), startNanos);
    return assemble(
        lock, threads, versions, cache, chunks, log, epochs, keyspaces, versionTimes, logRecovery);
  }

  /** Logs what the log had to give back, because the store was not closed. */
  private void report(StoreState before, ReplayResult replayed, long startNanos) {
    long flushedTo = before.flushedEverywhere();
    LOG.log(
        replayed.lastVersion() > flushedTo ? Level.INFO : Level.DEBUG,
        "{0}: opened at version {1}; replayed the log after version {2}, in {3} ms",
        storage.describe(),
        Long.toString(replayed.lastVersion()),
        Long.toString(flushedTo),
        Long.toString((System.nanoTime() - startNanos) / 1_000_000));
  }

  // The new log segment and manifest need space before old files can be deleted. What no manifest
  // names is not needed for another attempt.
  private void makeRoom(VersionSet versions) throws IOException {
    if (storage.usableBytes() < ROOM_BYTES) {
      reserve.recover();
      versions.deleteOrphans();
    }
  }

  private FileCipherKeys fileKeys() {
    return dataKeys == null ? FileCipherKeys.NONE : dataKeys;
  }

  private @Nullable UUID newStoreId() {
    if (!options.createIfMissing()) {
      return null;
    }
    return dataKeys == null ? UUID.randomUUID() : dataKeys.storeId();
  }

  /**
   * Returns the mark of the history that begins now. Versions past what recovery found were lost in
   * a crash or belong to another copy of the store, so they belong to the new history: a token of
   * such a version is unknown.
   */
  private static HistoryMark newHistory(
      StoreState before, VersionSet versions, LogRecovery logRecovery) {
    long replayed = logRecovery.result().lastVersion();
    long newest = before.cleanVersion();
    if (!before.isClean()) {
      newest = replayed;
      for (KeyspaceState keyspace : before.keyspaces()) {
        newest = Math.max(newest, before.flushedTo(keyspace));
      }
      if (!before.history().isEmpty()) {
        newest = Math.max(newest, before.history().getLast().openedAtVersion());
      }
    }
    long openedAt = Math.max(versions.lastVersionBeforeOpen(), replayed);
    int id = (int) (UUID.randomUUID().getMostSignificantBits() >>> 32);
    // Version 0, at which a store is empty, belongs to the first part.
    long first = before.history().isEmpty() ? 0 : newest + 1;
    return new HistoryMark(first, openedAt, id);
  }

  private LsmEngine assemble(
      AutoCloseable lock,
      EngineThreads threads,
      VersionSet versions,
      BlockCache cache,
      MemoryChunks chunks,
      FileCommitLog log,
      ReadEpochs epochs,
      Keyspaces keyspaces,
      VersionTimeIndex versionTimes,
      LogRecovery logRecovery) {
    long lastVersion =
        Math.max(versions.lastVersionBeforeOpen(), logRecovery.result().lastVersion());
    AtomicReference<@Nullable MemTableWriter> writesLater = new AtomicReference<>();
    LongSupplier published = () -> java.util.Objects.requireNonNull(writesLater.get()).published();
    TimeSource clock = new MonotonicTime(components.time(), log.lastCommitTimeMs());
    versionTimes.recovered(lastVersion, log.lastCommitTimeMs());
    SnapshotList snapshots =
        new SnapshotList(
            published, () -> versionTimes.retainedSince(clock), versions.state().readableSince());
    CompactionOptions compaction =
        CompactionOptions.forMemtables(
            options.memtableBytesMax(),
            options.level0Threshold(),
            options.sizeRatio(),
            options.maxLevels());
    AtomicBoolean cancelled = new AtomicBoolean();
    JobComponents jobs =
        new JobComponents(
            storage,
            versions,
            snapshots,
            tableOptions(),
            fileKeys(),
            clock,
            SharedLimiter.of(options.backgroundBytesPerSecond(), components.time(), cancelled::get),
            cancelled::get);
    ChangeSignal changeSignal = new ChangeSignal();
    LogWriter logWriter =
        new LogWriter(
            log,
            clock,
            options.asyncBytesMax(),
            options.asyncDelay().toMillis(),
            log.lastCommitTimeMs(),
            changeSignal::synced);
    BackgroundContext context =
        new BackgroundContext(
            keyspaces,
            jobs,
            threads,
            new WorkSignal(components.executors().insteadOfWaiting()),
            log,
            logWriter,
            dataKeys,
            compaction,
            StallOptions.forTree(compaction),
            new WorkStats(),
            reserve,
            components.filters(),
            options.memtableBytesMax(),
            options.compactionThreads(),
            components.executors().areSimulated(),
            cancelled);
    BackgroundWork background = new BackgroundWork(context);
    MemTableWriter writes =
        new MemTableWriter(
            keyspaces,
            chunks,
            options.memtableBytesMax(),
            options.historyRetention().isPositive(),
            background,
            versions::reserveVersions,
            logWriter::writeHeldBack,
            changeSignal,
            snapshots,
            versionTimes,
            lastVersion);
    writesLater.set(writes);
    RecentCommits recent = new RecentCommits();
    CommitPipeline pipeline =
        new CommitPipeline(
            logWriter,
            writes,
            new ConditionRecheck(epochs, keyspaces, clock, recent),
            keyspaces,
            options.syncMode(),
            new CommitPipeline.Executors(
                threads.commits(), threads.completions(), threads.checks()),
            new Backoff(components.executors().insteadOfWaiting()),
            lastVersion,
            versions.versionCeiling());
    ConditionEvaluator evaluator =
        new ConditionEvaluator(epochs, keyspaces, published, snapshots, clock, recent);
    return new LsmEngine(
        components,
        options,
        lock,
        context,
        cache,
        chunks,
        versionTimes,
        epochs,
        writes,
        pipeline,
        evaluator,
        background,
        changeSignal);
  }

  /** Refuses a log segment that is not the recorded one but an older file of the same name. */
  private void checkKeysOfLogs(StoreState before) throws IOException {
    if (dataKeys == null) {
      return;
    }
    for (LogSegment segment : before.logs()) {
      String name = FileNames.log(segment.fileId());
      EncryptionTag found = LogFormat.encryptionTag(storage, name);
      if (found != null && !found.equals(segment.encryption())) {
        throw EngineException.corruption(
            name, FileHeader.DATA_KEY_EPOCH_OFFSET, "encryption", segment.encryption(), found);
      }
    }
  }

  private LogRecovery replay(
      StoreState before,
      VersionSet versions,
      EngineThreads threads,
      Keyspaces keyspaces,
      VersionTimeIndex versionTimes)
      throws IOException {
    LogContext context =
        new LogContext(
            storage,
            versions.storeId(),
            versions::newFileId,
            threads.log(),
            components.time(),
            components
                .log()
                .withRetention(
                    options.logRetentionBytes(),
                    TimeUnit.MILLISECONDS.convert(options.logRetentionTime())),
            fileKeys());
    List<AdoptedSegment> segments =
        before.logs().stream()
            .map(s -> new AdoptedSegment(s.fileId(), s.endOffset(), s.lastVersion()))
            .toList();
    return LogRecovery.replay(
        context,
        segments,
        before.flushedEverywhere(),
        (version, timeMs, bytes, offset, length) -> {
          versionTimes.replayed(version, timeMs);
          BatchReader operation = Batch.read(bytes, offset, length);
          while (operation.next()) {
            KeyspaceState known = before.keyspace(operation.keyspaceId());
            if (known != null && version > before.flushedTo(known)) {
              MemTableWriter.put(keyspaces.get(known.meta().id()), operation, version);
            }
          }
        });
  }

  private VersionEdit.Builder logEdit(LogRecovery.Edit log) {
    VersionEdit.Builder edit = VersionEdit.builder();
    log.ended().forEach(end -> edit.endLog(end.fileId(), end.endOffset(), end.lastVersion()));
    log.dropped().forEach(edit::dropLog);
    log.adopted().forEach(id -> edit.adoptLog(id, fileKeys().encryptionTag(id)));
    return edit;
  }

  private TableOptions tableOptions() {
    return new TableOptions(
        options.blockBytes(),
        options.restartInterval(),
        options.compression(),
        BloomFormat.bitsPerKey(options.bloomFalsePositiveRate()));
  }

  private <T extends AutoCloseable> T keep(T part) {
    opened.push(part);
    return part;
  }

  private EngineException abandon(EngineException failure) {
    while (!opened.isEmpty()) {
      LsmEngine.quietly(opened.pop(), failure);
    }
    return failure;
  }

  private static EngineException failure(IOException e) {
    Failure failure =
        switch (e) {
          case StorageLockedException locked -> Failure.LOCKED;
          default -> IoFailures.of(e);
        };
    return new EngineException(failure, String.valueOf(e.getMessage()), e);
  }
}
