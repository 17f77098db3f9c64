package io.apexstore.engine.read;

import java.util.concurrent.atomic.AtomicBoolean;

/**
 * A version that stays readable until this is closed, and the time at which its reader judges what
 * has expired.
 *
 * <p><b>Threads:</b> any.
 */
public final class EngineSnapshot implements AutoCloseable {
  private final OpenSnapshots owner;
  private final long version;
  private final long timeMs;
  private final LeakTrace opened;
  private final AtomicBoolean closed = new AtomicBoolean();

  EngineSnapshot(OpenSnapshots owner, long version, long timeMs, LeakTrace opened) {
    this.owner = owner;
    this.version = version;
    this.timeMs = timeMs;
    this.opened = opened;
  }

  /** The version it shows. */
  public long version() {
    return version;
  }

  /** When it was opened, in ms since the epoch: what had expired by then is not shown. */
  public long timeMs() {
    return timeMs;
  }

  /** Whether it was closed. */
  public boolean isClosed() {
    return closed.get();
  }

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
