package io.apexstore.bench.job;

import java.util.concurrent.TimeUnit;
import org.HdrHistogram.Histogram;

/**
 * Latencies of one or several threads.
 *
 * <p><b>Threads:</b> confined to one.
 */
public final class Latencies {
  private static final double[] PERCENTILES = {50, 90, 99, 99.9, 99.99, 100};

  private static final long NANOS_MAX = TimeUnit.MINUTES.toNanos(10);

  private final Histogram histogram = new Histogram(NANOS_MAX, 3);

  /** Records one latency in ns. */
  public void record(long nanos) {
    histogram.recordValue(Math.clamp(nanos, 0, NANOS_MAX));
  }

  /** Adds the latencies of another thread. */
  public void add(Latencies other) {
    histogram.add(other.histogram);
  }

  /** Returns a percentile in µs. */
  public double micros(double percentile) {
    return histogram.getValueAtPercentile(percentile) / 1000.0;
  }

  /** Returns the number of latencies. */
  public long count() {
    return histogram.getTotalCount();
  }

  /** Returns the name of the detail for a percentile, such as {@code p99.9}. */
  public static String name(double percentile) {
    if (percentile == 100) {
      return "max";
    }
    String digits = Double.toString(percentile);
    return "p" + (digits.endsWith(".0") ? digits.substring(0, digits.length() - 2) : digits);
  }

  /** Adds every percentile in µs to a measurement. */
  public Measurement addTo(Measurement measurement) {
    Measurement result = measurement;
    for (double percentile : PERCENTILES) {
      result = result.with(name(percentile), micros(percentile));
    }
    return result;
  }
}
