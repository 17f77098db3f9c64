package io.apexstore.engine.commit;

import io.apexstore.engine.base.EngineException;
import io.apexstore.engine.base.EngineException.Failure;
import io.apexstore.engine.base.TimeSource;
import io.apexstore.engine.io.DiskFullException;
import io.apexstore.engine.wal.CommitLog;
import io.apexstore.options.StoreOptions;
import io.apexstore.options.SyncMode;
import java.io.IOException;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.LongAdder;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * The log as the {@link CommitPipeline} uses it: what a commit's mode means for writing and
 * syncing, and what a failure means for all that come after.
 *
 * <p>Commits in {@code ASYNC} are held back in memory until there are enough of them or the oldest
 * is old enough. On a full disk they stay there, and all other commits are refused meanwhile.
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

  // The leader's.
  private long lastCommitTimeMs;
  private long heldBackBytes;
  private long heldBackSinceNanos;

  private final LongAdder syncs = new LongAdder();
  private final LongAdder syncNanos = new LongAdder();
  private final LongAdder bytesAppended = new LongAdder();

  /**
   * Makes one.
   *
   * @param afterSync called whenever more is durable than before; must be quick and not fail
   */
  public LogWriter(
      CommitLog log,
      TimeSource time,
      StoreOptions options,
      long lastCommitTimeMs,
      Runnable afterSync) {
    this.log = log;
    this.time = time;
    this.heldBytesMax = options.asyncBytesMax();
    this.heldNanosMax = TimeUnit.NANOSECONDS.convert(options.asyncDelay());
    this.lastCommitTimeMs = lastCommitTimeMs;
    this.afterSync = afterSync;
  }

  /**
   * Takes a group to where its modes ask: into memory, to the operating system, or to the disk.
   *
   * @throws EngineException {@code DISK_FULL} if there is no room: nothing of the group is in the
   *     log; {@code STORAGE_FAILED}: it is not known how much of it is, and all later groups are
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
      writeHeldBack(); // By themselves: on a full disk this group is refused, and they stay.
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

  /**
   * Hands commits that are in memory only to the operating system.
   *
   * @throws EngineException {@code DISK_FULL} if there is no room: they stay in memory, to be tried
   *     again before any other commit; {@code STORAGE_FAILED} otherwise
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
      // These commits were acknowledged and are visible: what follows must not outlive them.
      throw storageFailed("writing the log", e);
    }
  }

  /** Does {@link #writeHeldBack}, unless the disk is full. */
  void writeHeldBackIfRoom() {
    try {
      writeHeldBack();
    } catch (EngineException e) {
      if (e.failure() != Failure.DISK_FULL) {
        throw e;
      }
    }
  }

  /** Writes down how far the log is synced. */
  void mark() {
    try {
      log.mark();
    } catch (DiskFullException e) {
      // A mark only helps recovery to tell damage from a torn tail; the next one will do.
      return;
    } catch (IOException e) {
      throw storageFailed("marking the log", e);
    }
  }

  /**
   * Goes on in a new file, which is sealed with the newest key.
   *
   * @throws EngineException {@code DISK_FULL} if there is no room for one: the log goes on where it
   *     was; {@code STORAGE_FAILED}
   */
  void renew() {
    throwIfFailed();
    try {
      log.renew();
    } catch (DiskFullException e) {
      throw new EngineException(
          Failure.DISK_FULL, "no room for a log with the new key: " + e.getMessage(), e);
    } catch (IOException e) {
      throw storageFailed("renewing the log", e);
    }
    afterSync.run();
  }

  /** Makes durable what was handed to the operating system. */
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

  /** Whether something was handed to the operating system and is not durable yet. */
  boolean isBehind() {
    return log.durableVersion() < log.writtenVersion();
  }

  /** The newest version handed to the operating system. */
  long writtenVersion() {
    return log.writtenVersion();
  }

  /** Refuses all writes from now on. The first cause stays. */
  public void fail(EngineException cause) {
    if (failure == null) {
      failure = cause;
    }
  }

  /** Why writes are refused for good, or null while they are not. */
  public @Nullable EngineException failure() {
    return failure;
  }

  public void throwIfFailed() {
    EngineException cause = failure;
    if (cause != null) {
      throw cause;
    }
  }

  public long syncs() {
    return syncs.sum();
  }

  public long syncNanos() {
    return syncNanos.sum();
  }

  /** Bytes of batches appended. */
  public long bytesAppended() {
    return bytesAppended.sum();
  }

  // Whether commits in ASYNC may stay in memory a while longer.
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
