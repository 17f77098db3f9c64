package io.apexstore.options;

/**
 * When a write is acknowledged, from the strongest to the weakest. The manual's page on durability
 * states what each mode loses in a crash of the process and in a power failure.
 */
public enum SyncMode {
  /** After an fdatasync of its own. Loses nothing. */
  EVERY,
  /**
   * After an fdatasync that it shares with the writes that arrived in the meantime. Loses nothing.
   */
  GROUP,
  /**
   * After the operating system has it; the log is synced at intervals. A crash of the process loses
   * nothing, a power failure at most the last interval and one sync.
   */
  INTERVAL,
  /**
   * Once it is in memory; it is handed to the operating system after a number of bytes or
   * milliseconds. A crash of the process loses at most these, a power failure everything not yet
   * synced.
   */
  ASYNC;

  /** Returns the stronger of the two modes. */
  public SyncMode atLeast(SyncMode other) {
    return compareTo(other) <= 0 ? this : other;
  }

  /** Whether a write is acknowledged only after a sync. */
  public boolean isDurable() {
    return this == EVERY || this == GROUP;
  }
}
