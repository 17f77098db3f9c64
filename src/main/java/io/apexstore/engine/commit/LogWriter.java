package io.apexstore.engine.commit;

import io.apexstore.engine.base.EngineException;
import io.apexstore.engine.base.EngineException.Failure;
import io.apexstore.engine.base.SafeLogger;
import io.apexstore.engine.base.TimeSource;
import io.apexstore.engine.io.IoFailures;
import io.apexstore.engine.io.RetryableIoException;
import io.apexstore.engine.wal.CommitLog;
import io.apexstore.options.SyncMode;
import java.io.IOException;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.util.Objects;
import java.util.concurrent.atomic.LongAdder;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * The log as the {@link CommitPipeline} uses it. It decides what a commit's mode means for writing
 * and syncing, and what a failure means for all later commits.
 *
 * <p>Commits in {@code ASYNC} are held back in memory until they exceed a size or the oldest
 * exceeds an age. While the log cannot be extended, for example on a full disk, they stay in
 * memory, and all other commits are refused.
 *
 * <p><b>Threads:</b> {@link #append}, {@link #writeHeldBack}, {@link #renew} and {@link #mark} by
 * the pipeline's leader; {@link #sync}, {@link #fail} and the counters by any. <b>Invariants:</b>
 * syncs happen one after another; after a failed write or sync nothing is written or synced again.
 */
public final class LogWriter {
  private static final Logger LOG = SafeLogger.of(LogWriter.class);

  private final CommitLog log;
  private final TimeSource time;
  private final long heldBytesMax;
  private final long heldNanosMax;
  private final Runnable afterSync;
  private final ReentrantLock syncLock = new ReentrantLock();
  private volatile @Nullable EngineException failure;
  // Why the last write was refused, or null if it was not. Written by the leader and retryRefused.
  private volatile @Nullable EngineException refusal;

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
   * @throws EngineException {@code DISK_FULL} or {@code STORAGE_UNAVAILABLE} if the log cannot be
   *     extended now: nothing of the group is in the log; {@code STORAGE_FAILED}: it is unknown how
   *     much of it is, and all later groups are refused
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
        accepted();
      }
    } catch (RetryableIoException e) {
      log.discard();
      throw refused(e);
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
   * @throws EngineException {@code DISK_FULL} or {@code STORAGE_UNAVAILABLE} if the log cannot be
   *     extended now: they stay in memory and are written before any other commit; {@code
   *     STORAGE_FAILED} otherwise
   */
  public void writeHeldBack() {
    if (heldBackBytes == 0) {
      return;
    }
    try {
      log.write();
      heldBackBytes = 0;
      accepted();
    } catch (RetryableIoException e) {
      throw refused(e);
    } catch (IOException e) {
      // These commits were acknowledged and are visible: later commits must not outlive them.
      throw storageFailed("writing the log", e);
    }
  }

  /** Does {@link #writeHeldBack}; does nothing if the write is refused for now. */
  void writeHeldBackIfRoom() {
    try {
      writeHeldBack();
    } catch (EngineException e) {
      if (!e.failure().isRetryable()) {
        throw e;
      }
    }
  }

  /** Writes a mark of how far the log is synced. */
  void mark() {
    try {
      log.mark();
    } catch (RetryableIoException e) {
      // A mark only helps recovery to distinguish damage from a torn tail; the next one will do.
      return;
    } catch (IOException e) {
      throw storageFailed("marking the log", e);
    }
  }

  /**
   * Continues in a new file, which is encrypted with the newest data key.
   *
   * @throws EngineException {@code DISK_FULL} or {@code STORAGE_UNAVAILABLE} if none can be created
   *     now: the log continues in the old file; {@code STORAGE_FAILED}
   */
  void renew() {
    throwIfFailed();
    try {
      log.renew();
    } catch (RetryableIoException e) {
      throw new EngineException(
          IoFailures.of(e), "no log file with the new data key: " + e.getMessage(), e);
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

  /** Returns why the log cannot be extended for now, or null if it can. */
  public @Nullable EngineException refusal() {
    return refusal;
  }

  /** Tries to extend the log after a refusal, so that it is known when writes will succeed. */
  public void retryRefused() {
    try {
      log.prepareNext();
      accepted();
    } catch (RetryableIoException e) {
      LOG.log(Level.DEBUG, "the log still cannot be extended", e);
    } catch (IOException e) {
      storageFailed("extending the log", e);
    }
  }

  /** Returns why all writes are refused until the next open, or null if they are not. */
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

  private EngineException refused(RetryableIoException cause) {
    EngineException refused =
        new EngineException(
            IoFailures.of(cause),
            "the log could not be extended: " + cause.getMessage() + "; nothing was stored",
            cause);
    if (refusal == null) {
      LOG.log(Level.WARNING, "writes are refused for now: {0}", cause.getMessage());
    }
    refusal = refused;
    return refused;
  }

  private void accepted() {
    if (refusal != null) {
      refusal = null;
      LOG.log(Level.INFO, "writes are accepted again");
    }
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
