package io.apexstore.engine.compaction;

/**
 * The sizes that a {@link CompactionPolicy} keeps a tree to.
 *
 * @param level0Threshold tables at level 0 that make a compaction due, at least 1; more of them
 *     make writes cheaper and reads more expensive. In a tiered tree, the number of sorted runs of
 *     similar size that are merged
 * @param sizeRatio how many times larger each level may be than the one above, at least 2
 * @param maxLevels number of levels, level 0 included, 2 to 127
 * @param baseLevelBytes most bytes that level 1 may hold, at least 1
 * @param tableBytesTarget size in bytes at which an output table is ended, at least 1
 * @param tombstoneShare share of tombstones among a table's entries from which on it is compacted
 *     early, 0 to 1; default 0.5
 */
public record CompactionOptions(
    int level0Threshold,
    int sizeRatio,
    int maxLevels,
    long baseLevelBytes,
    long tableBytesTarget,
    double tombstoneShare) {

  private static final double TOMBSTONE_SHARE = 0.5;
  private static final long BASE_LEVEL_BYTES_MAX = 256L << 20;
  private static final long TABLE_BYTES_MAX = 32L << 20;

  /**
   * Checks the values.
   *
   * @throws IllegalArgumentException if one is out of its range
   */
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
   * Returns the options for memtables of a size. Level 1 may hold what one compaction of level 0
   * brings, 256 MiB at most, so that merging the two costs no more than twice their bytes. Tables
   * are as large as memtables, 32 MiB at most.
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

  /** Returns these options with another {@code level0Threshold}. */
  public CompactionOptions withLevel0Threshold(int tables) {
    return new CompactionOptions(
        tables, sizeRatio, maxLevels, baseLevelBytes, tableBytesTarget, tombstoneShare);
  }

  /** The smallest target of a level below level 0, in bytes. */
  long levelBytesMin() {
    return Math.max(1, baseLevelBytes / sizeRatio);
  }

  /** The largest target of a level below level 0, in bytes. */
  long levelBytesMax(int level) {
    double target = baseLevelBytes * Math.pow(sizeRatio, level - 1);
    return target >= Long.MAX_VALUE ? Long.MAX_VALUE : (long) target;
  }
}
