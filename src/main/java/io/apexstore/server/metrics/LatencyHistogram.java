package io.apexstore.server.metrics;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;

/**
 * A histogram of latencies. A bucket is at most 1/16 as wide as the times in it (the layout of
 * HdrHistogram with four bits of precision).
 *
 * <p><b>Threads:</b> one thread records; any thread reads, and may see a count with a short delay.
 * <b>Invariants:</b> counts never decrease.
 */
final class LatencyHistogram {
  private static final int PRECISION_BITS = 4;
  private static final int HALF = 1 << PRECISION_BITS;

  /** Times from 2^40 ns, about 18 minutes, are all in the last bucket. */
  private static final int MAGNITUDES = 40;

  static final int BUCKETS = (MAGNITUDES - PRECISION_BITS + 1) * HALF;

  private static final VarHandle COUNTS = MethodHandles.arrayElementVarHandle(long[].class);

  private final long[] counts = new long[BUCKETS];

  void record(long nanos) {
    int bucket = bucketOf(nanos);
    COUNTS.setOpaque(counts, bucket, counts[bucket] + 1);
  }

  /** Adds the counts to {@code sums}, which has {@link #BUCKETS} elements. */
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

  /** Returns the longest time of a bucket, in ns. */
  static long upperBound(int bucket) {
    if (bucket < HALF) {
      return bucket;
    }
    int shift = bucket / HALF - 1;
    long mantissa = bucket % HALF + (long) HALF;
    return ((mantissa + 1) << shift) - 1;
  }

  /**
   * Returns a percentile in ns: the time that the given share of the counts does not exceed.
   * Returns 0 if there are no counts.
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
