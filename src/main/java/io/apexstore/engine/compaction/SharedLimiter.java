package io.apexstore.engine.compaction;

import io.apexstore.engine.base.TimeSource;
import java.util.concurrent.atomic.LongAdder;
import java.util.concurrent.locks.LockSupport;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.BooleanSupplier;
import java.util.function.LongConsumer;

/**
 * One rate for the background work of a store. Compactions wait for their turn; a flush does not,
 * since writers would soon wait for it, but what it takes they wait for.
 *
 * <p>It keeps the time up to which the rate is spent. Work moves that on by what it costs, and a
 * compaction goes on once the time before its own part has come. What nobody used is kept for a
 * tenth of a second, and flushes are never more than a second ahead.
 *
 * <p><b>Threads:</b> any. A wait ends early when the store is closing.
 */
public final class SharedLimiter implements RateLimiter {
  private static final long SECOND = 1_000_000_000L;
  private static final long UNUSED_KEPT_NANOS = SECOND / 10;
  private static final long FLUSHES_AHEAD_NANOS_MAX = SECOND;
  // So often a wait looks whether the store is closing.
  private static final long LOOK_NANOS = SECOND / 50;

  private final long bytesPerSecond;
  private final TimeSource time;
  private final BooleanSupplier cancelled;
  private final LongConsumer sleeper;
  private final LongAdder waited = new LongAdder();
  private final ReentrantLock lock = new ReentrantLock();
  private long spentTo;

  /**
   * Makes one.
   *
   * @param bytesPerSecond the rate, at least 1
   * @param cancelled becomes true when the store is closing
   */
  public SharedLimiter(long bytesPerSecond, TimeSource time, BooleanSupplier cancelled) {
    this(bytesPerSecond, time, cancelled, LockSupport::parkNanos);
  }

  SharedLimiter(
      long bytesPerSecond, TimeSource time, BooleanSupplier cancelled, LongConsumer sleeper) {
    this.bytesPerSecond = bytesPerSecond;
    this.time = time;
    this.cancelled = cancelled;
    this.sleeper = sleeper;
    this.spentTo = time.nanoTime() - UNUSED_KEPT_NANOS;
  }

  /** Returns a limiter of that rate, or one that lets everything through if it is 0. */
  public static RateLimiter of(long bytesPerSecond, TimeSource time, BooleanSupplier cancelled) {
    return bytesPerSecond == 0 ? UNLIMITED : new SharedLimiter(bytesPerSecond, time, cancelled);
  }

  @Override
  public void acquire(long bytes) {
    long begun = time.nanoTime();
    long turn = spend(bytes, Long.MAX_VALUE);
    long now = begun;
    while (turn - now > 0 && !cancelled.getAsBoolean()) {
      sleeper.accept(Math.min(turn - now, LOOK_NANOS));
      now = time.nanoTime();
    }
    waited.add(now - begun);
  }

  @Override
  public void charge(long bytes) {
    spend(bytes, FLUSHES_AHEAD_NANOS_MAX);
  }

  @Override
  public long waitedNanos() {
    return waited.sum();
  }

  // Returns when the part that it took begins.
  private long spend(long bytes, long aheadMax) {
    double cost = (double) bytes * SECOND / bytesPerSecond;
    lock.lock();
    try {
      long now = time.nanoTime();
      long begins = now - spentTo > UNUSED_KEPT_NANOS ? now - UNUSED_KEPT_NANOS : spentTo;
      long ahead = Math.max(0, begins - now);
      // Of what is more than the most that may be ahead nothing is added, and nothing taken away.
      long added = Math.min((long) cost, Math.max(0, aheadMax - ahead));
      spentTo = begins + added;
      return begins;
    } finally {
      lock.unlock();
    }
  }
}
