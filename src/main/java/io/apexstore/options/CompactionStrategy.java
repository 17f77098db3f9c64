package io.apexstore.options;

import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * How compactions merge the tables of a keyspace, which trades write amplification, space and the
 * cost of reads. It can be changed at any time; later compactions merge the existing tables in the
 * new way.
 */
public enum CompactionStrategy {
  /**
   * Levels, each a single sorted run and some times larger than the one above. Takes the least
   * space and has the cheapest reads; rewrites the most bytes.
   */
  LEVELED("leveled"),
  /**
   * Sorted runs ordered by age; neighbors of similar size are merged into one. Rewrites the fewest
   * bytes; a read asks every run, and overwritten entries keep their space for long.
   */
  TIERED("tiered"),
  /**
   * Tiered, except for the oldest run, which holds nearly all entries: the other runs are merged
   * into it before they exceed a share of its size. Rewrites fewer bytes than leveled and takes
   * little more space.
   */
  LAZY_LEVELING("lazy_leveling"),
  /**
   * Only small tables are merged. The oldest entries are deleted once the tables exceed their limit
   * of bytes or of age. For logs, events and caches.
   */
  FIFO("fifo");

  private final String text;

  CompactionStrategy(String text) {
    this.text = text;
  }

  /** Returns the strategy with this name, or null if there is none. */
  public static @Nullable CompactionStrategy named(String text) {
    for (CompactionStrategy strategy : values()) {
      if (strategy.text.equals(text)) {
        return strategy;
      }
    }
    return null;
  }

  /** Returns the strategies that a store may use by default: those that delete no entries. */
  public static List<CompactionStrategy> storeDefaults() {
    return Arrays.stream(values()).filter(strategy -> !strategy.deletesOldest()).toList();
  }

  /**
   * Whether it deletes the oldest entries of a keyspace. It needs a limit of bytes or of age then,
   * and a store does not choose it by default.
   */
  public boolean deletesOldest() {
    return this == FIFO;
  }

  /** Returns the name in options and in the manifest, in lower case. */
  @Override
  public String toString() {
    return text;
  }
}
