package io.apexstore.engine.background;

import io.apexstore.engine.EngineParts;
import io.apexstore.engine.base.EngineException;
import io.apexstore.engine.base.EngineException.Failure;
import io.apexstore.engine.base.Limits;
import io.apexstore.engine.commit.FlushScheduler;
import io.apexstore.engine.compaction.FlushJob;
import io.apexstore.engine.encryption.DataKeyRotation;
import io.apexstore.engine.encryption.DataKeys;
import io.apexstore.engine.iterator.InternalIterator;
import io.apexstore.engine.keyspace.KeyspaceTree;
import io.apexstore.engine.keyspace.Keyspaces;
import io.apexstore.engine.manifest.VersionEdit;
import io.apexstore.engine.read.MemTableHandle;
import io.apexstore.engine.read.ReadView;
import io.apexstore.engine.tombstone.RangeTombstones;
import io.apexstore.engine.version.TreeShape;
import io.apexstore.engine.version.Version;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * Turns sealed memtables into tables behind the writers' backs, and says when writers must wait for
 * it.
 *
 * <p><b>Threads:</b> any; flushes run one at a time. <b>Invariants:</b> memtables of a keyspace are
 * flushed from the oldest to the newest; before the table of a memtable is in the manifest, the log
 * is durable up to the memtable's last version, so that a flushed commit never outlives an earlier
 * one that a power cut took.
 */
public final class BackgroundWork implements FlushScheduler {
  private static final Logger LOG = System.getLogger(BackgroundWork.class.getName());
  // After a full disk, this much room must be there before work is tried again.
  private static final long RESUME_MEMTABLES = 2;
  // So long after the last write the store is at rest.
  private static final long AT_REST_NANOS = 1_000_000_000;

  private final EngineParts parts;
  // Tells jobs under way to give up.
  private final AtomicBoolean cancelled;
  private final Keyspaces keyspaces;
  private final WriterStall stall;
  private final Compactions compactions;
  private final @Nullable DataKeyRotation keyRotation;
  private final WorkSignal waiting;
  private final AtomicBoolean flushPosted = new AtomicBoolean();
  private final ReentrantLock flushing = new ReentrantLock();
  private volatile boolean closing;
  // Nothing is flushed any more.
  private volatile boolean ended;

  // The ticker's.
  private long versionAtLastWrite;
  private long lastWriteNanos;

  public BackgroundWork(
      EngineParts parts, Keyspaces keyspaces, WorkSignal waiting, AtomicBoolean cancelled) {
    this.parts = parts;
    this.cancelled = cancelled;
    this.keyspaces = keyspaces;
    this.waiting = waiting;
    this.stall = new WriterStall(parts, keyspaces, waiting);
    this.compactions = new Compactions(parts, keyspaces, stall, waiting, this::failed);
    this.keyRotation =
        parts.keys() == null ? null : new DataKeyRotation(parts.keys(), parts.versions());
    this.lastWriteNanos = parts.time().nanoTime();
  }

  /** Looks for work that is due; called once the store is open. */
  public void start() {
    stall.update();
    flushSoon();
    compactions.schedule();
    openTables();
  }

  // Reads open the tables that they need. This is for those that nobody reads soon: damage is to
  // show, and event loops are to find them open.
  private void openTables() {
    for (KeyspaceTree tree : keyspaces.all()) {
      Version version = parts.versions().retainCurrent(tree.id());
      parts
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

  /** Looks anew at what is due in the keyspaces. */
  public void settingsChanged() {
    stall.update();
    compactions.schedule();
  }

  private static void tableNotOpened(EngineException e) {
    LOG.log(Level.WARNING, "a table could not be opened: {0}", e.getMessage());
  }

  public WriterStall stall() {
    return stall;
  }

  public Compactions compactions() {
    return compactions;
  }

  /** Holds the pipeline's leader back while the store cannot keep up. */
  @Override
  public void holdBackWriter(long bytes) {
    stall.holdBack(bytes);
  }

  /** Has sealed memtables flushed. */
  @Override
  public void flushSoon() {
    stall.update();
    if (flushPosted.compareAndSet(false, true)) {
      parts.threads().flushes().execute(this::flushPosted);
    }
  }

  /**
   * Returns the keyspace to seal because of whose oldest commit the log cannot be let go, or null
   * if what a restart would replay is not more than the given bytes.
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
    boolean tooMuch = oldest != null && parts.log().bytesAfter(oldestVersion) > bytesMax;
    return tooMuch ? oldest : null;
  }

  /**
   * Waits until every memtable sealed up to a version is a table; those sealed later, by writers
   * that go on, do not count.
   */
  public void awaitFlushed(long upTo) {
    waiting.until(() -> oldestSealed(upTo) == null || stall.isBroken() || ended);
    stall.throwIfBroken();
    if (ended && oldestSealed(upTo) != null) {
      throw new EngineException(Failure.CLOSED, "the store was closed before all was flushed");
    }
  }

  /** Compacts everything there is now, and waits until that is done. */
  public void compactAll(long upToVersion) {
    compactions.compactAll(upToVersion);
  }

  /**
   * Puts new keys into force, and waits until every table is encrypted with them.
   *
   * @param renewLog has what is committed from then on encrypted with them
   */
  public void rotateKeys(Runnable renewLog) {
    DataKeyRotation rotation = keyRotation;
    DataKeys keys = parts.keys();
    if (rotation == null || keys == null) {
      throw new EngineException(Failure.INVALID_REQUEST, "the store is not encrypted");
    }
    rotation.rotate();
    renewLog.run();
    compactions.replaceKeysBefore(keys.currentEpoch());
    rotation.retire();
  }

  /**
   * Tries again what a full disk stopped, once there is room; tidies up while nobody writes.
   *
   * @param newestVersion of the store
   */
  public void tick(long newestVersion) {
    long now = parts.time().nanoTime();
    if (newestVersion != versionAtLastWrite) {
      versionAtLastWrite = newestVersion;
      lastWriteNanos = now;
    }
    compactions.setAtRest(now - lastWriteNanos >= AT_REST_NANOS);
    if (keyRotation != null) {
      keyRotation.retire();
    }
    if (stall.isDiskFull() && hasRoom()) {
      stall.setDiskFull(null);
      flushSoon();
      compactions.schedule();
    }
  }

  /** Ends what is under way, and begins nothing any more. */
  public void close() {
    closing = true;
    cancelled.set(true);
    compactions.close();
    // A flush under way holds this until it has ended.
    flushing.lock();
    try {
      waiting.wakeAll();
    } finally {
      flushing.unlock();
    }
  }

  /** Flushes everything on the calling thread; for a store that takes no more writes. */
  public void flushBeforeClosing() {
    flushing.lock();
    try {
      KeyspaceTree next;
      while (parts.logWriter().failure() == null && (next = oldestSealed()) != null) {
        flushOldestOf(next);
      }
    } finally {
      ended = true;
      flushing.unlock();
      waiting.wakeAll();
    }
  }

  private void flushPosted() {
    flushPosted.set(false);
    flushing.lock();
    try {
      KeyspaceTree next;
      while (!closing && !stall.isBroken() && (next = oldestSealed()) != null) {
        flushOldestOf(next);
        waiting.wakeAll();
      }
    } catch (EngineException e) {
      failed("flush", e);
    } catch (RuntimeException | Error e) {
      failed("flush", new EngineException(Failure.STORAGE_FAILED, "flush failed: " + e, e));
    } finally {
      flushing.unlock();
      waiting.wakeAll();
    }
  }

  private void flushOldestOf(KeyspaceTree tree) {
    MemTableHandle memtable = tree.view().oldestSealed();
    long upTo = memtable.sealedAt();
    if (parts.log().durableVersion() < upTo) {
      parts.logWriter().sync();
    }
    RangeTombstones ranges =
        memtable.table.deletedRanges() == null
            ? RangeTombstones.NONE
            : memtable.table.rangeTombstones(
                tree.view().version().shape().largestKey(), parts.snapshots().visible());
    try (InternalIterator entries = memtable.table.allVersions()) {
      FlushJob job =
          new FlushJob(parts.jobs(), tree.id(), entries, ranges, upTo, idleKeyspaces(tree, upTo));
      parts
          .workStats()
          .addFlush(
              job.run(
                  () ->
                      keyspaces.change(
                          tree,
                          view -> view.withOldestFlushed(parts.versions().current(tree.id())))));
    }
    parts.releaseLog(flushedEverywhere());
    parts.reserve().grow(tableBytes());
    stall.update();
    compactions.setAtRest(false);
    compactions.schedule();
  }

  // A keyspace without unflushed commits has, trivially, flushed as far as this one: otherwise one
  // that
  // is never written would keep the log from being let go after a restart.
  private VersionEdit idleKeyspaces(KeyspaceTree flushed, long upTo) {
    VersionEdit.Builder edit = VersionEdit.builder();
    for (KeyspaceTree other : keyspaces.all()) {
      if (other != flushed) {
        ReadView view = other.view();
        long otherUpTo = view.isFlushed() ? upTo : Math.min(upTo, view.flushedTo());
        if (otherUpTo > parts.flushedTo(other.id())) {
          edit.flushedTo(other.id(), otherUpTo);
        }
      }
    }
    return edit.build();
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

  private long flushedEverywhere() {
    long lowest = Long.MAX_VALUE;
    for (KeyspaceTree tree : keyspaces.all()) {
      lowest = Math.min(lowest, parts.flushedTo(tree.id()));
    }
    return lowest;
  }

  private @Nullable KeyspaceTree oldestSealed() {
    return oldestSealed(Limits.VERSION_MAX);
  }

  /** Returns the one with the oldest sealed memtable, of those sealed up to a version. */
  private @Nullable KeyspaceTree oldestSealed(long upTo) {
    KeyspaceTree oldest = null;
    long oldestVersion = upTo;
    for (KeyspaceTree tree : keyspaces.all()) {
      ReadView view = tree.view();
      if (view.sealedCount() > 0 && view.oldestSealed().sealedAt() <= oldestVersion) {
        oldest = tree;
        oldestVersion = view.oldestSealed().sealedAt();
      }
    }
    return oldest;
  }

  private void failed(String what, EngineException e) {
    switch (e.failure()) {
      case DISK_FULL -> {
        LOG.log(Level.WARNING, "{0} stopped, the disk is full: {1}", what, e.getMessage());
        if (parts.reserve().release()) {
          flushSoon();
          compactions.schedule();
        } else {
          stall.setDiskFull(e);
        }
      }
      case CLOSED -> LOG.log(Level.DEBUG, "{0} ended by close", what);
      default -> {
        LOG.log(Level.ERROR, what + " failed: " + e.getMessage(), e);
        EngineException cause =
            new EngineException(
                Failure.STORAGE_FAILED,
                what + " failed: " + e.getMessage() + "; writes are refused until a restart",
                e);
        stall.setFailed(cause);
        parts.logWriter().fail(cause);
      }
    }
    waiting.wakeAll();
  }

  private boolean hasRoom() {
    try {
      return parts.storage().usableBytes() >= RESUME_MEMTABLES * parts.options().memtableBytesMax();
    } catch (java.io.IOException e) {
      LOG.log(Level.WARNING, "cannot tell how full the disk is", e);
      return false;
    }
  }
}
