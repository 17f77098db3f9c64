package io.apexstore.server.http;

import java.util.concurrent.atomic.AtomicLong;

/**
 * How many bytes of bodies may be held in memory at once, over all connections, so that many
 * clients within their limits do not exhaust the heap together.
 *
 * <p><b>Threads:</b> any.
 */
public final class BodyBudget {
  private final long bytesMax;
  private final AtomicLong bytes = new AtomicLong();

  /** Makes a budget in bytes. */
  public BodyBudget(long bytesMax) {
    this.bytesMax = bytesMax;
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
