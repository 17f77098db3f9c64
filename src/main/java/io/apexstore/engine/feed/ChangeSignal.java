package io.apexstore.engine.feed;

import java.lang.invoke.VarHandle;

/**
 * The signal by which the writer notifies waiting consumers that there may be new changes.
 *
 * <p><b>Threads:</b> the writer and the thread that syncs call {@link #published} and {@link
 * #synced}; while no one waits, these only read a field. Any thread may call the rest.
 * <b>Invariants:</b> a waiter sets the wanted version before it reads the readable version; a
 * notifier changes the readable version before it reads the wanted version. So at least one of them
 * sees the other.
 */
public final class ChangeSignal {
  private static final long NONE = Long.MAX_VALUE;

  private volatile long wantedVersion = NONE;
  private volatile Runnable check = () -> {};

  /**
   * Sets the task to run when the wanted version may be readable; it must be short and not fail.
   */
  void onReached(Runnable newCheck) {
    check = newCheck;
  }

  /** Sets the lowest version that anyone waits for; {@link Long#MAX_VALUE} for none. */
  void want(long version) {
    wantedVersion = version;
  }

  /** Notifies waiters that a version was published. */
  public void published(long version) {
    if (version >= wantedVersion) {
      check.run();
    }
  }

  /** Notifies waiters that the durable version has increased. */
  public void synced() {
    // The durable version is set with release semantics, which is weaker than volatile.
    VarHandle.fullFence();
    if (wantedVersion != NONE) {
      check.run();
    }
  }
}
