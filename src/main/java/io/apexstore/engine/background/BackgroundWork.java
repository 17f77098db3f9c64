package io.apexstore.engine.background;

import io.apexstore.engine.base.EngineException;
import io.apexstore.engine.base.EngineException.Failure;
import io.apexstore.engine.base.SafeLogger;
import io.apexstore.engine.commit.FlushScheduler;
import io.apexstore.engine.compaction.FlushJob;
import io.apexstore.engine.encryption.DataKeyRotation;
import io.apexstore.engine.encryption.DataKeys;
import io.apexstore.engine.keyspace.KeyspaceTree;
import io.apexstore.engine.keyspace.Keyspaces;
import io.apexstore.engine.manifest.VersionEdit;
import io.apexstore.engine.read.MemTableHandle;
import io.apexstore.engine.read.ReadView;
import io.apexstore.engine.tombstone.RangeTombstones;
import io.apexstore.engine.version.TreeShape;
import io.apexstore.engine.version.Version;
import java.io.IOException;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * The background work of a store: flushes sealed memtables to tables, schedules compactions, and
 * retries both after failures that may pass, such as a full disk.
 *
 * <p>Memtables that are sealed at the same time are flushed together: their tables share the sync
 * of the log, that of the directory, and one edit of the manifest.
 *
 * <p><b>Threads:</b> any; flushes run one at a time. <b>Invariants:</b> the memtables of a keyspace
 * are flushed from the oldest to the newest; before the table of a memtable is in the manifest, the
 * log is durable up to the memtable's last version, so a flushed commit never survives an earlier
 * one that is lost in a power failure.
 */
public final class BackgroundWork implements FlushScheduler {
  private static final Logger LOG = SafeLogger.of(BackgroundWork.class);
  // After a full disk, work resumes when this many times the sealed memtables fit on the disk, and
  // at least a sixteenth of a full one.
  private static final long RESUME_FACTOR = 2;
  private static final long RESUME_MEMTABLE_SHARE = 16;
  // The most memtables that are flushed together. Each needs some memory while its table is
  // written.
  private static final int GROUP_MAX = 1_000;
  // The store is at rest this long after its last write.
  private static final long AT_REST_NANOS = 1_000_000_000;

  private final BackgroundContext context;
  private final Keyspaces keyspaces;
  private final WriterStall stall;
  private final Compactions compactions;
  private final @Nullable DataKeyRotation dataKeyRotation;
  private final WorkSignal signal;
  private final RetryPauses pauses;
  private final RetryPauses logPauses;
  private final AtomicBoolean flushPosted = new AtomicBoolean();
  // Whether no thread could be had for a flush.
  private volatile boolean flushRejected;
  private final ReentrantLock flushing = new ReentrantLock();
  private volatile boolean closing;
  // Set once no memtable will be flushed again.
  private volatile boolean ended;

  // Confined to the ticker.
  private long versionAtLastWrite;
  private long lastWriteNanos;

  /** Creates background work that has not started. */
  public BackgroundWork(BackgroundContext context) {
    this.context = context;
    this.keyspaces = context.keyspaces();
    this.signal = context.signal();
    this.pauses = new RetryPauses(context.clock());
    this.logPauses = new RetryPauses(context.clock());
    this.stall = new WriterStall(context);
    this.compactions = new Compactions(context, stall, this::failed);
    DataKeys dataKeys = context.dataKeys();
    this.dataKeyRotation =
        dataKeys == null ? null : new DataKeyRotation(dataKeys, context.versions());
    this.lastWriteNanos = context.clock().nanoTime();
  }

  /** Starts the work that is due; called once when the store is open. */
  public void start() {
    stall.update(keyspaces.all());
    flushSoon();
    compactions.schedule();
    openTables();
  }

  // A read opens the tables that it needs. This opens the others, so that damage is reported early
  // and event loops find the tables open.
  private void openTables() {
    for (KeyspaceTree tree : keyspaces.all()) {
      Version version = context.versions().retainCurrent(tree.id());
      context
          .threads()
          .closer()
          .execute(
              () -> {
                try {
                  version.openTables(() -> closing, BackgroundWork::tableNotOpened);
                } finally {
                  version.release();
                }
              });
    }
  }

  /** Schedules again after the options of a keyspace have changed. */
  public void settingsChanged(KeyspaceTree tree) {
    stall.update(List.of(tree));
    compactions.schedule(List.of(tree));
  }

  private static void tableNotOpened(EngineException e) {
    LOG.log(Level.WARNING, "a table could not be opened: {0}", e.getMessage());
  }

  /** Returns the write stall. */
  public WriterStall stall() {
    return stall;
  }

  /** Returns the compaction scheduler. */
  public Compactions compactions() {
    return compactions;
  }

  /** Delays the pipeline's leader while flushes and compactions cannot keep up. */
  @Override
  public void holdBackWriter(long bytes) {
    stall.holdBack(bytes);
  }

  @Override
  public void sealed(long bytes) {
    stall.sealed(bytes);
    flushSoon();
  }

  private void flushSoon() {
    if (flushPosted.compareAndSet(false, true)) {
      try {
        context.threads().flushes().execute(this::flushPosted);
      } catch (RuntimeException | Error e) {
        flushPosted.set(false);
        flushRejected = true;
        LOG.log(Level.WARNING, "no thread for a flush; the next tick tries again", e);
      }
    }
  }

  /**
   * Returns the keyspace whose oldest unflushed commit keeps the most log, or null if a restart
   * would replay no more than the given bytes.
   */
  @Override
  public @Nullable KeyspaceTree holdsTooMuchLog(long bytesMax) {
    KeyspaceTree oldest = null;
    long oldestVersion = Long.MAX_VALUE;
    for (KeyspaceTree tree : keyspaces.all()) {
      ReadView view = tree.view();
      if (!view.isFlushed() && view.flushedTo() < oldestVersion) {
        oldest = tree;
        oldestVersion = view.flushedTo();
      }
    }
    boolean tooMuch = oldest != null && context.log().bytesAfter(oldestVersion) > bytesMax;
    return tooMuch ? oldest : null;
  }

  /**
   * Waits until every memtable that was sealed at a version or before is flushed. Memtables that
   * writers seal later do not count.
   */
  public void awaitFlushed(long upTo) {
    signal.until(() -> isFlushedTo(upTo) || stall.isBroken() || ended);
    stall.throwIfBroken();
    if (ended && !isFlushedTo(upTo)) {
      throw new EngineException(Failure.CLOSED, "the store was closed before the flush was done");
    }
  }

  /** Compacts all keyspaces up to a version, and waits until that is done. */
  public void compactAll(long upToVersion) {
    compactions.compactAll(upToVersion);
  }

  /**
   * Rotates the data keys and waits until every table is encrypted with a new one.
   *
   * @param renewLog starts a new log segment, so that later commits are encrypted with a new key
   * @throws EngineException {@code INVALID_REQUEST} if the store is not encrypted; {@code CLOSED}
   *     if it was closed before all tables were rewritten
   */
  public void rotateDataKeys(Runnable renewLog) {
    DataKeyRotation rotation = dataKeyRotation;
    DataKeys keys = context.dataKeys();
    if (rotation == null || keys == null) {
      throw new EngineException(Failure.INVALID_REQUEST, "the store is not encrypted");
    }
    rotation.rotate();
    renewLog.run();
    compactions.replaceDataKeysBefore(keys.currentEpoch());
    rotation.retire();
  }

  /**
   * Resumes work after failures that may pass; compacts wasted space while no one writes.
   *
   * @param newestVersion newest published version of the store
   */
  public void tick(long newestVersion) {
    long now = context.clock().nanoTime();
    if (newestVersion != versionAtLastWrite) {
      versionAtLastWrite = newestVersion;
      lastWriteNanos = now;
    }
    compactions.setAtRest(now - lastWriteNanos >= AT_REST_NANOS);
    compactions.scheduleSome();
    if (dataKeyRotation != null) {
      dataKeyRotation.retire();
    }
    EngineException paused = stall.paused();
    if (paused != null && pauses.isOver() && mayResumeAfter(paused)) {
      stall.resume();
      flushSoon();
      compactions.schedule();
    } else if (!stall.isBroken()) {
      retryRejected();
      compactions.retryPostponed();
    }
    retryLog();
  }

  private boolean mayResumeAfter(EngineException cause) {
    return cause.failure() != Failure.DISK_FULL || hasRoom();
  }

  // Writers may wait until the store reports that it accepts writes again.
  private void retryLog() {
    if (context.logWriter().refusal() != null && logPauses.isOver()) {
      logPauses.failed();
      context.logWriter().retryRefused();
      if (context.logWriter().refusal() == null) {
        logPauses.succeeded();
      }
    }
  }

  // Work for which there was no thread.
  private void retryRejected() {
    if (flushRejected) {
      flushRejected = false;
      flushSoon();
    }
    compactions.retryRejected();
  }

  /** Cancels running compactions, waits for running work, and starts no more. */
  public void close() {
    closing = true;
    context.cancelled().set(true);
    compactions.close();
    // A running flush holds the lock until it has ended.
    flushing.lock();
    try {
      signal.wakeAll();
    } finally {
      flushing.unlock();
    }
  }

  /**
   * Flushes all memtables on the calling thread; for a store that takes no more writes. If that
   * cannot be done now, for example because the disk is full, they stay in the log.
   */
  public void flushBeforeClosing() {
    flushing.lock();
    try {
      boolean any = true;
      while (any && context.logWriter().failure() == null) {
        any = flushGroup();
      }
    } catch (EngineException e) {
      if (!e.failure().isRetryable()) {
        throw e;
      }
      LOG.log(
          Level.WARNING,
          "the last writes stay in the log, which the next open reads: {0}",
          e.getMessage());
    } finally {
      ended = true;
      flushing.unlock();
      signal.wakeAll();
    }
  }

  private void flushPosted() {
    flushPosted.set(false);
    flushing.lock();
    try {
      while (!closing && !stall.isBroken() && flushGroup()) {
        signal.wakeAll();
      }
    } catch (EngineException e) {
      failed("flush", e);
    } catch (RuntimeException | Error e) {
      failed("flush", new EngineException(Failure.STORAGE_FAILED, "flush failed: " + e, e));
    } finally {
      flushing.unlock();
      signal.wakeAll();
    }
  }

  // Returns whether there was anything to flush.
  private boolean flushGroup() {
    Map<KeyspaceTree, MemTableHandle> group = nextGroup();
    if (!group.isEmpty()) {
      flush(group);
    }
    return !group.isEmpty();
  }

  // The oldest sealed memtables, of each keyspace at most one. Together they are not larger than
  // one full memtable, so that the memory of large ones is free again soon.
  private Map<KeyspaceTree, MemTableHandle> nextGroup() {
    List<KeyspaceTree> sealed = new ArrayList<>();
    for (KeyspaceTree tree : keyspaces.all()) {
      if (tree.view().sealedCount() > 0) {
        sealed.add(tree);
      }
    }
    sealed.sort(Comparator.comparingLong(tree -> tree.view().oldestSealed().sealedAt()));
    Map<KeyspaceTree, MemTableHandle> group = new LinkedHashMap<>();
    long bytes = 0;
    for (KeyspaceTree tree : sealed) {
      MemTableHandle memtable = tree.view().oldestSealed();
      bytes += memtable.table.memoryBytes();
      if (!group.isEmpty() && (bytes > context.memtableBytesMax() || group.size() >= GROUP_MAX)) {
        break;
      }
      group.put(tree, memtable);
    }
    return group;
  }

  private void flush(Map<KeyspaceTree, MemTableHandle> group) {
    long upTo = group.values().stream().mapToLong(MemTableHandle::sealedAt).max().orElseThrow();
    long bytes = group.values().stream().mapToLong(each -> each.table.memoryBytes()).sum();
    if (context.log().durableVersion() < upTo) {
      context.logWriter().sync();
    }
    List<FlushJob.Source> sources = new ArrayList<>();
    try {
      group.forEach((tree, memtable) -> sources.add(source(tree, memtable)));
      FlushJob job =
          new FlushJob(context.jobs(), sources, context.runner(), allFlushed(group, upTo));
      context.stats().addFlush(job.run(() -> group.keySet().forEach(this::install)), group.size());
    } finally {
      sources.forEach(source -> source.entries().close());
    }
    pauses.succeeded();
    stall.sealed(-bytes);
    context.releaseLog(context.versions().state().flushedTo());
    context.reserve().grow(tableBytes());
    stall.update(group.keySet());
    compactions.setAtRest(false);
    compactions.schedule(group.keySet());
  }

  private FlushJob.Source source(KeyspaceTree tree, MemTableHandle memtable) {
    RangeTombstones ranges =
        memtable.table.rangeTombstones() == null
            ? RangeTombstones.NONE
            : memtable.table.fragmentRangeTombstones(
                tree.view().version().shape().largestKey(), context.snapshots().visible());
    return new FlushJob.Source(
        tree.id(), memtable.table.allVersions(), ranges, memtable.sealedAt());
  }

  private void install(KeyspaceTree tree) {
    keyspaces.change(tree, view -> view.withOldestFlushed(context.versions().current(tree.id())));
  }

  // How far all keyspaces are flushed once the group is. A keyspace without unflushed commits is
  // flushed as far as the group. Otherwise one that is never written would keep the log from being
  // released.
  private VersionEdit allFlushed(Map<KeyspaceTree, MemTableHandle> group, long upTo) {
    long all = upTo;
    // The keyspaces are read after the versions of the group: what is added to one of them from now
    // on is newer than these.
    for (KeyspaceTree tree : keyspaces.all()) {
      ReadView view = tree.view();
      MemTableHandle flushed = group.get(tree);
      if (flushed == null) {
        all = view.isFlushed() ? all : Math.min(all, view.flushedTo());
      } else if (view.sealedCount() > 1 || view.active().table.entryCount() > 0) {
        all = Math.min(all, flushed.sealedAt());
      }
    }
    VersionEdit.Builder edit = VersionEdit.builder();
    return all > context.versions().state().flushedTo()
        ? edit.allFlushedTo(all).build()
        : edit.build();
  }

  private long tableBytes() {
    long bytes = 0;
    for (KeyspaceTree tree : keyspaces.all()) {
      TreeShape shape = tree.view().version().shape();
      for (int level = 0; level < shape.levelCount(); level++) {
        bytes += shape.levelBytes(level);
      }
    }
    return bytes;
  }

  /** Returns whether no memtable waits for a flush. */
  public boolean isAllFlushed() {
    return isFlushedTo(Long.MAX_VALUE);
  }

  private boolean isFlushedTo(long upTo) {
    for (KeyspaceTree tree : keyspaces.all()) {
      ReadView view = tree.view();
      if (view.sealedCount() > 0 && view.oldestSealed().sealedAt() <= upTo) {
        return false;
      }
    }
    return true;
  }

  private void failed(String what, EngineException e) {
    switch (e.failure()) {
      case DISK_FULL -> {
        if (context.reserve().release()) {
          flushSoon();
          compactions.schedule();
        } else {
          pauses.failed();
          stall.pause(e);
        }
        LOG.log(Level.WARNING, "{0} stopped, the disk is full: {1}", what, e.getMessage());
      }
      case STORAGE_UNAVAILABLE, READ_FAILED, MEMORY_EXHAUSTED -> {
        pauses.failed();
        stall.pause(e);
        LOG.log(Level.WARNING, "{0} stopped, it is tried again: {1}", what, e.getMessage());
      }
      case CLOSED -> LOG.log(Level.DEBUG, "close cancelled a {0}", what);
      default -> {
        EngineException cause =
            new EngineException(
                Failure.STORAGE_FAILED,
                what + " failed: " + e.getMessage() + "; writes are refused until a restart",
                e);
        stall.setFailed(cause);
        context.logWriter().fail(cause);
        LOG.log(Level.ERROR, what + " failed: " + e.getMessage(), e);
      }
    }
    signal.wakeAll();
  }

  private boolean hasRoom() {
    long sealedBytes = 0;
    for (KeyspaceTree tree : keyspaces.all()) {
      ReadView view = tree.view();
      for (int i = 0; i < view.sealedCount(); i++) {
        sealedBytes += view.sealed(i).table.memoryBytes();
      }
    }
    try {
      return context.jobs().storage().usableBytes()
          >= Math.max(
              RESUME_FACTOR * sealedBytes, context.memtableBytesMax() / RESUME_MEMTABLE_SHARE);
    } catch (IOException e) {
      LOG.log(Level.WARNING, "the free disk space cannot be read", e);
      return false;
    }
  }
}
