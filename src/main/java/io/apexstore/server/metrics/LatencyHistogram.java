package io.apexstore.server.metrics;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;

/**
 * Counts times by size, in buckets that are at most 1/16 wide of what they hold (the layout of
 * HdrHistogram with four bits of precision).
 *
 * <p><b>Threads:</b> one writer; any reader, which sees each count a little late.
 * <b>Invariants:</b> counts only grow.
 */
final class LatencyHistogram {
  private static final int PRECISION_BITS = 4;
  private static final int HALF = 1 << PRECISION_BITS;

  /** The longest time that is told from longer ones: 2^40 ns, about 18 minutes. */
  private static final int MAGNITUDES = 40;

  static final int BUCKETS = (MAGNITUDES - PRECISION_BITS + 1) * HALF;

  private static final VarHandle COUNTS = MethodHandles.arrayElementVarHandle(long[].class);

  private final long[] counts = new long[BUCKETS];

  void record(long nanos) {
    int bucket = bucketOf(nanos);
    COUNTS.setOpaque(counts, bucket, counts[bucket] + 1);
  }

  /** Adds the counts to an array of {@link #BUCKETS}. */
  void addTo(long[] sums) {
    for (int i = 0; i < BUCKETS; i++) {
      sums[i] += (long) COUNTS.getOpaque(counts, i);
    }
  }

  static int bucketOf(long nanos) {
    if (nanos < HALF) {
      return (int) Math.max(0, nanos);
    }
    int magnitude = 63 - Long.numberOfLeadingZeros(nanos);
    if (magnitude >= MAGNITUDES) {
      return BUCKETS - 1;
    }
    int shift = magnitude - PRECISION_BITS;
    return (shift + 1) * HALF + (int) (nanos >>> shift) - HALF;
  }

  /** Returns the longest time that falls into the bucket, in ns. */
  static long upperBound(int bucket) {
    if (bucket < HALF) {
      return bucket;
    }
    int shift = bucket / HALF - 1;
    long mantissa = bucket % HALF + (long) HALF;
    return ((mantissa + 1) << shift) - 1;
  }

  /**
   * Returns the time in ns that the given share of the counts does not exceed; 0 if there are none.
   */
  static long percentile(long[] counts, double share) {
    long total = 0;
    for (long count : counts) {
      total += count;
    }
    if (total == 0) {
      return 0;
    }
    long wanted = Math.max(1, (long) Math.ceil(total * share));
    long seen = 0;
    for (int i = 0; i < counts.length; i++) {
      seen += counts[i];
      if (seen >= wanted) {
        return upperBound(i);
      }
    }
    return upperBound(counts.length - 1);
  }
}
