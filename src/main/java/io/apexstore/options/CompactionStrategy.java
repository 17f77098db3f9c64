package io.apexstore.options;

import org.jspecify.annotations.Nullable;

/**
 * How the tables of a keyspace are merged: what is paid for in writes, in room and in reads. It can
 * be changed at any time; what is there is merged in the new way from then on.
 */
public enum CompactionStrategy {
  /**
   * Levels, each a single sorted run some times larger than the one above. Takes the least room and
   * reads the least; writes the most.
   */
  LEVELED("leveled"),
  /**
   * Sorted runs by age, of which some neighbours of like size are merged into one. Writes the
   * least; a read asks every run, and what was overwritten keeps its room for long.
   */
  TIERED("tiered"),
  /**
   * Tiered, but that the oldest run, which holds nearly everything, takes in the others before they
   * make up more than a share of it. Writes less than leveled and takes little more room.
   */
  LAZY_LEVELING("lazy_leveling"),
  /**
   * Nothing but small tables is merged; the oldest entries are deleted once the tables take more
   * room than they may, or are older than they may be. For logs, events and caches.
   */
  FIFO("fifo");

  private final String text;

  CompactionStrategy(String text) {
    this.text = text;
  }

  /** Returns the strategy of a name, or null if there is none. */
  public static @Nullable CompactionStrategy named(String text) {
    for (CompactionStrategy strategy : values()) {
      if (strategy.text.equals(text)) {
        return strategy;
      }
    }
    return null;
  }

  /**
   * Whether the oldest entries are deleted once a limit of bytes or age is passed. A keyspace with
   * such a strategy needs a limit, and only such a keyspace may have one; no store may have it as
   * its default.
   */
  public boolean deletesOldest() {
    return this == FIFO;
  }

  /** Returns its name in options and in the manifest. */
  @Override
  public String toString() {
    return text;
  }
}
