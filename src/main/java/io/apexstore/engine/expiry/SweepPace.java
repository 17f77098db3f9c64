package io.apexstore.engine.expiry;

import io.apexstore.engine.base.TimeSource;
import java.util.function.LongSupplier;

/**
 * Says when a sweep leaves the field to those who commit: while somebody else does, it works for a
 * twentieth of the time between two ticks. When it is far behind, it does not wait any longer,
 * since what expires would pile up.
 *
 * <p><b>Threads:</b> those of one sweep, one after the other.
 */
final class SweepPace {
  private static final int SHARE = 20;
  private static final long BEHIND_MS_MAX = 600_000;

  private final TimeSource time;
  private final long sliceNanos;
  private final LongSupplier commits;
  private long begunNanos;
  private long begunCommits;
  private long ownCommits;

  /**
   * Makes one.
   *
   * @param tickMs time between two ticks in ms
   * @param commits how many batches were committed so far
   */
  SweepPace(TimeSource time, long tickMs, LongSupplier commits) {
    this.time = time;
    this.sliceNanos = tickMs * 1_000_000 / SHARE;
    this.commits = commits;
  }

  /** A tick has begun a sweep. */
  void begin() {
    begunNanos = time.nanoTime();
    begunCommits = commits.getAsLong();
    ownCommits = 0;
  }

  /** The sweep has committed a batch. */
  void committed() {
    ownCommits++;
  }

  /**
   * Whether the sweep should rest until the next tick.
   *
   * @param behindMs for how long the earliest of what is left to do has been due
   */
  boolean isOver(long behindMs) {
    return behindMs < BEHIND_MS_MAX
        && time.nanoTime() - begunNanos >= sliceNanos
        && commits.getAsLong() - begunCommits > ownCommits;
  }
}
