package io.apexstore.engine.background;

import io.apexstore.engine.base.EngineException;
import io.apexstore.engine.base.EngineException.Failure;
import io.apexstore.engine.compaction.CompactionPolicy;
import io.apexstore.engine.compaction.StallDecision;
import io.apexstore.engine.keyspace.KeyspaceTree;
import java.util.Arrays;
import java.util.Collection;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.LongAdder;
import java.util.concurrent.locks.LockSupport;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * The write stall: delays or stops writers while flushes and compactions cannot keep up, as {@link
 * StallDecision} decides, and counts how long.
 *
 * <p><b>Threads:</b> {@link #holdBack} by the pipeline's leader; the rest by any.
 */
public final class WriterStall {
  // Shorter delays are summed up, because a thread cannot be parked precisely for less.
  private static final long DELAY_NANOS_MIN = 1_000_000;
  private static final CompactionPolicy.Pressure NO_PRESSURE = new CompactionPolicy.Pressure(0, 0);
  // Bounds the delay of one large group.
  private static final long DELAY_NANOS_MAX = 200_000_000;

  private final BackgroundContext context;
  private final WorkSignal signal;
  private final ReentrantLock deciding = new ReentrantLock();
  private volatile StallDecision decision = StallDecision.NONE;
  private volatile @Nullable EngineException paused;
  private volatile @Nullable EngineException failed;
  private final Set<Integer> notCompacted = ConcurrentHashMap.newKeySet();
  // By keyspace id. Under the lock, as the bytes of sealed memtables.
  private int[] level0Tables = new int[16];
  private long[] pendingBytes = new long[16];
  private long sealedBytes;
  private long savedNanos;

  private final LongAdder slowedNanos = new LongAdder();
  private final LongAdder stops = new LongAdder();
  private final LongAdder stoppedNanos = new LongAdder();
  private volatile long longestNanos;

  WriterStall(BackgroundContext context) {
    this.context = context;
    this.signal = context.signal();
  }

  /** Decides again after some trees have changed. */
  void update(Collection<KeyspaceTree> changed) {
    deciding.lock();
    try {
      for (KeyspaceTree tree : changed) {
        notePressure(tree);
      }
      decide();
    } finally {
      deciding.unlock();
    }
    signal.wakeAll();
  }

  // Under the lock, as what follows.
  private void notePressure(KeyspaceTree tree) {
    int id = tree.id();
    if (id >= level0Tables.length) {
      int length = Math.max(id + 1, 2 * level0Tables.length);
      level0Tables = Arrays.copyOf(level0Tables, length);
      pendingBytes = Arrays.copyOf(pendingBytes, length);
    }
    CompactionPolicy.Pressure pressure =
        notCompacted.contains(id)
            ? NO_PRESSURE
            : context.compactionPolicy(tree).pressure(tree.view().version().shape());
    level0Tables[id] = pressure.level0Tables();
    pendingBytes[id] = pressure.pendingBytes();
  }

  private void decide() {
    int level0 = 0;
    long pending = 0;
    for (int id = 0; id < level0Tables.length; id++) {
      level0 = Math.max(level0, level0Tables[id]);
      pending = Math.max(pending, pendingBytes[id]);
    }
    // Small memtables count by their bytes: a flush of all keyspaces seals one for each of them.
    long sealed = sealedBytes / context.memtableBytesMax();
    decision =
        StallDecision.of(
            level0, pending, (int) Math.min(sealed, Integer.MAX_VALUE), context.stallOptions());
  }

  /** Counts the bytes of a memtable that was sealed, or, if negative, that was flushed. */
  void sealed(long bytes) {
    deciding.lock();
    try {
      sealedBytes += bytes;
      decide();
    } finally {
      deciding.unlock();
    }
  }

  /**
   * Returns when the leader may write this many bytes.
   *
   * @throws EngineException {@code DISK_FULL}, {@code STORAGE_UNAVAILABLE} or {@code READ_FAILED}
   *     if writers wait for background work that pauses, {@code STORAGE_FAILED} if background work
   *     has failed for good
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
   * Ignores the debt of a keyspace that is not compacted: a writer that waited for it would wait
   * forever.
   */
  void ignoreCompactionsOf(KeyspaceTree tree) {
    notCompacted.add(tree.id());
  }

  /** Counts the debt of a keyspace again. */
  void countCompactionsOf(KeyspaceTree tree) {
    notCompacted.remove(tree.id());
  }

  boolean isBroken() {
    return paused != null || failed != null;
  }

  void throwIfBroken() {
    EngineException cause = failed != null ? failed : paused;
    if (cause != null) {
      throw new EngineException(cause.failure(), String.valueOf(cause.getMessage()), cause);
    }
  }

  /** Returns why background work pauses, or null if it does not. */
  @Nullable EngineException paused() {
    return paused;
  }

  /** Records that background work pauses because of a failure that may pass. */
  void pause(EngineException cause) {
    paused = cause;
  }

  /** Records that background work no longer pauses. */
  void resume() {
    paused = null;
  }

  void setFailed(EngineException cause) {
    failed = cause;
  }

  /** Returns the state in one word: none, slow, stopped, disk_full or failed. */
  public String state() {
    if (failed != null) {
      return "failed";
    }
    EngineException pause = paused;
    if (pause != null && pause.failure() == Failure.DISK_FULL) {
      return "disk_full";
    }
    return switch (decision) {
      case StallDecision.None none -> "none";
      case StallDecision.Slow slow -> "slow";
      case StallDecision.Stop stop -> "stopped";
    };
  }

  /** Returns the reason of the state, or why background work pauses; otherwise empty. */
  public String reason() {
    EngineException cause = failed != null ? failed : paused;
    if (cause != null) {
      return String.valueOf(cause.getMessage());
    }
    return decision instanceof StallDecision.None ? "" : decision.toString();
  }

  /** Returns the total time, in ns, that writers were delayed. */
  public long slowedNanos() {
    return slowedNanos.sum();
  }

  /** Returns how often writers were stopped. */
  public long stops() {
    return stops.sum();
  }

  /** Returns the total time, in ns, that writers were stopped. */
  public long stoppedNanos() {
    return stoppedNanos.sum();
  }

  /** Returns the longest single delay or stop, in ns. */
  public long longestNanos() {
    return longestNanos;
  }

  private void slow(long nanos) {
    savedNanos += nanos;
    if (savedNanos < DELAY_NANOS_MIN || context.isSimulated()) {
      return;
    }
    long delay = Math.min(savedNanos, DELAY_NANOS_MAX);
    savedNanos = 0;
    context.logWriter().writeHeldBack();
    long begin = context.clock().nanoTime();
    long left = delay;
    while (left > 0) {
      LockSupport.parkNanos(this, left);
      left = delay - (context.clock().nanoTime() - begin);
    }
    slowedNanos.add(delay);
    longestNanos = Math.max(longestNanos, delay);
  }

  private void stop() {
    stops.increment();
    // The stop may be long; commits of ASYNC must not stay in memory for that long.
    context.logWriter().writeHeldBack();
    long begin = context.clock().nanoTime();
    signal.until(() -> !(decision instanceof StallDecision.Stop) || isBroken());
    long nanos = context.clock().nanoTime() - begin;
    stoppedNanos.add(nanos);
    longestNanos = Math.max(longestNanos, nanos);
    if (decision instanceof StallDecision.Stop) {
      throwIfBroken();
    }
  }
}
