package io.apexstore.engine.background;

import io.apexstore.engine.base.TimeSource;

/**
 * The pauses of work that failed for a reason that may pass: none after the first failure, 100 ms
 * after the second, twice as long after each further one, at most 30 s.
 *
 * <p><b>Threads:</b> any.
 */
final class RetryPauses {
  private static final long PAUSE_NANOS_MIN = 100_000_000;
  private static final long PAUSE_NANOS_MAX = 30_000_000_000L;

  private final TimeSource clock;
  private boolean hasFailed;
  private long pauseNanos;
  private long failedNanos;

  RetryPauses(TimeSource clock) {
    this.clock = clock;
  }

  /** Begins a pause, after a failure. */
  synchronized void failed() {
    failedNanos = clock.nanoTime();
    if (hasFailed) {
      pauseNanos = Math.clamp(2 * pauseNanos, PAUSE_NANOS_MIN, PAUSE_NANOS_MAX);
    }
    hasFailed = true;
  }

  /** Ends the series of failures. */
  synchronized void succeeded() {
    hasFailed = false;
    pauseNanos = 0;
  }

  /** Returns whether the pause is over. */
  synchronized boolean isOver() {
    return clock.nanoTime() - failedNanos >= pauseNanos;
  }
}
