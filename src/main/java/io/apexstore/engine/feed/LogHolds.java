package io.apexstore.engine.feed;

import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/**
 * The versions from which on the log must be kept, in addition to its retention: for stored
 * consumers, and for cursors that are reading a snapshot and will then read the log.
 *
 * <p>The log keeps the segments after the oldest hold as long as its closed segments together are
 * not larger than a limit. Past the limit it drops them, and the consumer's token expires.
 *
 * <p>A stored consumer must take its hold as soon as the store is open, because the log may drop
 * segments that are not held.
 *
 * <p><b>Threads:</b> any.
 */
public final class LogHolds {
  private final Set<Hold> holds = ConcurrentHashMap.newKeySet();

  /** Holds the commits after a version until the hold is moved or closed. */
  public Hold hold(long afterVersion) {
    Hold hold = new Hold(afterVersion);
    holds.add(hold);
    return hold;
  }

  /**
   * Returns the version after which commits are held; {@link Long#MAX_VALUE} if there is no hold.
   */
  public long heldVersion() {
    long oldest = Long.MAX_VALUE;
    for (Hold hold : holds) {
      oldest = Math.min(oldest, hold.afterVersion);
    }
    return oldest;
  }

  /** One hold. Closing it again has no effect. */
  public final class Hold implements AutoCloseable {
    private volatile long afterVersion;

    private Hold(long afterVersion) {
      this.afterVersion = afterVersion;
    }

    /** Moves the hold: only commits after this version are held. */
    public void moveTo(long newVersion) {
      afterVersion = newVersion;
    }

    @Override
    public void close() {
      holds.remove(this);
    }
  }
}
