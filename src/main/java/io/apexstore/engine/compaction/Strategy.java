package io.apexstore.engine.compaction;

import org.jspecify.annotations.Nullable;

/** How the tables of a keyspace are kept in shape; see {@link LeveledPolicy}. */
public enum Strategy {
  /** Every level below 0 is one sorted run, each some times larger than the one above. */
  LEVELED("leveled"),
  /** Sorted runs by age, merged with their neighbours once there are several of like size. */
  TIERED("tiered"),
  /** Tiered, but for the last level: what stands above it is merged into it before it is much. */
  LAZY_LEVELING("lazy_leveling"),
  /** The oldest tables go when there is too much, or when they are too old. */
  FIFO("fifo");

  private final String text;

  Strategy(String text) {
    this.text = text;
  }

  /** Returns the strategy of a name, or null if there is none. */
  public static @Nullable Strategy named(String text) {
    for (Strategy strategy : values()) {
      if (strategy.text.equals(text)) {
        return strategy;
      }
    }
    return null;
  }

  /** Its name in options and in the manifest. */
  @Override
  public String toString() {
    return text;
  }
}
