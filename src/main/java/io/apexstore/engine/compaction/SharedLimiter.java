package io.apexstore.engine.compaction;

import io.apexstore.engine.base.TimeSource;
import java.util.concurrent.atomic.LongAdder;
import java.util.concurrent.locks.LockSupport;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.BooleanSupplier;
import java.util.function.LongConsumer;

/**
 * One rate for all background work of a store. Compactions wait for their turn. A flush does not,
 * since writers would soon wait for it; compactions wait for the bytes that it uses.
 *
 * <p>The limiter keeps the time up to which the rate is spent. Work moves this time forward by its
 * cost, and a compaction continues once the start of its own part has come. Unused rate is kept for
 * a tenth of a second, and flushes are never more than a second ahead.
 *
 * <p><b>Threads:</b> any. A wait ends early when the store is closing.
 */
public final class SharedLimiter implements RateLimiter {
  private static final long SECOND = 1_000_000_000L;
  private static final long UNUSED_KEPT_NANOS = SECOND / 10;
  private static final long FLUSHES_AHEAD_NANOS_MAX = SECOND;
  // How often a waiting caller checks whether the store is closing.
  private static final long CANCEL_CHECK_NANOS = SECOND / 50;

  private final long bytesPerSecond;
  private final TimeSource time;
  private final BooleanSupplier cancelled;
  private final LongConsumer sleeper;
  private final LongAdder waited = new LongAdder();
  private final ReentrantLock lock = new ReentrantLock();
  // Guarded by the lock: in ns of the time source.
  private long spentTo;

  private SharedLimiter(long bytesPerSecond, TimeSource time, BooleanSupplier cancelled) {
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

  /**
   * Returns a limiter of a rate.
   *
   * @param bytesPerSecond the rate, 0 for no limit
   * @param cancelled becomes true when the store is closing
   */
  public static RateLimiter of(long bytesPerSecond, TimeSource time, BooleanSupplier cancelled) {
    return bytesPerSecond == 0 ? UNLIMITED : new SharedLimiter(bytesPerSecond, time, cancelled);
  }

  @Override
  public void acquire(long bytes) {
    long start = time.nanoTime();
    long turn = spend(bytes, Long.MAX_VALUE);
    long now = start;
    while (turn - now > 0 && !cancelled.getAsBoolean()) {
      sleeper.accept(Math.min(turn - now, CANCEL_CHECK_NANOS));
      now = time.nanoTime();
    }
    waited.add(now - start);
  }

  @Override
  public void charge(long bytes) {
    spend(bytes, FLUSHES_AHEAD_NANOS_MAX);
  }

  @Override
  public long waitedNanos() {
    return waited.sum();
  }

  // Returns the time at which the part that it spent begins.
  private long spend(long bytes, long aheadMax) {
    double cost = (double) bytes * SECOND / bytesPerSecond;
    lock.lock();
    try {
      long now = time.nanoTime();
      long begins = now - spentTo > UNUSED_KEPT_NANOS ? now - UNUSED_KEPT_NANOS : spentTo;
      long ahead = Math.max(0, begins - now);
      // Cost past aheadMax is not added. What is already further ahead stays as it is.
      long added = Math.min((long) cost, Math.max(0, aheadMax - ahead));
      spentTo = begins + added;
      return begins;
    } finally {
      lock.unlock();
    }
  }
}
