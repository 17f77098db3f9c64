package io.apexstore.engine;

import io.apexstore.engine.base.SafeLogger;
import io.apexstore.engine.base.TimeSource;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * A clock that never runs back, not even across a restart of the store: an expired entry stays
 * expired, and commit times never decrease.
 *
 * <p>If the source is behind the latest time returned, because someone set it back, this clock runs
 * a little slower than real time: entries go on expiring, and the source catches up. A difference
 * of less than a second is bridged by a clock that stands still.
 *
 * <p><b>Threads:</b> any. A lock is taken only while the source is behind.
 */
final class MonotonicTime implements TimeSource {
  private static final Logger LOG = SafeLogger.of(MonotonicTime.class);

  /** While the source is less than this many ms behind, the clock stands still. */
  static final long BEHIND_MS_MAX = 1_000;

  /** While the source is behind, one of this many ms is skipped. */
  static final long SLOWER_BY_ONE_IN = 16;

  private static final long NANOS_PER_MS = 1_000_000;

  private final TimeSource source;
  private final AtomicLong latestMs;
  private final ReentrantLock lock = new ReentrantLock();
  // The moment since which the source has been behind; null while it is not. Written under the
  // lock.
  private volatile @Nullable Behind behind;

  private record Behind(long sinceMs, long sinceNanos) {}

  /**
   * @param latestMs the latest time that an earlier process recorded, in ms since the epoch
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
            "the system clock is {0} ms behind the newest time in the store; until it has caught"
                + " up, the store''s clock continues from that time, slower by one part in {1}",
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
