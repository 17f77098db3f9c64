package io.apexstore.engine.compaction;

/**
 * The marks from which on writers are slowed and stopped. Between the two marks of a pair the delay
 * grows evenly in its logarithm, from 1 ms to 500 ms for each MiB written.
 *
 * @param level0Slow tables at level 0 from which on writers are slowed; default 12
 * @param level0Stop tables at level 0 from which on writers are stopped; default 36
 * @param pendingBytesSlow bytes that compactions have still to write from which on writers are
 *     slowed; default 64 times {@link CompactionOptions#baseLevelBytes}
 * @param pendingBytesStop bytes that compactions have still to write from which on writers are
 *     stopped; default 256 times {@link CompactionOptions#baseLevelBytes}
 * @param sealedSlow sealed memtables from which on writers are slowed; default 2
 * @param sealedStop sealed memtables from which on writers are stopped; default 5
 */
public record StallOptions(
    int level0Slow,
    int level0Stop,
    long pendingBytesSlow,
    long pendingBytesStop,
    int sealedSlow,
    int sealedStop) {

  /** The delay at the lower mark, in ns for each MiB written: 1 ms. */
  static final long DELAY_NANOS_PER_MIB_MIN = 1_000_000;

  /** The delay just below the upper mark, in ns for each MiB written: 500 ms. */
  static final long DELAY_NANOS_PER_MIB_MAX = 500_000_000;

  private static final int PENDING_SLOW_BASE_LEVELS = 64;
  private static final int PENDING_STOP_BASE_LEVELS = 256;

  /**
   * Checks the pairs.
   *
   * @throws IllegalArgumentException if a stop is not above its slow
   */
  public StallOptions {
    if (level0Slow >= level0Stop
        || pendingBytesSlow >= pendingBytesStop
        || sealedSlow >= sealedStop) {
      throw new IllegalArgumentException("each stop must be above its slow");
    }
  }

  /** Returns the defaults for a tree: the level 0 marks are 3 and 9 times its threshold. */
  public static StallOptions forTree(CompactionOptions tree) {
    return new StallOptions(
        3 * tree.level0Threshold(),
        9 * tree.level0Threshold(),
        PENDING_SLOW_BASE_LEVELS * tree.baseLevelBytes(),
        PENDING_STOP_BASE_LEVELS * tree.baseLevelBytes(),
        2,
        5);
  }
}
