package io.apexstore.engine.read;

import java.util.concurrent.atomic.AtomicBoolean;

/**
 * A snapshot: a version that stays readable until the snapshot is closed, and the time by which its
 * readers judge expiry.
 *
 * <p><b>Threads:</b> any.
 */
public final class EngineSnapshot implements AutoCloseable {
  private final OpenSnapshots owner;
  private final long version;
  private final long timeMs;
  private final long committedMs;
  private final LeakTrace opened;
  private final AtomicBoolean closed = new AtomicBoolean();

  EngineSnapshot(
      OpenSnapshots owner, long version, long timeMs, long committedMs, LeakTrace opened) {
    this.owner = owner;
    this.version = version;
    this.timeMs = timeMs;
    this.committedMs = committedMs;
    this.opened = opened;
  }

  /** Returns the version. */
  public long version() {
    return version;
  }

  /**
   * Returns the time that its readers judge expiry by, in ms since the epoch: entries expired by
   * then are not visible.
   */
  public long timeMs() {
    return timeMs;
  }

  /** Returns when its version was committed, in ms since the epoch. */
  long committedMs() {
    return committedMs;
  }

  /** Returns whether it was closed. */
  public boolean isClosed() {
    return closed.get();
  }

  /** Returns where it was opened. */
  public LeakTrace opened() {
    return opened;
  }

  @Override
  public void close() {
    if (closed.compareAndSet(false, true)) {
      owner.closed(this);
    }
  }
}
