package io.apexstore.engine.background;

import io.apexstore.engine.EngineParts;
import io.apexstore.engine.base.EngineException;
import io.apexstore.engine.compaction.CompactionPolicy;
import io.apexstore.engine.compaction.StallDecision;
import io.apexstore.engine.keyspace.KeyspaceTree;
import io.apexstore.engine.keyspace.Keyspaces;
import io.apexstore.engine.read.ReadView;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.LongAdder;
import java.util.concurrent.locks.LockSupport;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * Holds writers back while flushes and compactions are behind: carries out what {@link
 * StallDecision} decided, and remembers for how long.
 *
 * <p><b>Threads:</b> {@link #holdBack} by the pipeline's leader; the rest by any.
 */
public final class WriterStall {
  // Shorter delays are saved up: a thread cannot be parked for less with any precision.
  private static final long DELAY_NANOS_MIN = 1_000_000;
  // A longer one is cut, so that one large group is not taken for a stop.
  private static final long DELAY_NANOS_MAX = 200_000_000;

  private final EngineParts parts;
  private final Keyspaces keyspaces;
  private final WorkSignal waiting;
  private final ReentrantLock deciding = new ReentrantLock();
  private volatile StallDecision decision = StallDecision.NONE;
  private volatile @Nullable EngineException diskFull;
  private volatile @Nullable EngineException failed;
  private final Set<Integer> notCompacted = ConcurrentHashMap.newKeySet();
  private long savedNanos;

  private final LongAdder slowedNanos = new LongAdder();
  private final LongAdder stops = new LongAdder();
  private final LongAdder stoppedNanos = new LongAdder();
  private volatile long longestNanos;

  WriterStall(EngineParts parts, Keyspaces keyspaces, WorkSignal waiting) {
    this.parts = parts;
    this.keyspaces = keyspaces;
    this.waiting = waiting;
  }

  /** Decides anew, from how far behind the trees are now. */
  void update() {
    deciding.lock();
    try {
      int level0 = 0;
      int sealed = 0;
      long pendingBytes = 0;
      for (KeyspaceTree tree : keyspaces.all()) {
        ReadView view = tree.view();
        sealed += view.sealedCount();
        if (notCompacted.contains(tree.id())) {
          continue;
        }
        CompactionPolicy.Pressure pressure =
            parts.compactionPolicy(tree).pressure(view.version().shape());
        level0 = Math.max(level0, pressure.level0Tables());
        pendingBytes = Math.max(pendingBytes, pressure.pendingBytes());
      }
      decision = StallDecision.of(level0, pendingBytes, sealed, parts.stallOptions());
    } finally {
      deciding.unlock();
    }
    waiting.wakeAll();
  }

  /**
   * Returns when the leader may write so many bytes.
   *
   * @throws EngineException {@code DISK_FULL} where waiting would be for room that nobody makes,
   *     {@code STORAGE_FAILED} where work failed for good
   */
  void holdBack(long bytes) {
    EngineException cause = failed;
    if (cause != null) {
      throw cause;
    }
    StallDecision now = decision;
    if (now instanceof StallDecision.Slow slow) {
      slow(slow.delayNanos(bytes));
    } else if (now instanceof StallDecision.Stop) {
      stop();
    }
  }

  /**
   * Stops waiting for compactions of a keyspace: there are none any more, and a writer that waited
   * for one would wait for ever.
   */
  void ignoreCompactionsOf(KeyspaceTree tree) {
    notCompacted.add(tree.id());
  }

  boolean isBroken() {
    return diskFull != null || failed != null;
  }

  void throwIfBroken() {
    EngineException cause = failed != null ? failed : diskFull;
    if (cause != null) {
      throw new EngineException(cause.failure(), String.valueOf(cause.getMessage()), cause);
    }
  }

  boolean isDiskFull() {
    return diskFull != null;
  }

  void setDiskFull(@Nullable EngineException cause) {
    diskFull = cause;
  }

  void setFailed(EngineException cause) {
    failed = cause;
  }

  /** One word for what is going on. */
  public String state() {
    if (failed != null) {
      return "failed";
    }
    if (diskFull != null) {
      return "disk_full";
    }
    return switch (decision) {
      case StallDecision.None none -> "none";
      case StallDecision.Slow slow -> "slow";
      case StallDecision.Stop stop -> "stopped";
    };
  }

  /** Why; empty if nothing is held back. */
  public String reason() {
    EngineException cause = failed != null ? failed : diskFull;
    if (cause != null) {
      return String.valueOf(cause.getMessage());
    }
    return decision instanceof StallDecision.None ? "" : decision.toString();
  }

  public long slowedNanos() {
    return slowedNanos.sum();
  }

  public long stops() {
    return stops.sum();
  }

  public long stoppedNanos() {
    return stoppedNanos.sum();
  }

  public long longestNanos() {
    return longestNanos;
  }

  private void slow(long nanos) {
    savedNanos += nanos;
    if (savedNanos < DELAY_NANOS_MIN || parts.isSimulated()) {
      return;
    }
    long delay = Math.min(savedNanos, DELAY_NANOS_MAX);
    savedNanos = 0;
    parts.logWriter().writeHeldBack();
    long begin = parts.time().nanoTime();
    long left = delay;
    while (left > 0) {
      LockSupport.parkNanos(this, left);
      left = delay - (parts.time().nanoTime() - begin);
    }
    slowedNanos.add(delay);
    longestNanos = Math.max(longestNanos, delay);
  }

  private void stop() {
    stops.increment();
    // It may take long, and what async holds in memory must not.
    parts.logWriter().writeHeldBack();
    long begin = parts.time().nanoTime();
    waiting.until(() -> !(decision instanceof StallDecision.Stop) || isBroken());
    long nanos = parts.time().nanoTime() - begin;
    stoppedNanos.add(nanos);
    longestNanos = Math.max(longestNanos, nanos);
    if (decision instanceof StallDecision.Stop) {
      throwIfBroken();
    }
  }
}
