package io.apexstore.bench.job;

import java.util.LinkedHashMap;
import java.util.Map;

/**
 * What one round gave.
 *
 * @param value the figure, in the workload's unit
 * @param details what else is worth keeping, by name
 */
public record Measurement(double value, Map<String, Double> details) {
  /** A figure without details. */
  public static Measurement of(double value) {
    return new Measurement(value, Map.of());
  }

  /** Returns this measurement with one more detail. */
  public Measurement with(String name, double detail) {
    Map<String, Double> more = new LinkedHashMap<>(details);
    more.put(name, detail);
    return new Measurement(value, more);
  }
}
