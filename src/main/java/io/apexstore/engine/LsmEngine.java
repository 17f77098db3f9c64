package io.apexstore.engine;

import io.apexstore.engine.background.BackgroundWork;
import io.apexstore.engine.base.Batch;
import io.apexstore.engine.base.EngineException;
import io.apexstore.engine.base.EngineException.Failure;
import io.apexstore.engine.base.Limits;
import io.apexstore.engine.base.Lookup;
import io.apexstore.engine.commit.CommitPipeline;
import io.apexstore.engine.commit.ConditionEvaluator;
import io.apexstore.engine.commit.Conditions;
import io.apexstore.engine.commit.DurableRefusals;
import io.apexstore.engine.commit.MemTableWriter;
import io.apexstore.engine.compaction.KeySpan;
import io.apexstore.engine.expiry.ExpiryIndex;
import io.apexstore.engine.expiry.Sweepers;
import io.apexstore.engine.feed.ChangeLog;
import io.apexstore.engine.feed.LogHolds;
import io.apexstore.engine.iterator.InternalIterator;
import io.apexstore.engine.iterator.MergingIterator;
import io.apexstore.engine.iterator.VisibleIterator;
import io.apexstore.engine.keyspace.KeyspaceCatalog;
import io.apexstore.engine.keyspace.KeyspaceTree;
import io.apexstore.engine.keyspace.Keyspaces;
import io.apexstore.engine.read.EngineCursor;
import io.apexstore.engine.read.EngineSnapshot;
import io.apexstore.engine.read.LeakTrace;
import io.apexstore.engine.read.OpenSnapshots;
import io.apexstore.engine.read.RangeCursor;
import io.apexstore.engine.read.ReadEpochs;
import io.apexstore.engine.read.ReadView;
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
import java.util.concurrent.Executor;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.LongAdder;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * The engine of one open store: what a read, a write and a scan go through.
 *
 * <p>{@link Recovery} puts it together; {@link BackgroundWork} flushes and compacts behind it.
 *
 * <p><b>Threads:</b> any. <b>Invariants:</b> a reader is inside a {@link ReadEpochs} section, or
 * holds the {@link ReadView} it reads; so closing frees nothing under its feet: it waits for the
 * sections, and what open cursors hold is freed when the last of them is closed.
 */
public final class LsmEngine implements AutoCloseable {
  private static final Logger LOG = System.getLogger(LsmEngine.class.getName());

  private static final long NOW = -1;
  // With that many cursors open, where the next one was opened is worth its cost.
  private static final int CURSORS_LIKELY_LEAKED = 64;

  private final EngineParts parts;
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
  private final EngineCommits commits;
  private final Sweepers sweepers;
  private final LongAdder scans = new LongAdder();
  // Gets that only looked into the cache and needed the disk: the caller gets again.
  private final LongAdder unansweredGets = new LongAdder();
  private final StatsReader statsReader;
  private final ChangeLog changes;
  private final DurableRefusals refusals;
  private volatile boolean open = true;
  // From then on, whoever finds the last cursor closed frees everything.
  private volatile boolean writersClosed;
  // Under the lock of keyspaceChanges: whether everything was freed.
  private boolean freed;

  LsmEngine(
      EngineParts parts,
      ReadEpochs epochs,
      Keyspaces keyspaces,
      MemTableWriter writes,
      CommitPipeline pipeline,
      ConditionEvaluator conditionCheck,
      BackgroundWork background) {
    this.parts = parts;
    this.epochs = epochs;
    this.keyspaces = keyspaces;
    this.writes = writes;
    this.pipeline = pipeline;
    this.catalog =
        new KeyspaceCatalog(
            keyspaces,
            parts.versions(),
            parts.chunks(),
            new CatalogWrites(),
            parts.options().compaction());
    this.background = background;
    this.snapshots = new OpenSnapshots(parts.snapshots(), parts.time());
    this.sweepers =
        new Sweepers(this, parts, epochs, keyspaces, background.compactions(), pipeline, writes);
    this.commits =
        new EngineCommits(
            this, parts, keyspaces, pipeline, conditionCheck, sweepers.expiry(), this::free);
    this.refusals =
        new DurableRefusals(parts.options().syncMode(), pipeline::sync, parts.threads().checks());
    LogHolds holds = new LogHolds();
    parts.log().holdAbove(holds::heldVersion, ChangeLog.HELD_BYTES_MAX);
    this.changes =
        new ChangeLog(
            new EngineChangeSource(this, parts, keyspaces, writes),
            parts.changeSignal(),
            holds,
            parts.threads().feed());
    this.statsReader = new StatsReader(parts, keyspaces, writes, pipeline, background, changes);
  }

  /**
   * Opens a store and recovers what a crash left.
   *
   * @throws EngineException {@code LOCKED}, {@code CORRUPTION}, {@code UNSUPPORTED_FORMAT} or
   *     {@code INVALID_REQUEST} if it cannot be opened; nothing was changed then. What is wrong
   *     with a single table does not show here but in reads of its range, see {@link
   *     io.apexstore.engine.sstable.LazyTable}
   */
  public static LsmEngine open(EngineComponents components, StoreOptions options) {
    LsmEngine engine = Recovery.open(components, options);
    engine.parts.threads().startTicking(options, engine::tick);
    engine.background.start();
    return engine;
  }

  /** Returns the keyspace of that name; creates it with default options if there is none. */
  public KeyspaceTree keyspace(String name) {
    KeyspaceTree known = existingKeyspace(name);
    return known != null ? known : changed(() -> catalog.getOrCreate(name));
  }

  /** Returns the keyspace of that name, or null if there is none; never creates one. */
  public @Nullable KeyspaceTree existingKeyspace(String name) {
    requireOpen();
    return keyspaces.existing(name);
  }

  /**
   * Returns the keyspace of that name with these options: it is created or changed.
   *
   * @throws EngineException as {@link KeyspaceCatalog#withOptions} does
   */
  public KeyspaceTree keyspace(String name, KeyspaceOptions options) {
    return changed(() -> catalog.withOptions(name, options));
  }

  /** Drops a keyspace, durably; returns whether there was one. */
  public boolean dropKeyspace(String name) {
    return changed(() -> catalog.drop(name));
  }

  private <T> T changed(Supplier<T> change) {
    keyspaceChanges.lock();
    try {
      requireOpen();
      T result = change.get();
      background.settingsChanged();
      return result;
    } finally {
      keyspaceChanges.unlock();
    }
  }

  /** Returns the names of the keyspaces that are not internal, in alphabetical order. */
  public List<String> keyspaceNames() {
    return keyspaces.names();
  }

  /** The keyspace of an id, or null. */
  public @Nullable KeyspaceTree keyspaceOf(int id) {
    return keyspaces.find(id);
  }

  /**
   * Adds a put to a batch that expires, and what finds it when it has.
   *
   * @param expiryMs when, in ms since the epoch, above 0
   */
  public void putExpiring(
      Batch batch, KeyspaceTree tree, byte[] key, long expiryMs, MemorySegment value) {
    int indexId = keyspace(ExpiryIndex.KEYSPACE).id();
    // In this order: where the put finds no room, an entry of the index without one does no harm.
    ExpiryIndex.add(batch, indexId, tree.id(), key, expiryMs);
    batch.put(tree.id(), key, expiryMs, value);
  }

  /** Makes the keyspace of the expiry index, if there is none yet. */
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

  /** The time, in ms since the epoch, by which what has expired is judged; it never runs back. */
  public long nowMs() {
    return parts.time().currentTimeMs();
  }

  /** Keeps the newest version readable until the snapshot is closed. */
  public EngineSnapshot openSnapshot() {
    requireOpen();
    return snapshots.open();
  }

  /**
   * Keeps an older version readable until the snapshot is closed.
   *
   * @throws EngineException {@code VERSION_EXPIRED} if it is not kept any more, {@code
   *     INVALID_REQUEST} if it is newer than the newest
   */
  public EngineSnapshot openSnapshotAt(long version) {
    requireOpen();
    return snapshots.openAt(version, writes.published());
  }

  /** The newest version that is known to have been published at a time, 0 if none is known. */
  public long versionAt(long timeMs) {
    requireOpen();
    return parts.history().newestUpTo(timeMs);
  }

  /**
   * Opens a walk over the visible entries of a range.
   *
   * @param from first key, or null
   * @param to first key past the range, or null
   * @param at what to read; null: the newest version
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
   * @param nowMs what had expired by then is left out; {@link #NOW} for the time of the call
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
      // Inside the section a view that was current has not been released yet.
      if (!view.tryRetain()) {
        throw new IllegalStateException("a current view was released");
      }
      // Known before the section ends, so that closing waits for it or finds it.
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
      return new RangeCursor(this, view, entries, version, LeakTrace.here(openedMs, leakLikely));
    } catch (RuntimeException | Error e) {
      view.release();
      throw e;
    }
  }

  /**
   * Commits a batch and returns its version, once the store's mode, or a more careful one, allows.
   */
  public long commit(Batch batch, @Nullable SyncMode atLeast) {
    return commits.commit(batch, null, atLeast);
  }

  /**
   * Commits a batch if conditions hold; see {@link #commit(Batch, SyncMode)}. It may read the disk.
   * A refusal waits like a commit: if that was to be durable, for what it rests on to be.
   *
   * @throws EngineException {@code CONDITION_FAILED} or {@code VERSION_EXPIRED}: nothing was stored
   */
  public long commit(Batch batch, Conditions conditions, @Nullable SyncMode atLeast) {
    requireOpen();
    return refusals.commit(() -> commits.commit(batch, conditions, atLeast), atLeast);
  }

  /** Commits a batch; the stage completes with its version, or an {@link EngineException}. */
  public CompletionStage<Long> commitAsync(Batch batch, @Nullable SyncMode atLeast) {
    return commits.commitAsync(batch, null, atLeast);
  }

  /**
   * Commits a batch if conditions hold; see {@link #commitAsync(Batch, SyncMode)}. They are
   * evaluated before this returns, which may read the disk; if they must be again, then on another
   * thread.
   */
  public CompletionStage<Long> commitAsync(
      Batch batch, Conditions conditions, @Nullable SyncMode atLeast) {
    return refusals.commitAsync(() -> commits.commitAsync(batch, conditions, atLeast), atLeast);
  }

  /** Fails as a commit with these conditions would now; may read the disk. */
  public void evaluate(Conditions conditions, @Nullable SyncMode atLeast) {
    refusals.commit(() -> commits.evaluate(conditions), atLeast);
  }

  /** Where what asynchronous commits depend on is read from disk. */
  public Executor checks() {
    return parts.threads().checks();
  }

  /** Makes everything committed so far durable. */
  public void sync() {
    requireOpen();
    pipeline.sync();
  }

  /** Seals all memtables and waits until they are tables. */
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

  /** Flushes, compacts every keyspace to its last level, and waits until that is done. */
  public void compact() {
    flush();
    background.compactAll(writes.published());
  }

  /** Flushes, compacts a range of a keyspace to its last level, and waits until that is done. */
  public void compact(KeyspaceTree tree, byte @Nullable [] from, byte @Nullable [] to) {
    flush();
    background.compactions().compact(tree, new KeySpan(from, to), writes.published());
  }

  /**
   * Puts new keys into force, both kinds, and waits until every table is encrypted with them.
   *
   * @throws EngineException {@code INVALID_REQUEST} if the store is not encrypted, {@code
   *     KEY_UNAVAILABLE} if the key-encryption key cannot be had
   */
  public void rotateKeys() {
    requireOpen();
    background.rotateKeys(pipeline::renewLog);
  }

  /**
   * Does what is due by time; for whoever gave the engine executors that do not tick.
   *
   * @param syncDue whether the sync interval has passed since the last call with true
   */
  public void tick(boolean syncDue) {
    if (!open) {
      return;
    }
    tick(() -> pipeline.tick(syncDue));
    if (syncDue) {
      tick(() -> parts.history().tick(writes.published()));
      tick(sweepers::tick);
      tick(() -> background.tick(writes.published()));
    }
  }

  // A scheduled task that throws is never run again: nothing would be synced by time any more.
  private static void tick(Runnable work) {
    try {
      work.run();
    } catch (RuntimeException | Error e) {
      LOG.log(Level.ERROR, "periodic work failed: " + e.getMessage(), e);
    }
  }

  /** Returns the changes of the store, for those who consume them. */
  public ChangeLog changes() {
    requireOpen();
    return changes;
  }

  /** Returns the statistics of the engine. */
  public StoreStats stats() {
    int ticket = epochs.enter();
    try {
      requireOpen();
      long gets = Math.max(0, epochs.gets() - unansweredGets.sum());
      ReadStats reads = new ReadStats(gets, scans.sum());
      return statsReader.read(reads, cursors.size(), snapshots, sweepers.deleted());
    } finally {
      epochs.exit(ticket);
    }
  }

  @Override
  public void close() {
    if (!closing.compareAndSet(false, true)) {
      return;
    }
    parts.threads().stopTicking();
    EngineException failure = EngineParts.quietly(changes, null);
    failure = EngineParts.quietly(sweepers::stop, failure);
    failure = EngineParts.quietly(pipeline::close, failure);
    failure = EngineParts.quietly(background::close, failure);
    failure = EngineParts.quietly(() -> pipeline.runAsLeader(writes::sealAll), failure);
    failure = EngineParts.quietly(background::flushBeforeClosing, failure);
    // A keyspace that is being made is made, and no other is.
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
    boolean clean = parts.logWriter().failure() == null && failure == null;
    failure = EngineParts.quietly(() -> parts.closeWriters(pipeline.lastVersion(), clean), failure);
    failure = EngineParts.quietly(keyspaces::releaseAll, failure);
    writersClosed = true;
    failure = EngineParts.quietly(this::freeIfUnused, failure);
    if (failure != null) {
      throw failure;
    }
  }

  public void requireOpen() {
    if (!open) {
      throw new EngineException(Failure.CLOSED, "the store is closed");
    }
  }

  public void cursorClosed(RangeCursor cursor, ReadView view) {
    // In this order: once no cursor is known, what views hold may be freed.
    view.release();
    cursors.remove(cursor);
    free();
  }

  /** The write path as the catalog of keyspaces uses it. */
  private final class CatalogWrites implements KeyspaceCatalog.WritePath {
    @Override
    public long publishedVersion() {
      return writes.published();
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

  // Called by whoever lets go of something while the store may have been closed.
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
        parts.free();
      }
    } finally {
      keyspaceChanges.unlock();
    }
  }
}
