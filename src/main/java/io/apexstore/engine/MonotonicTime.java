package io.apexstore.engine;

import io.apexstore.engine.base.TimeSource;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * A time whose clock never runs back, not even from one life of the store to the next: what has
 * expired stays expired, and commits carry times that never decrease.
 *
 * <p>Where the source is behind what was given out, because somebody set it back, this clock goes
 * on a little slower than time passes: what expires goes on expiring, and the source catches up.
 * Only a difference of less than a second is waited for.
 *
 * <p><b>Threads:</b> any. A lock is taken only while the source is behind.
 */
final class MonotonicTime implements TimeSource {
  private static final Logger LOG = System.getLogger(MonotonicTime.class.getName());

  /** A source that is less behind is waited for, in ms. */
  static final long BEHIND_MS_MAX = 1_000;

  /** While the source is behind, of so many ms one is left out. */
  static final long SLOWER_BY_ONE_IN = 16;

  private static final long NANOS_PER_MS = 1_000_000;

  private final TimeSource source;
  private final AtomicLong latestMs;
  private final ReentrantLock lock = new ReentrantLock();
  // Since when the source has been behind; null while it is not. Written under the lock.
  private volatile @Nullable Behind behind;

  private record Behind(long sinceMs, long sinceNanos) {}

  /**
   * Makes a clock.
   *
   * @param latestMs a time that was given out before, in ms since the epoch
   */
  MonotonicTime(TimeSource source, long latestMs) {
    this.source = source;
    this.latestMs = new AtomicLong(latestMs);
  }

  @Override
  public long currentTimeMs() {
    long now = source.currentTimeMs();
    long latest = latestMs.get();
    if (now == latest) {
      return now;
    }
    if (now > latest) {
      if (behind != null) {
        caughtUp();
      }
      return latestMs.accumulateAndGet(now, Math::max);
    }
    return latest - now < BEHIND_MS_MAX ? latest : withoutSource(latest - now);
  }

  private long withoutSource(long byMs) {
    lock.lock();
    try {
      long nanos = source.nanoTime();
      Behind since = behind;
      if (since == null) {
        since = new Behind(latestMs.get(), nanos);
        behind = since;
        LOG.log(
            Level.WARNING,
            "the system''s clock is {0} ms behind the newest time in the store: times go on from"
                + " there, one part in {1} slower, until it has caught up",
            Long.toString(byMs),
            SLOWER_BY_ONE_IN);
      }
      long passedMs = (nanos - since.sinceNanos) / NANOS_PER_MS;
      long slower = since.sinceMs + passedMs - passedMs / SLOWER_BY_ONE_IN;
      return latestMs.accumulateAndGet(slower, Math::max);
    } finally {
      lock.unlock();
    }
  }

  private void caughtUp() {
    lock.lock();
    try {
      behind = null;
    } finally {
      lock.unlock();
    }
  }

  @Override
  public long nanoTime() {
    return source.nanoTime();
  }
}
