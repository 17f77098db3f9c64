package io.apexstore.vertx;

import java.util.concurrent.atomic.AtomicLong;

/**
 * A limit on the bytes of writes in progress, over all event loops.
 *
 * <p><b>Threads:</b> any. <b>Invariants:</b> what a write acquired is released exactly once, when
 * the write has ended, even if its caller has stopped waiting for it.
 */
public final class WriteBound {
  private final long bytesMax;
  private final AtomicLong bytes = new AtomicLong();

  /**
   * Creates a limit.
   *
   * @param bytesMax the most bytes of keys, values and overhead that may be in progress
   */
  WriteBound(long bytesMax) {
    this.bytesMax = bytesMax;
  }

  /**
   * Acquires bytes, or returns false if the limit is reached. A write that is larger than the limit
   * is accepted if no other write is in progress.
   */
  boolean tryAcquire(long wanted) {
    long before = bytes.getAndAdd(wanted);
    if (before > 0 && before + wanted > bytesMax) {
      bytes.addAndGet(-wanted);
      return false;
    }
    return true;
  }

  void release(long acquired) {
    bytes.addAndGet(-acquired);
  }

  /** Returns the bytes of writes in progress. */
  public long bytes() {
    return bytes.get();
  }

  /** Returns the limit in bytes. */
  public long bytesMax() {
    return bytesMax;
  }
}
