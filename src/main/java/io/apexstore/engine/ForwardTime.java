package io.apexstore.engine;

import io.apexstore.engine.base.TimeSource;
import java.util.concurrent.atomic.AtomicLong;

/**
 * A time whose clock never runs back, not even from one life of the store to the next: what has
 * expired stays expired, and commits carry times that never decrease.
 *
 * <p><b>Threads:</b> any.
 */
final class ForwardTime implements TimeSource {
  private final TimeSource source;
  private final AtomicLong latestMs;

  /**
   * Makes a clock.
   *
   * @param latestMs a time that was given out before, in ms since the epoch
   */
  ForwardTime(TimeSource source, long latestMs) {
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
    return now < latest ? latest : latestMs.accumulateAndGet(now, Math::max);
  }

  @Override
  public long nanoTime() {
    return source.nanoTime();
  }
}
