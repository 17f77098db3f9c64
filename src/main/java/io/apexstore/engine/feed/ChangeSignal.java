package io.apexstore.engine.feed;

import java.lang.invoke.VarHandle;

/**
 * How the engine tells waiting consumers that there may be something new: the way from the writer
 * to them.
 *
 * <p><b>Threads:</b> {@link #published} and {@link #synced} by the writer and by whoever syncs;
 * while nobody waits they only look at a field. The rest by any. <b>Invariants:</b> whoever waits
 * sets the wanted version first and looks at what there is afterwards; those who signal change what
 * there is first and look at the wanted version afterwards. So one of them sees the other.
 */
public final class ChangeSignal {
  private static final long NONE = Long.MAX_VALUE;

  private volatile long wantedVersion = NONE;
  private volatile Runnable check = () -> {};

  /** Sets what is run when the wanted version may be there; it must be quick and not fail. */
  void onReached(Runnable newCheck) {
    check = newCheck;
  }

  /** Sets the least version that somebody waits for; {@link Long#MAX_VALUE} for nobody. */
  void want(long version) {
    wantedVersion = version;
  }

  /** A version was published. */
  public void published(long version) {
    if (version >= wantedVersion) {
      check.run();
    }
  }

  /** More is durable than before. */
  public void synced() {
    // The durable version is set with less order than a volatile field has.
    VarHandle.fullFence();
    if (wantedVersion != NONE) {
      check.run();
    }
  }
}
