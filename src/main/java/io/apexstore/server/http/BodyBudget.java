package io.apexstore.server.http;

import java.util.concurrent.Semaphore;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Supplier;

/**
 * How many bytes of bodies may be held in memory at once, over all connections, so that many
 * clients within their limits do not exhaust the heap together.
 *
 * <p><b>Threads:</b> any.
 */
public final class BodyBudget {
  // The largest value, and what it is read from.
  private static final long UNCOUNTED_BYTES = 128L << 20;

  private final long bytesMax;
  private final AtomicLong bytes = new AtomicLong();
  private final Semaphore uncounted;

  /** Makes a budget in bytes. */
  public BodyBudget(long bytesMax) {
    this.bytesMax = bytesMax;
    this.uncounted = new Semaphore(Math.clamp(bytesMax / UNCOUNTED_BYTES, 1, 64));
  }

  /**
   * Does what reads something before its size is known and can be counted: few at once do. May
   * wait, so never called on an event loop.
   */
  public <T> T oneOfFew(Supplier<T> work) {
    uncounted.acquireUninterruptibly();
    try {
      return work.get();
    } finally {
      uncounted.release();
    }
  }

  /** Returns the most that may be taken together, in bytes. */
  public long bytesMax() {
    return bytesMax;
  }

  /** Takes some, or returns false and takes nothing. */
  public boolean tryTake(long wanted) {
    if (bytes.addAndGet(wanted) > bytesMax) {
      bytes.addAndGet(-wanted);
      return false;
    }
    return true;
  }

  /** Gives back what was taken. */
  public void giveBack(long taken) {
    bytes.addAndGet(-taken);
  }

  /** Returns the bytes in use. */
  public long bytes() {
    return bytes.get();
  }
}
