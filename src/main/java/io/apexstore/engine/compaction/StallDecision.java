package io.apexstore.engine.compaction;

import java.util.Locale;

/** How writers are treated while flushes and compactions are behind. */
public sealed interface StallDecision {
  /** Writers go on as they like. */
  StallDecision NONE = new None();

  /**
   * Decides. A pure function: the strongest of three pressures counts.
   *
   * @param level0Count tables at level 0 of the fullest tree
   * @param pendingBytes what {@link LeveledPolicy#pendingBytes} says of the tree furthest behind
   * @param sealedMemtables memtables that wait for their flush
   */
  static StallDecision of(
      int level0Count, long pendingBytes, int sealedMemtables, StallOptions options) {
    double level0 = pressure(level0Count, options.level0Slow(), options.level0Stop());
    double pending = pressure(pendingBytes, options.pendingBytesSlow(), options.pendingBytesStop());
    double sealed = pressure(sealedMemtables, options.sealedSlow(), options.sealedStop());
    double highest = Math.max(level0, Math.max(pending, sealed));
    Reason reason =
        highest == sealed
            ? Reason.SEALED_MEMTABLES
            : highest == level0 ? Reason.LEVEL_0_COUNT : Reason.PENDING_BYTES;
    if (highest < 0) {
      return NONE;
    }
    return highest >= 1 ? new Stop(reason) : new Slow(delayNanosPerMib(highest), reason);
  }

  // Below 0: no pressure. 0: slowing begins. 1: the stop.
  private static double pressure(long value, long slow, long stop) {
    return value < slow ? -1 : Math.min(1, (double) (value - slow) / (stop - slow));
  }

  private static long delayNanosPerMib(double pressure) {
    double least = StallOptions.DELAY_NANOS_PER_MIB_MIN;
    return (long) (least * Math.pow(StallOptions.DELAY_NANOS_PER_MIB_MAX / least, pressure));
  }

  /** No stall. */
  record None() implements StallDecision {
    @Override
    public String toString() {
      return "none";
    }
  }

  /**
   * A writer waits in proportion to what it writes.
   *
   * @param delayNanosPerMib ns of waiting for each MiB written
   * @param reason which pressure is the strongest
   */
  record Slow(long delayNanosPerMib, Reason reason) implements StallDecision {
    /** How long a writer of so many bytes waits, in ns. */
    public long delayNanos(long bytes) {
      return (long) ((double) bytes / (1 << 20) * delayNanosPerMib);
    }

    @Override
    public String toString() {
      return String.format(
          Locale.ROOT, "slow by %.1f ms a MiB: %s", delayNanosPerMib / 1e6, reason);
    }
  }

  /**
   * Writers wait until the decision is another.
   *
   * @param reason which pressure is the strongest
   */
  record Stop(Reason reason) implements StallDecision {
    @Override
    public String toString() {
      return "stop: " + reason;
    }
  }

  /** What is behind. */
  enum Reason {
    /** Level 0 has too many tables. */
    LEVEL_0_COUNT("tables at level 0"),
    /** Compactions have too much left to do. */
    PENDING_BYTES("compactions behind"),
    /** Flushes are behind. */
    SEALED_MEMTABLES("sealed memtables");

    private final String text;

    Reason(String text) {
      this.text = text;
    }

    @Override
    public String toString() {
      return text;
    }
  }
}
