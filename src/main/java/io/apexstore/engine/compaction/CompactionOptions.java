package io.apexstore.engine.compaction;

import io.apexstore.options.CompactionStrategy;

/**
 * How a tree is kept in shape.
 *
 * @param strategy how tables are merged
 * @param level0Threshold tables at level 0 that start a compaction; default 4; more of them make
 *     writes cheaper and reads dearer. Of a tiered tree, sorted runs of like size that are merged
 * @param sizeRatio how many times larger each level may be than the one above; default 10
 * @param maxLevels number of levels, level 0 included; default 7
 * @param baseLevelBytes the most that level 1 may hold
 * @param tableBytesTarget size at which an output table is ended and the next begun
 * @param tombstoneShare share of deletions among a table's entries from which it is compacted
 *     early, 0 to 1
 */
public record CompactionOptions(
    CompactionStrategy strategy,
    int level0Threshold,
    int sizeRatio,
    int maxLevels,
    long baseLevelBytes,
    long tableBytesTarget,
    double tombstoneShare) {

  /** Default of {@link #tombstoneShare}. */
  public static final double TOMBSTONE_SHARE = 0.5;

  private static final long BASE_LEVEL_BYTES_MAX = 256L << 20;
  private static final long TABLE_BYTES_MAX = 32L << 20;

  /** Makes the options of a leveled tree. */
  public CompactionOptions(
      int level0Threshold,
      int sizeRatio,
      int maxLevels,
      long baseLevelBytes,
      long tableBytesTarget,
      double tombstoneShare) {
    this(
        CompactionStrategy.LEVELED,
        level0Threshold,
        sizeRatio,
        maxLevels,
        baseLevelBytes,
        tableBytesTarget,
        tombstoneShare);
  }

  /** Checks the values. */
  public CompactionOptions {
    if (level0Threshold < 1 || sizeRatio < 2 || maxLevels < 2 || maxLevels > 127) {
      throw new IllegalArgumentException(
          "level0Threshold "
              + level0Threshold
              + " (at least 1), sizeRatio "
              + sizeRatio
              + " (at least 2), maxLevels "
              + maxLevels
              + " (2 to 127)");
    }
    if (baseLevelBytes < 1 || tableBytesTarget < 1) {
      throw new IllegalArgumentException(
          "baseLevelBytes "
              + baseLevelBytes
              + " and tableBytesTarget "
              + tableBytesTarget
              + " must be at least 1");
    }
  }

  /**
   * Returns options that suit a size of memtables: level 1 may hold what level 0 brings in one
   * compaction, 256 MiB at most, so that merging the two costs no more than twice their bytes;
   * tables are as large as memtables, 32 MiB at most.
   */
  public static CompactionOptions forMemtables(
      long memtableBytesMax, int level0Threshold, int sizeRatio, int maxLevels) {
    return new CompactionOptions(
        level0Threshold,
        sizeRatio,
        maxLevels,
        Math.min(BASE_LEVEL_BYTES_MAX, memtableBytesMax * level0Threshold),
        Math.min(TABLE_BYTES_MAX, memtableBytesMax),
        TOMBSTONE_SHARE);
  }

  /** Returns these options with another strategy. */
  public CompactionOptions withStrategy(CompactionStrategy newStrategy) {
    return new CompactionOptions(
        newStrategy,
        level0Threshold,
        sizeRatio,
        maxLevels,
        baseLevelBytes,
        tableBytesTarget,
        tombstoneShare);
  }

  /** Returns these options with another {@code level0Threshold}. */
  public CompactionOptions withLevel0Threshold(int tables) {
    return new CompactionOptions(
        strategy, tables, sizeRatio, maxLevels, baseLevelBytes, tableBytesTarget, tombstoneShare);
  }

  /** The least that the target of a level below 0 is, in bytes. */
  public long levelBytesMin() {
    return Math.max(1, baseLevelBytes / sizeRatio);
  }

  /** The most that a level below 0 may hold before its tables are moved on, in bytes. */
  public long levelBytesMax(int level) {
    double target = baseLevelBytes * Math.pow(sizeRatio, level - 1);
    return target >= Long.MAX_VALUE ? Long.MAX_VALUE : (long) target;
  }
}
