package io.apexstore.engine.commit;

/** When a commit is acknowledged, from the most to the least careful. */
public enum CommitMode {
  /** After an fdatasync of its own. */
  EVERY,
  /** After an fdatasync shared with its group. */
  GROUP,
  /** After the operating system has it. */
  INTERVAL,
  /** Once it is in memory. */
  ASYNC;

  /** Returns the more careful of the two. */
  public CommitMode atLeast(CommitMode other) {
    return compareTo(other) <= 0 ? this : other;
  }

  /** Whether the acknowledgement waits for a sync. */
  public boolean isDurable() {
    return this == EVERY || this == GROUP;
  }
}
