package io.apexstore.vertx;

import java.util.concurrent.atomic.AtomicLong;

/**
 * How much may be on its way to the store at once, over all event loops.
 *
 * <p><b>Threads:</b> any. <b>Invariants:</b> what was taken is given back exactly once, when the
 * write has ended, also where nobody waits for it any more.
 */
public final class WriteBound {
  private final long bytesMax;
  private final AtomicLong bytes = new AtomicLong();

  /** Makes a bound in bytes of keys, values and what they cost besides. */
  public WriteBound(long bytesMax) {
    this.bytesMax = bytesMax;
  }

  /** Takes room; a write larger than the whole bound is let through alone. */
  boolean tryTake(long wanted) {
    long before = bytes.getAndAdd(wanted);
    if (before > 0 && before + wanted > bytesMax) {
      bytes.addAndGet(-wanted);
      return false;
    }
    return true;
  }

  void giveBack(long taken) {
    bytes.addAndGet(-taken);
  }

  /** Returns the bytes on their way. */
  public long bytes() {
    return bytes.get();
  }

  /** Returns the most bytes that may be on their way. */
  public long bytesMax() {
    return bytesMax;
  }
}
