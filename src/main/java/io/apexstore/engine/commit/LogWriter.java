package io.apexstore.engine.commit;

import io.apexstore.engine.base.EngineException;
import io.apexstore.engine.base.EngineException.Failure;
import io.apexstore.engine.base.TimeSource;
import io.apexstore.engine.io.DiskFullException;
import io.apexstore.engine.wal.CommitLog;
import io.apexstore.options.SyncMode;
import java.io.IOException;
import java.util.Objects;
import java.util.concurrent.atomic.LongAdder;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * The log as the {@link CommitPipeline} uses it. It decides what a commit's mode means for writing
 * and syncing, and what a failure means for all later commits.
 *
 * <p>Commits in {@code ASYNC} are held back in memory until they exceed a size or the oldest
 * exceeds an age. On a full disk they stay in memory, and all other commits are refused meanwhile.
 *
 * <p><b>Threads:</b> {@link #append}, {@link #writeHeldBack}, {@link #renew} and {@link #mark} by
 * the pipeline's leader; {@link #sync}, {@link #fail} and the counters by any. <b>Invariants:</b>
 * syncs happen one after another; after a failed write or sync nothing is written or synced again.
 */
public final class LogWriter {
  private final CommitLog log;
  private final TimeSource time;
  private final long heldBytesMax;
  private final long heldNanosMax;
  private final Runnable afterSync;
  private final ReentrantLock syncLock = new ReentrantLock();
  private volatile @Nullable EngineException failure;

  // Owned by the leader.
  private long lastCommitTimeMs;
  private long heldBackBytes;
  private long heldBackSinceNanos;

  private final LongAdder syncs = new LongAdder();
  private final LongAdder syncNanos = new LongAdder();
  private final LongAdder bytesAppended = new LongAdder();

  /**
   * Creates a writer for a log.
   *
   * @param asyncBytesMax commits in {@code ASYNC} that are in memory only stay below this many
   *     bytes
   * @param asyncDelayMs longest time in ms that a commit in {@code ASYNC} is in memory only
   * @param lastCommitTimeMs the time of the newest commit in the log, in ms since the epoch
   * @param afterSync is called whenever more is durable than before; it must be quick and not fail
   */
  public LogWriter(
      CommitLog log,
      TimeSource time,
      long asyncBytesMax,
      long asyncDelayMs,
      long lastCommitTimeMs,
      Runnable afterSync) {
    this.log = log;
    this.time = time;
    this.heldBytesMax = asyncBytesMax;
    this.heldNanosMax = asyncDelayMs * 1_000_000;
    this.lastCommitTimeMs = lastCommitTimeMs;
    this.afterSync = afterSync;
  }

  /**
   * Appends a group and takes it as far as its modes require: into memory, to the operating system,
   * or to the disk.
   *
   * @throws EngineException {@code DISK_FULL} if there is no room: nothing of the group is in the
   *     log; {@code STORAGE_FAILED}: it is unknown how much of it is, and all later groups are
   *     refused
   */
  void append(Commit group) {
    boolean durable = false;
    boolean mayBeHeld = true;
    long bytes = 0;
    for (Commit c = group; c != null; c = c.next) {
      durable |= c.mode.isDurable();
      mayBeHeld &= c.mode == SyncMode.ASYNC;
      bytes += c.batch.length();
    }
    boolean held = mayBeHeld && mayHoldBack(bytes);
    if (!held) {
      writeHeldBack(); // Separately: on a full disk this group is refused, and they stay.
    }
    lastCommitTimeMs = Math.max(lastCommitTimeMs, time.currentTimeMs());
    try {
      for (Commit c = group; c != null; c = c.next) {
        log.add(c.version, lastCommitTimeMs, c.batch.bytes(), c.batch.length());
      }
      if (held) {
        heldBackBytes += bytes;
      } else {
        log.write();
      }
    } catch (DiskFullException e) {
      log.discard();
      throw diskFull(e);
    } catch (IOException e) {
      throw storageFailed("writing the log", e);
    }
    bytesAppended.add(bytes);
    if (durable) {
      sync();
    }
  }

  /** The time of the newest commit in ms since the epoch; for the leader. */
  long lastCommitTimeMs() {
    return lastCommitTimeMs;
  }

  /**
   * Writes commits that are in memory only to the operating system.
   *
   * @throws EngineException {@code DISK_FULL} if there is no room: they stay in memory and are
   *     written before any other commit; {@code STORAGE_FAILED} otherwise
   */
  public void writeHeldBack() {
    if (heldBackBytes == 0) {
      return;
    }
    try {
      log.write();
      heldBackBytes = 0;
    } catch (DiskFullException e) {
      throw diskFull(e);
    } catch (IOException e) {
      // These commits were acknowledged and are visible: later commits must not outlive them.
      throw storageFailed("writing the log", e);
    }
  }

  /** Does {@link #writeHeldBack}; does nothing if the disk is full. */
  void writeHeldBackIfRoom() {
    try {
      writeHeldBack();
    } catch (EngineException e) {
      if (e.failure() != Failure.DISK_FULL) {
        throw e;
      }
    }
  }

  /** Writes a mark of how far the log is synced. */
  void mark() {
    try {
      log.mark();
    } catch (DiskFullException e) {
      // A mark only helps recovery to distinguish damage from a torn tail; the next one will do.
      return;
    } catch (IOException e) {
      throw storageFailed("marking the log", e);
    }
  }

  /**
   * Continues in a new file, which is encrypted with the newest data key.
   *
   * @throws EngineException {@code DISK_FULL} if there is no room for one: the log continues in the
   *     old file; {@code STORAGE_FAILED}
   */
  void renew() {
    throwIfFailed();
    try {
      log.renew();
    } catch (DiskFullException e) {
      throw new EngineException(
          Failure.DISK_FULL, "no room for a log file with the new data key: " + e.getMessage(), e);
    } catch (IOException e) {
      throw storageFailed("renewing the log", e);
    }
    afterSync.run();
  }

  /** Syncs what was written to the operating system. */
  public void sync() {
    syncLock.lock();
    try {
      throwIfFailed();
      long begin = time.nanoTime();
      log.sync();
      syncs.increment();
      syncNanos.add(time.nanoTime() - begin);
      afterSync.run();
    } catch (IOException e) {
      throw storageFailed("syncing the log", e);
    } finally {
      syncLock.unlock();
    }
  }

  /** Whether something was written to the operating system and is not durable yet. */
  boolean hasUnsynced() {
    return log.durableVersion() < log.writtenVersion();
  }

  /** Returns the newest version that was written to the operating system. */
  long writtenVersion() {
    return log.writtenVersion();
  }

  /** Refuses all writes from now on. The first cause is kept. */
  public void fail(EngineException cause) {
    if (failure == null) {
      failure = cause;
    }
  }

  /** Returns why all writes are refused, or null if they are not. */
  public @Nullable EngineException failure() {
    return failure;
  }

  /** Throws the failure because of which all writes are refused, if there is one. */
  public void throwIfFailed() {
    EngineException cause = failure;
    if (cause != null) {
      throw cause;
    }
  }

  /** Returns the number of syncs. */
  public long syncs() {
    return syncs.sum();
  }

  /** Returns the time of all syncs together, in ns. */
  public long syncNanos() {
    return syncNanos.sum();
  }

  /** Returns the bytes of all batches appended. */
  public long bytesAppended() {
    return bytesAppended.sum();
  }

  // Whether commits in ASYNC may stay in memory longer.
  private boolean mayHoldBack(long bytes) {
    long now = time.nanoTime();
    if (heldBackBytes == 0) {
      heldBackSinceNanos = now;
    }
    return heldBackBytes + bytes < heldBytesMax && now - heldBackSinceNanos < heldNanosMax;
  }

  private static EngineException diskFull(DiskFullException cause) {
    return new EngineException(
        Failure.DISK_FULL,
        "no room for the write: " + cause.getMessage() + "; nothing of it was stored",
        cause);
  }

  private EngineException storageFailed(String doing, IOException cause) {
    fail(
        new EngineException(
            Failure.STORAGE_FAILED,
            doing + " failed: " + cause.getMessage() + "; writes are refused until a restart",
            cause));
    return Objects.requireNonNull(failure);
  }
}
