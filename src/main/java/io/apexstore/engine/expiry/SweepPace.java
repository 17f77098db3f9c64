package io.apexstore.engine.expiry;

import io.apexstore.engine.base.TimeSource;
import java.util.function.LongSupplier;

/**
 * The time slice of a sweep. While others commit, a sweep works for a twentieth of the time between
 * two ticks. A sweep that is more than ten minutes late does not rest, because expired entries
 * would accumulate.
 *
 * <p><b>Threads:</b> those of one sweep, one after the other.
 */
public final class SweepPace {
  private static final int SHARE = 20;
  private static final long LATE_MS_MAX = 600_000;

  private final TimeSource time;
  private final long sliceNanos;
  private final LongSupplier commits;
  private long begunNanos;
  private long begunCommits;
  private long ownCommits;

  /**
   * @param tickMs time between two ticks in ms
   * @param commits number of batches committed so far, by anyone
   */
  public SweepPace(TimeSource time, long tickMs, LongSupplier commits) {
    this.time = time;
    this.sliceNanos = tickMs * 1_000_000 / SHARE;
    this.commits = commits;
  }

  /** Called when a sweep begins. */
  void begin() {
    begunNanos = time.nanoTime();
    begunCommits = commits.getAsLong();
    ownCommits = 0;
  }

  /** Called when the sweep has committed a batch. */
  void committed() {
    ownCommits++;
  }

  /**
   * Returns whether the sweep should rest until the next tick.
   *
   * @param lateMs how long the earliest remaining entry has been due, in ms
   */
  boolean isOver(long lateMs) {
    return lateMs < LATE_MS_MAX
        && time.nanoTime() - begunNanos >= sliceNanos
        && commits.getAsLong() - begunCommits > ownCommits;
  }
}
