package io.apexstore.engine;

import io.apexstore.engine.background.BackgroundContext;
import io.apexstore.engine.background.BackgroundWork;
import io.apexstore.engine.background.EngineThreads;
import io.apexstore.engine.base.Batch;
import io.apexstore.engine.base.EngineException;
import io.apexstore.engine.base.EngineException.Failure;
import io.apexstore.engine.base.LentMemory;
import io.apexstore.engine.base.Limits;
import io.apexstore.engine.base.Lookup;
import io.apexstore.engine.base.SafeLogger;
import io.apexstore.engine.cache.BlockCache;
import io.apexstore.engine.commit.Backoff;
import io.apexstore.engine.commit.CommitPipeline;
import io.apexstore.engine.commit.Commits;
import io.apexstore.engine.commit.ConditionEvaluator;
import io.apexstore.engine.commit.Conditions;
import io.apexstore.engine.commit.MemTableWriter;
import io.apexstore.engine.compaction.CompactionRequest;
import io.apexstore.engine.encryption.DataKeys;
import io.apexstore.engine.expiry.ExpiryIndex;
import io.apexstore.engine.expiry.ExpirySweeper;
import io.apexstore.engine.expiry.FifoSweeper;
import io.apexstore.engine.expiry.SweepPace;
import io.apexstore.engine.feed.ChangeLog;
import io.apexstore.engine.feed.ChangeSignal;
import io.apexstore.engine.feed.LogHolds;
import io.apexstore.engine.iterator.InternalIterator;
import io.apexstore.engine.iterator.MergingIterator;
import io.apexstore.engine.iterator.VisibleIterator;
import io.apexstore.engine.keyspace.KeyspaceCatalog;
import io.apexstore.engine.keyspace.KeyspaceTree;
import io.apexstore.engine.keyspace.Keyspaces;
import io.apexstore.engine.memtable.MemoryChunks;
import io.apexstore.engine.read.EngineCursor;
import io.apexstore.engine.read.EngineSnapshot;
import io.apexstore.engine.read.LeakTrace;
import io.apexstore.engine.read.OpenSnapshots;
import io.apexstore.engine.read.RangeCursor;
import io.apexstore.engine.read.ReadEpochs;
import io.apexstore.engine.read.ReadView;
import io.apexstore.engine.version.VersionSet;
import io.apexstore.engine.version.VersionTimeIndex;
import io.apexstore.options.KeyspaceOptions;
import io.apexstore.options.StoreOptions;
import io.apexstore.options.SyncMode;
import io.apexstore.stats.StoreStats;
import io.apexstore.stats.StoreStats.ReadStats;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.lang.foreign.MemorySegment;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.LongAdder;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * The engine of one open store: reads, writes and scans go through it.
 *
 * <p>{@link Recovery} assembles it; {@link BackgroundWork} flushes and compacts.
 *
 * <p><b>Threads:</b> any. <b>Invariants:</b> a reader is inside a {@link ReadEpochs} section or
 * holds the {@link ReadView} that it reads. So close frees no memory in use: it waits for the
 * sections, and the last cursor that is closed frees what open cursors hold.
 */
public final class LsmEngine implements AutoCloseable {
  private static final Logger LOG = SafeLogger.of(LsmEngine.class);

  private static final long NOW = -1;
  // With this many cursors open a leak is likely, so the stack trace of the next one is worth its
  // cost.
  private static final int CURSORS_LIKELY_LEAKED = 64;

  private final EngineComponents components;
  private final AutoCloseable directoryLock;
  private final BackgroundContext context;
  private final BlockCache cache;
  private final LentMemory.Source lentMemory;
  private final MemoryChunks chunks;
  private final VersionTimeIndex versionTimes;
  private final ReadEpochs epochs;
  private final Keyspaces keyspaces;
  private final MemTableWriter writes;
  private final KeyspaceCatalog catalog;
  private final CommitPipeline pipeline;
  private final BackgroundWork background;
  private final ReentrantLock keyspaceChanges = new ReentrantLock();
  private final AtomicBoolean closing = new AtomicBoolean();
  private final Set<RangeCursor> cursors = ConcurrentHashMap.newKeySet();
  private final OpenSnapshots snapshots;
  private final Commits commits;
  private final ExpirySweeper expirySweeper;
  private final FifoSweeper fifoSweeper;
  private final LongAdder scans = new LongAdder();
  // Gets that only looked into the cache and needed the disk: the caller gets again.
  private final LongAdder unansweredGets = new LongAdder();
  private final StatsReader statsReader;
  private final ChangeLog changes;
  private volatile boolean open = true;
  // Once set, closing the last cursor frees all memory.
  private volatile boolean writersClosed;
  // Under the lock of keyspaceChanges.
  private boolean freed;

  LsmEngine(
      EngineComponents components,
      StoreOptions options,
      AutoCloseable directoryLock,
      BackgroundContext context,
      BlockCache cache,
      MemoryChunks chunks,
      VersionTimeIndex versionTimes,
      ReadEpochs epochs,
      MemTableWriter writes,
      CommitPipeline pipeline,
      ConditionEvaluator conditionEvaluator,
      BackgroundWork background,
      ChangeSignal changeSignal) {
    this.components = components;
    this.directoryLock = directoryLock;
    this.context = context;
    this.cache = cache;
    this.lentMemory = bytes -> cache.large().allocate(bytes, false);
    this.chunks = chunks;
    this.versionTimes = versionTimes;
    this.epochs = epochs;
    this.keyspaces = context.keyspaces();
    this.writes = writes;
    this.pipeline = pipeline;
    this.catalog =
        new KeyspaceCatalog(
            keyspaces, context.versions(), chunks, new CatalogWrites(), options.compaction());
    this.background = background;
    this.snapshots = new OpenSnapshots(context.snapshots(), context.clock(), versionTimes::timeOf);
    EngineThreads threads = context.threads();
    this.commits =
        new Commits(
            pipeline,
            conditionEvaluator,
            this::read,
            keyspaces,
            context.clock(),
            new Backoff(components.executors().insteadOfWaiting()),
            new Commits.Context(
                options.syncMode(),
                options.batchBytesMax(),
                threads.checks(),
                this::requireOpen,
                this::free,
                this::recordExpiry));
    this.expirySweeper =
        new ExpirySweeper(
            keyspaces,
            this::read,
            this::readRange,
            commits,
            context.clock(),
            threads.sweeps(),
            context.signal(),
            new SweepPace(context.clock(), options.syncInterval().toMillis(), pipeline::commits));
    this.fifoSweeper =
        new FifoSweeper(
            this::read,
            epochs,
            commits,
            context,
            background.compactions(),
            versionTimes,
            tree -> pipeline.runIfIdle(() -> writes.seal(tree)),
            this::requireOpen);
    LogHolds holds = new LogHolds();
    context.log().holdAbove(holds::heldVersion, ChangeLog.HELD_BYTES_MAX);
    this.changes =
        new ChangeLog(
            new EngineChangeSource(this, context, writes), changeSignal, holds, threads.feed());
    this.statsReader =
        new StatsReader(
            components.storage(), context, cache, writes, pipeline, background, changes);
  }

  /**
   * Opens a store and recovers it after a crash.
   *
   * @throws EngineException {@code LOCKED}, {@code CORRUPTION}, {@code UNSUPPORTED_FORMAT} or
   *     {@code INVALID_REQUEST} if it cannot be opened; then nothing was changed. Damage of a
   *     single table is not reported here but by reads of its range, see {@link
   *     io.apexstore.engine.sstable.LazyTable}
   */
  public static LsmEngine open(EngineComponents components, StoreOptions options) {
    LsmEngine engine = Recovery.open(components, options);
    engine.context.threads().startTicking(options, engine::tick);
    engine.background.start();
    return engine;
  }

  /** Returns the keyspace of a name, and creates it if there is none. */
  public KeyspaceTree keyspace(String name) {
    KeyspaceTree known = existingKeyspace(name);
    return known != null ? known : changed(name, () -> catalog.getOrCreate(name));
  }

  /** Returns the keyspace of a name, or null if there is none. */
  public @Nullable KeyspaceTree existingKeyspace(String name) {
    requireOpen();
    return keyspaces.existing(name);
  }

  /**
   * Creates a keyspace, or changes the options of an existing one, and returns it.
   *
   * @throws EngineException as {@link KeyspaceCatalog#withOptions} does
   */
  public KeyspaceTree keyspace(String name, KeyspaceOptions options) {
    return changed(name, () -> catalog.withOptions(name, options));
  }

  /** Drops a keyspace, durably; returns whether there was one. */
  public boolean dropKeyspace(String name) {
    return changed(name, () -> catalog.drop(name));
  }

  private <T> T changed(String name, Supplier<T> change) {
    keyspaceChanges.lock();
    try {
      requireOpen();
      T result = change.get();
      KeyspaceTree tree = keyspaces.named(name);
      if (tree != null) {
        background.settingsChanged(tree);
      }
      return result;
    } finally {
      keyspaceChanges.unlock();
    }
  }

  /** Returns the names of the keyspaces that are not internal, in alphabetical order. */
  public List<String> keyspaceNames() {
    return keyspaces.names();
  }

  /**
   * Adds an expiring put, and its entry of the expiry index, to a batch.
   *
   * @param expiryMs expiry, in ms since the epoch, above 0
   */
  public void putExpiring(
      Batch batch, KeyspaceTree tree, byte[] key, long expiryMs, MemorySegment value) {
    putExpiring(batch, tree, key, expiryMs, value, nowMs());
  }

  /**
   * Adds a put that keeps the expiry of the value before it, and its entry of the expiry index, to
   * a batch. However often that is done, it is the same index entry.
   *
   * @param expiryMs expiry, in ms since the epoch, above 0
   */
  public void putKeepingExpiry(
      Batch batch, KeyspaceTree tree, byte[] key, long expiryMs, MemorySegment value) {
    putExpiring(batch, tree, key, expiryMs, value, expiryMs);
  }

  private void putExpiring(
      Batch batch, KeyspaceTree tree, byte[] key, long expiryMs, MemorySegment value, long nowMs) {
    int indexId = keyspace(ExpiryIndex.KEYSPACE).id();
    // The index entry comes first: without its put, if that exceeds the batch, it does no harm.
    ExpiryIndex.add(batch, indexId, tree.id(), key, expiryMs, nowMs);
    batch.put(tree.id(), key, expiryMs, value);
  }

  /** Creates the keyspace of the expiry index if there is none. */
  public void prepareExpiry() {
    keyspace(ExpiryIndex.KEYSPACE);
  }

  /**
   * Reads the newest entry of a key that the lookup may see, for a caller of the store; a tombstone
   * is an entry.
   */
  public Lookup.Outcome get(KeyspaceTree tree, Lookup lookup) {
    int ticket = epochs.enterForGet();
    try {
      Lookup.Outcome outcome = find(tree, lookup);
      if (outcome == Lookup.Outcome.NEEDS_DISK) {
        unansweredGets.increment();
      }
      return outcome;
    } finally {
      epochs.exit(ticket);
    }
  }

  /** Reads as {@link #get} does, for the store itself: the statistics do not count it. */
  public Lookup.Outcome read(KeyspaceTree tree, Lookup lookup) {
    int ticket = epochs.enter();
    try {
      return find(tree, lookup);
    } finally {
      epochs.exit(ticket);
    }
  }

  private Lookup.Outcome find(KeyspaceTree tree, Lookup lookup) {
    requireOpen();
    ReadView view = tree.view();
    lookup.restrictTo(writes.published());
    lookup.restrictTo(view.newestVersion());
    return view.get(lookup);
  }

  /** Returns where the memory comes from of values that are lent to clients. */
  public LentMemory.Source lentMemory() {
    return lentMemory;
  }

  /** Returns the time by which expiry is judged, in ms since the epoch; it never decreases. */
  public long nowMs() {
    return context.clock().currentTimeMs();
  }

  /** Opens a snapshot of the newest version. */
  public EngineSnapshot openSnapshot() {
    requireOpen();
    return snapshots.open();
  }

  /**
   * Opens a snapshot of an older version.
   *
   * @throws EngineException {@code VERSION_EXPIRED} if it is no longer readable or its time is not
   *     known any more, {@code INVALID_REQUEST} if it is newer than the newest
   */
  public EngineSnapshot openSnapshotAt(long version) {
    requireOpen();
    return snapshots.openAt(version, writes.published());
  }

  /** Returns the newest version known to have been published at a time; 0 if none is known. */
  public long versionAt(long timeMs) {
    requireOpen();
    return versionTimes.newestUpTo(timeMs);
  }

  /**
   * Opens a cursor over the visible entries of a range.
   *
   * @param from first key, or null
   * @param to first key past the range, or null
   * @param at the snapshot to read; null: the newest version
   */
  public EngineCursor scan(
      KeyspaceTree tree,
      byte @Nullable [] from,
      byte @Nullable [] to,
      boolean reverse,
      @Nullable EngineSnapshot at) {
    EngineCursor cursor =
        at == null
            ? openCursor(tree, from, to, reverse, Limits.VERSION_MAX, NOW)
            : openCursor(tree, from, to, reverse, at.version(), at.timeMs());
    scans.increment();
    return cursor;
  }

  /**
   * Opens a cursor over the newest entries of a range, for the store itself: the statistics do not
   * count it as a scan.
   */
  public EngineCursor readRange(KeyspaceTree tree, byte @Nullable [] from, byte @Nullable [] to) {
    return openCursor(tree, from, to, false, Limits.VERSION_MAX, NOW);
  }

  /**
   * Opens a cursor over the entries of a range that were visible at a version. The statistics do
   * not count it as a scan.
   *
   * @param versionMax registered as a snapshot; {@link Limits#VERSION_MAX} for the newest
   * @param nowMs entries expired by then are not visible; {@link #NOW} for the time of the call
   */
  EngineCursor openCursor(
      KeyspaceTree tree,
      byte @Nullable [] from,
      byte @Nullable [] to,
      boolean reverse,
      long versionMax,
      long nowMs) {
    int ticket = epochs.enter();
    try {
      requireOpen();
      ReadView view = tree.view();
      // Inside the section, a view that was current is not released yet.
      if (!view.tryRetain()) {
        throw new IllegalStateException("a current view was released");
      }
      // Added before the section ends, so that close waits for it or finds it.
      RangeCursor cursor = cursor(view, from, to, reverse, versionMax, nowMs);
      cursors.add(cursor);
      return cursor;
    } finally {
      epochs.exit(ticket);
    }
  }

  private RangeCursor cursor(
      ReadView view,
      byte @Nullable [] from,
      byte @Nullable [] to,
      boolean reverse,
      long versionMax,
      long nowMs) {
    try {
      long openedMs = nowMs();
      long newest = Math.min(writes.published(), view.newestVersion());
      long version = Math.min(newest, versionMax);
      List<InternalIterator> sources = view.iterators(version, from, to);
      VisibleIterator entries =
          new VisibleIterator(
              MergingIterator.asOfVersion(sources),
              from,
              to,
              reverse,
              nowMs == NOW ? openedMs : nowMs);
      boolean leakLikely = cursors.size() >= CURSORS_LIKELY_LEAKED;
      return new RangeCursor(
          cursorOwner, view, entries, version, LeakTrace.here(openedMs, leakLikely));
    } catch (RuntimeException | Error e) {
      view.release();
      throw e;
    }
  }

  /**
   * Commits a batch and returns its version.
   *
   * @param atLeast a sync mode that is stricter than the store's; null: the store's
   */
  public long commit(Batch batch, @Nullable SyncMode atLeast) {
    return commits.commit(batch, atLeast);
  }

  /**
   * Commits a batch if conditions hold; see {@link #commit(Batch, SyncMode)}. It may read the disk.
   * A refusal waits like a commit: if that was to be durable, for what it rests on to be.
   *
   * @throws EngineException {@code CONDITION_FAILED} or {@code VERSION_EXPIRED}: nothing was stored
   */
  public long commit(Batch batch, Conditions conditions, @Nullable SyncMode atLeast) {
    requireOpen();
    return commits.commit(batch, conditions, atLeast);
  }

  /** Commits a batch; the stage completes with its version, or an {@link EngineException}. */
  public CompletionStage<Long> commitAsync(Batch batch, @Nullable SyncMode atLeast) {
    return commits.commitAsync(batch, atLeast);
  }

  /**
   * Commits a batch if conditions hold; see {@link #commitAsync(Batch, SyncMode)}. They are
   * evaluated before this returns, which may read the disk; if they must be evaluated again,
   * another thread does it.
   */
  public CompletionStage<Long> commitAsync(
      Batch batch, Conditions conditions, @Nullable SyncMode atLeast) {
    return commits.commitAsync(batch, conditions, atLeast);
  }

  // The commits exist before the sweeper, which uses them.
  private void recordExpiry(int keyspaceId, long timeMs) {
    expirySweeper.expires(keyspaceId, timeMs);
  }

  /** Returns the commits of this engine. */
  public Commits commits() {
    return commits;
  }

  /** Syncs the log: everything committed so far is durable when it returns. */
  public void sync() {
    requireOpen();
    pipeline.sync();
  }

  /** Seals all memtables and waits until they are flushed. */
  public void flush() {
    requireOpen();
    AtomicLong upTo = new AtomicLong();
    pipeline.runAsLeader(
        () -> {
          requireOpen();
          upTo.set(writes.sealAll());
        });
    background.awaitFlushed(upTo.get());
  }

  /**
   * Flushes, compacts every keyspace to its last level, and waits until that is done.
   *
   * @throws EngineException {@code CLOSED} if the store was closed meanwhile; {@code CORRUPTION},
   *     {@code UNSUPPORTED_FORMAT} or {@code READ_FAILED} if a keyspace is damaged, after the
   *     others were compacted
   */
  public void compact() {
    flush();
    background.compactAll(writes.published());
  }

  /**
   * Flushes, compacts a range of a keyspace to its last level, and waits until that is done.
   *
   * @throws EngineException {@code CLOSED} if the store was closed meanwhile; {@code CORRUPTION},
   *     {@code UNSUPPORTED_FORMAT} or {@code READ_FAILED} if this keyspace is damaged
   */
  public void compact(KeyspaceTree tree, byte @Nullable [] from, byte @Nullable [] to) {
    flush();
    background.compactions().compact(tree, new CompactionRequest(writes.published(), from, to));
  }

  /**
   * Rotates the data keys, wraps them with the current key-encryption key, and waits until every
   * table is encrypted with a new data key.
   *
   * @throws EngineException {@code INVALID_REQUEST} if the store is not encrypted, {@code
   *     KEY_UNAVAILABLE} if the key-encryption key is not available, {@code CLOSED} if the store
   *     was closed before all tables were rewritten
   */
  public void rotateDataKeys() {
    requireOpen();
    background.rotateDataKeys(pipeline::renewLog);
  }

  /**
   * Does periodic work. The engine calls it itself unless its executors have {@code ticks} off.
   *
   * @param syncDue whether the sync interval has passed since the last call with true
   */
  public void tick(boolean syncDue) {
    if (!open) {
      return;
    }
    tick(() -> pipeline.tick(syncDue));
    if (syncDue) {
      tick(() -> pipeline.runIfIdle(versionTimes::settle));
      tick(() -> versionTimes.tick(context.clock()));
      tick(expirySweeper::tick);
      tick(fifoSweeper::tick);
      tick(() -> background.tick(writes.published()));
    }
  }

  // A scheduled task that throws is never run again, and periodic syncs would stop.
  private static void tick(Runnable work) {
    try {
      work.run();
    } catch (RuntimeException | Error e) {
      LOG.log(Level.ERROR, "periodic work failed: " + e.getMessage(), e);
    }
  }

  /** Returns the changes of the store, the source of change feeds. */
  public ChangeLog changes() {
    requireOpen();
    return changes;
  }

  /** Returns the current statistics. */
  public StoreStats stats() {
    int ticket = epochs.enter();
    try {
      requireOpen();
      long gets = Math.max(0, epochs.gets() - unansweredGets.sum());
      ReadStats reads = new ReadStats(gets, scans.sum());
      return statsReader.read(
          reads, cursors.size(), snapshots, expirySweeper.deleted() + fifoSweeper.deleted());
    } finally {
      epochs.exit(ticket);
    }
  }

  @Override
  public void close() {
    if (!closing.compareAndSet(false, true)) {
      return;
    }
    context.threads().stopTicking();
    EngineException failure = quietly(changes, null);
    failure = quietly(expirySweeper::stop, failure);
    failure = quietly(fifoSweeper::stop, failure);
    failure = quietly(pipeline::close, failure);
    failure = quietly(background::close, failure);
    failure = quietly(() -> pipeline.runAsLeader(writes::sealAll), failure);
    failure = quietly(background::flushBeforeClosing, failure);
    // Waits for a keyspace that is being created, and admits no other.
    keyspaceChanges.lock();
    try {
      open = false;
    } finally {
      keyspaceChanges.unlock();
    }
    epochs.synchronize();
    cursors.forEach(
        cursor -> LOG.log(Level.WARNING, "a cursor was left open: opened {0}", cursor.opened()));
    snapshots.warnOfOpen();
    boolean clean =
        context.logWriter().failure() == null && failure == null && background.isAllFlushed();
    failure = quietly(() -> closeWriters(clean), failure);
    failure = quietly(keyspaces::releaseAll, failure);
    writersClosed = true;
    failure = quietly(this::freeIfUnused, failure);
    if (failure != null) {
      throw failure;
    }
  }

  // Closes the log and the manifest, and releases the directory. If all was flushed, the manifest
  // records that the next open has nothing to replay.
  private void closeWriters(boolean clean) {
    VersionSet versions = context.versions();
    EngineException failure = quietly(context.log(), null);
    if (clean && failure == null) {
      versionTimes.settle();
      failure = quietly(() -> markClean(versions), null);
    }
    failure = quietly(versions, failure);
    DataKeys dataKeys = context.dataKeys();
    if (dataKeys != null) {
      failure = quietly(dataKeys::close, failure);
    }
    failure = quietly(directoryLock, failure);
    if (failure != null) {
      throw failure;
    }
  }

  // Without the mark the next open only skips version numbers.
  private void markClean(VersionSet versions) {
    try {
      versions.markClean(pipeline.lastVersion());
    } catch (EngineException e) {
      if (!e.failure().isRetryable()) {
        throw e;
      }
      LOG.log(Level.WARNING, "the manifest does not record the close: {0}", e.getMessage());
    }
  }

  /** Throws {@code CLOSED} if the store is closed. */
  public void requireOpen() {
    if (!open) {
      throw new EngineException(Failure.CLOSED, "the store is closed");
    }
  }

  private final RangeCursor.Owner cursorOwner =
      new RangeCursor.Owner() {
        @Override
        public void requireOpen() {
          LsmEngine.this.requireOpen();
        }

        @Override
        public void cursorClosed(RangeCursor cursor, ReadView view) {
          // In this order: once no cursor is known, the memory of views may be freed.
          view.release();
          cursors.remove(cursor);
          free();
        }
      };

  /** The write path, as the catalog of keyspaces uses it. */
  private final class CatalogWrites implements KeyspaceCatalog.WritePath {
    @Override
    public long publishedVersion() {
      return writes.published();
    }

    @Override
    public void deleteIndexEntries(Batch batch, KeyspaceTree tree) {
      KeyspaceTree index = keyspaces.named(ExpiryIndex.KEYSPACE);
      if (index != null) {
        ExpiryIndex.deleteAll(batch, index.id(), tree.id());
      }
    }

    @Override
    public void commit(Batch batch) {
      pipeline.commit(batch, SyncMode.GROUP);
    }

    @Override
    public void seal(KeyspaceTree tree) {
      pipeline.runAsLeader(() -> writes.seal(tree));
    }
  }

  // Called after a reader has released memory; the store may be closed.
  private void free() {
    if (!open) {
      freeIfUnused();
    }
  }

  private void freeIfUnused() {
    keyspaceChanges.lock();
    try {
      if (writersClosed && !freed && cursors.isEmpty() && commits.isIdle()) {
        freed = true;
        freeMemory();
      }
    } finally {
      keyspaceChanges.unlock();
    }
  }

  // Frees memory and ends threads, when no reader is left.
  private void freeMemory() {
    EngineThreads threads = context.threads();
    Runnable step = components.executors().insteadOfWaiting();
    while (step != null && threads.isClosing()) {
      step.run();
    }
    EngineException failure = quietly(threads, null);
    failure = quietly(cache, failure);
    failure = quietly(chunks, failure);
    failure = quietly(components.storage(), failure);
    if (failure != null) {
      throw failure;
    }
  }

  /** Closes a part whatever happens. Returns the first failure; later ones are suppressed in it. */
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
