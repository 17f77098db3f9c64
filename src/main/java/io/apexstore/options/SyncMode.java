package io.apexstore.options;

/**
 * When a write is acknowledged, from the most to the least careful. The manual's page on durability
 * says what each one loses in a crash of the process and in a power failure.
 */
public enum SyncMode {
  /** After an fdatasync of its own. Loses nothing. */
  EVERY,
  /** After an fdatasync that it shares with the writes that arrived meanwhile. Loses nothing. */
  GROUP,
  /**
   * After the operating system has it; synced at intervals. A crash of the process loses nothing, a
   * power failure at most the last interval and one sync.
   */
  INTERVAL,
  /**
   * Once it is in memory; handed to the operating system after a number of bytes or milliseconds. A
   * crash of the process loses at most those; a power failure everything not yet synced.
   */
  ASYNC;

  /** Returns the more careful of the two. */
  public SyncMode atLeast(SyncMode other) {
    return compareTo(other) <= 0 ? this : other;
  }

  /** Whether a write is acknowledged only after a sync. */
  public boolean isDurable() {
    return this == EVERY || this == GROUP;
  }
}
