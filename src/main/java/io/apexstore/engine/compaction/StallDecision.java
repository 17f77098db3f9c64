package io.apexstore.engine.compaction;

import java.util.Locale;

/** How far writers are slowed while flushes and compactions have fallen behind. */
public sealed interface StallDecision {
  /** Writers do not wait. */
  StallDecision NONE = new None();

  /**
   * Returns the decision for three pressures, of which the strongest counts. A pure function.
   *
   * @param level0Tables the largest {@link CompactionPolicy.Pressure#level0Tables} of all trees
   * @param pendingBytes the largest {@link CompactionPolicy.Pressure#pendingBytes} of all trees
   * @param sealedMemtables memtables that wait for their flush
   */
  static StallDecision of(
      int level0Tables, long pendingBytes, int sealedMemtables, StallOptions options) {
    double level0 = pressure(level0Tables, options.level0Slow(), options.level0Stop());
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

  // Below 0: no pressure. 0: writers are slowed. 1: writers are stopped.
  private static double pressure(long value, long slow, long stop) {
    return value < slow ? -1 : Math.min(1, (double) (value - slow) / (stop - slow));
  }

  private static long delayNanosPerMib(double pressure) {
    double least = StallOptions.DELAY_NANOS_PER_MIB_MIN;
    return (long) (least * Math.pow(StallOptions.DELAY_NANOS_PER_MIB_MAX / least, pressure));
  }

  /** Writers do not wait. */
  record None() implements StallDecision {
    @Override
    public String toString() {
      return "none";
    }
  }

  /**
   * A writer waits in proportion to the bytes that it writes.
   *
   * @param delayNanosPerMib wait in ns for each MiB written
   * @param reason the strongest pressure
   */
  record Slow(long delayNanosPerMib, Reason reason) implements StallDecision {
    /** The wait for a number of written bytes, in ns. */
    public long delayNanos(long bytes) {
      return (long) ((double) bytes / (1 << 20) * delayNanosPerMib);
    }

    @Override
    public String toString() {
      return String.format(
          Locale.ROOT, "slow by %.1f ms per MiB: %s", delayNanosPerMib / 1e6, reason);
    }
  }

  /**
   * Writers wait until the decision changes.
   *
   * @param reason the strongest pressure
   */
  record Stop(Reason reason) implements StallDecision {
    @Override
    public String toString() {
      return "stop: " + reason;
    }
  }

  /** Which pressure is the strongest. */
  enum Reason {
    /** Level 0 has too many tables. */
    LEVEL_0_COUNT("tables at level 0"),
    /** Compactions have too many bytes to write. */
    PENDING_BYTES("pending compaction bytes"),
    /** Too many memtables wait for their flush. */
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
