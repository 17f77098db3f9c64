package io.apexstore.engine.feed;

import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/**
 * The places in the log from which on it must be kept, besides what the retention keeps: those of
 * stored consumers, and of readers that are in a snapshot and will read the log from there.
 *
 * <p>The log keeps the segments after the oldest of them as long as its closed segments hold no
 * more than a cap; beyond that they go, and the consumer is told that its token has expired.
 *
 * <p>A stored consumer has to take its hold as soon as the store is open: what the log lets go
 * before that is gone.
 *
 * <p><b>Threads:</b> any.
 */
public final class LogHolds {
  private final Set<Hold> holds = ConcurrentHashMap.newKeySet();

  /** Keeps the commits after a version until the hold is moved or closed. */
  public Hold hold(long afterVersion) {
    Hold hold = new Hold(afterVersion);
    holds.add(hold);
    return hold;
  }

  /** The version after which commits are to be kept; {@link Long#MAX_VALUE} if nobody asks. */
  public long heldVersion() {
    long oldest = Long.MAX_VALUE;
    for (Hold hold : holds) {
      oldest = Math.min(oldest, hold.afterVersion);
    }
    return oldest;
  }

  /** Somebody's hold. Closing it twice does nothing. */
  public final class Hold implements AutoCloseable {
    private volatile long afterVersion;

    private Hold(long afterVersion) {
      this.afterVersion = afterVersion;
    }

    /** Needs only what comes after this version any more. */
    public void moveTo(long newVersion) {
      afterVersion = newVersion;
    }

    @Override
    public void close() {
      holds.remove(this);
    }
  }
}
