package io.apexstore.engine;

import io.apexstore.engine.base.Batch;
import io.apexstore.engine.base.EngineException;
import io.apexstore.engine.base.EngineException.Failure;
import io.apexstore.engine.base.Lookup;
import io.apexstore.engine.iterator.InternalIterator;
import io.apexstore.engine.iterator.MergingIterator;
import io.apexstore.engine.iterator.VisibleIterator;
import io.apexstore.engine.manifest.KeyspaceMeta;
import io.apexstore.engine.manifest.VersionEdit;
import io.apexstore.engine.memtable.MemTable;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.LongAdder;
import java.util.concurrent.locks.ReentrantLock;
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
  private static final String INTERNAL_PREFIX = "_";
  private static final int NAME_LENGTH_MAX = 255;
  // With that many cursors open, where the next one was opened is worth its cost.
  private static final int CURSORS_LIKELY_LEAKED = 64;

  private final EngineParts parts;
  private final ReadEpochs epochs;
  private final Keyspaces keyspaces;
  private final WritePath writes;
  private final CommitPipeline pipeline;
  private final BackgroundWork background;
  private final ReentrantLock keyspaceChanges = new ReentrantLock();
  private final AtomicBoolean closing = new AtomicBoolean();
  private final Set<RangeCursor> cursors = ConcurrentHashMap.newKeySet();
  private final LongAdder scans = new LongAdder();
  private final AtomicLong statsReads = new AtomicLong();
  private final StatsReader statsReader;
  private volatile boolean open = true;
  // From then on, whoever finds the last cursor closed frees everything.
  private volatile boolean writersClosed;
  // Under the lock of keyspaceChanges: whether everything was freed.
  private boolean freed;

  LsmEngine(
      EngineParts parts,
      ReadEpochs epochs,
      Keyspaces keyspaces,
      WritePath writes,
      CommitPipeline pipeline,
      BackgroundWork background) {
    this.parts = parts;
    this.epochs = epochs;
    this.keyspaces = keyspaces;
    this.writes = writes;
    this.pipeline = pipeline;
    this.background = background;
    this.statsReader = new StatsReader(parts, keyspaces, writes, pipeline, background);
  }

  /**
   * Opens a store and recovers what a crash left.
   *
   * @throws EngineException {@code LOCKED}, {@code CORRUPTION}, {@code UNSUPPORTED_FORMAT} or
   *     {@code INVALID_REQUEST} if it cannot be opened; nothing was changed then. What is wrong
   *     with a single table does not show here but in reads of its range, see {@link
   *     io.apexstore.engine.sstable.LazyTable}
   */
  public static LsmEngine open(EngineComponents components, EngineOptions options) {
    LsmEngine engine = Recovery.open(components, options);
    engine.startTicking(options);
    engine.background.start();
    return engine;
  }

  /** Returns the keyspace of that name, making it if there is none. */
  public KeyspaceTree keyspace(String name) {
    requireOpen();
    KeyspaceTree known = keyspaces.named(name);
    return known != null ? known : create(name);
  }

  /** Returns the names of the keyspaces that are not internal, in alphabetical order. */
  public List<String> keyspaceNames() {
    return keyspaces.all().stream()
        .map(KeyspaceTree::name)
        .filter(name -> !name.startsWith(INTERNAL_PREFIX))
        .sorted()
        .toList();
  }

  /** Reads the newest entry of a key that the lookup may see; a tombstone is an entry. */
  public Lookup.Outcome get(KeyspaceTree tree, Lookup lookup) {
    int ticket = epochs.enter();
    try {
      requireOpen();
      ReadView view = tree.view();
      lookup.restrictTo(writes.published());
      lookup.restrictTo(view.newestVersion());
      return view.get(lookup);
    } finally {
      epochs.exit(ticket);
    }
  }

  /**
   * Opens a walk over the visible entries of a range as of now.
   *
   * @param from first key, or null
   * @param to first key past the range, or null
   */
  public EngineCursor scan(
      KeyspaceTree tree, byte @Nullable [] from, byte @Nullable [] to, boolean reverse) {
    int ticket = epochs.enter();
    try {
      requireOpen();
      ReadView view = tree.view();
      // Inside the section a view that was current has not been released yet.
      if (!view.tryRetain()) {
        throw new IllegalStateException("a current view was released");
      }
      // Known before the section ends, so that closing waits for it or finds it.
      RangeCursor cursor = cursor(view, from, to, reverse);
      cursors.add(cursor);
      scans.increment();
      return cursor;
    } finally {
      epochs.exit(ticket);
    }
  }

  private RangeCursor cursor(
      ReadView view, byte @Nullable [] from, byte @Nullable [] to, boolean reverse) {
    try {
      long version = Math.min(writes.published(), view.newestVersion());
      List<InternalIterator> sources = view.iterators(version, from, to);
      VisibleIterator entries =
          new VisibleIterator(
              MergingIterator.asOfVersion(sources),
              from,
              to,
              reverse,
              parts.time().currentTimeMs());
      boolean leakLikely = cursors.size() >= CURSORS_LIKELY_LEAKED;
      return new RangeCursor(
          this, view, entries, version, OpenPlace.here(parts.time().currentTimeMs(), leakLikely));
    } catch (RuntimeException | Error e) {
      view.release();
      throw e;
    }
  }

  /**
   * Commits a batch and returns its version, once the store's mode, or a more careful one, allows.
   */
  public long commit(Batch batch, @Nullable CommitMode atLeast) {
    return pipeline.commit(batch, atLeast);
  }

  /** Commits a batch; the stage completes with its version, or an {@link EngineException}. */
  public CompletionStage<Long> commitAsync(Batch batch, @Nullable CommitMode atLeast) {
    return pipeline.commitAsync(batch, atLeast);
  }

  /** Makes everything committed so far durable. */
  public void sync() {
    requireOpen();
    pipeline.sync();
  }

  /** Seals all memtables and waits until they are tables. */
  public void flush() {
    requireOpen();
    pipeline.runAsLeader(
        () -> {
          requireOpen();
          writes.sealAll();
        });
    background.awaitFlushed();
  }

  /** Flushes, compacts every keyspace to its last level, and waits until that is done. */
  public void compact() {
    flush();
    background.compactAll(writes.published());
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
    try {
      pipeline.tick(syncDue);
      if (syncDue) {
        background.tick(writes.published());
      }
    } catch (RuntimeException | Error e) {
      // A scheduled task that throws is never run again: nothing would be synced by time any more.
      LOG.log(Level.ERROR, "periodic work failed: " + e.getMessage(), e);
    }
  }

  /** What the engine is doing and has done. */
  public EngineStats stats() {
    int ticket = epochs.enter();
    try {
      requireOpen();
      long scanCount = scans.sum();
      long statsCount = statsReads.incrementAndGet();
      long gets = Math.max(0, epochs.entries() - scanCount - statsCount);
      return statsReader.read(gets, scanCount, cursors.size());
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
    EngineException failure = EngineParts.quietly(pipeline::close, null);
    failure = EngineParts.quietly(background::close, failure);
    failure = EngineParts.quietly(() -> pipeline.runAsLeader(writes::sealAll), failure);
    failure = EngineParts.quietly(background::flushBeforeClosing, failure);
    letNobodyIn();
    epochs.synchronize();
    cursors.forEach(
        cursor -> LOG.log(Level.WARNING, "a cursor was left open: opened {0}", cursor.opened()));
    boolean clean = parts.logWriter().failure() == null && failure == null;
    failure = EngineParts.quietly(() -> parts.closeWriters(pipeline.lastVersion(), clean), failure);
    failure = EngineParts.quietly(keyspaces::releaseAll, failure);
    writersClosed = true;
    failure = EngineParts.quietly(this::freeIfUnused, failure);
    if (failure != null) {
      throw failure;
    }
  }

  // A keyspace that is being made is made, and no other is.
  private void letNobodyIn() {
    keyspaceChanges.lock();
    try {
      open = false;
    } finally {
      keyspaceChanges.unlock();
    }
  }

  void requireOpen() {
    if (!open) {
      throw new EngineException(Failure.CLOSED, "the store is closed");
    }
  }

  void cursorClosed(RangeCursor cursor, ReadView view) {
    // In this order: once no cursor is known, what views hold may be freed.
    view.release();
    cursors.remove(cursor);
    if (!open) {
      freeIfUnused();
    }
  }

  private KeyspaceTree create(String name) {
    if (name.isEmpty() || name.length() > NAME_LENGTH_MAX) {
      throw new EngineException(
          Failure.INVALID_REQUEST,
          "keyspace name of " + name.length() + " characters, allowed are 1 to " + NAME_LENGTH_MAX);
    }
    keyspaceChanges.lock();
    try {
      requireOpen();
      KeyspaceTree known = keyspaces.named(name);
      if (known != null) {
        return known;
      }
      int id = parts.versions().state().nextKeyspaceId();
      parts
          .versions()
          .logAndApply(
              VersionEdit.builder().createKeyspace(new KeyspaceMeta(id, name, Map.of())).build());
      MemRef active = new MemRef(new MemTable(parts.chunks()), writes.published());
      KeyspaceTree tree =
          new KeyspaceTree(id, name, ReadView.of(active, parts.versions().current(id)));
      keyspaces.add(tree);
      return tree;
    } finally {
      keyspaceChanges.unlock();
    }
  }

  private void startTicking(EngineOptions options) {
    ScheduledExecutorService ticks = parts.threads().ticks();
    if (ticks == null) {
      return;
    }
    long syncMs = options.mode().isDurable() ? 1_000 : options.syncIntervalMs();
    // At a fixed rate: the interval is not to be as much longer as a sync takes.
    var _ = ticks.scheduleAtFixedRate(() -> tick(true), syncMs, syncMs, TimeUnit.MILLISECONDS);
    if (options.mode() == CommitMode.ASYNC) {
      // Twice as often, so that what came just after one tick is not late at the next.
      long delayMs = Math.max(1, options.asyncDelayMs() / 2);
      var _ = ticks.scheduleAtFixedRate(() -> tick(false), delayMs, delayMs, TimeUnit.MILLISECONDS);
    }
  }

  private void freeIfUnused() {
    keyspaceChanges.lock();
    try {
      if (writersClosed && !freed && cursors.isEmpty()) {
        freed = true;
        parts.free();
      }
    } finally {
      keyspaceChanges.unlock();
    }
  }
}
