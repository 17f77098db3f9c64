package io.apexstore.bench.job;

import io.apexstore.bench.pause.PauseWatch;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * The result of one round.
 *
 * @param value the figure, in the workload's unit
 * @param details other figures of the round, by name
 */
public record Measurement(double value, Map<String, Double> details) {
  /** Returns a measurement without details. */
  public static Measurement of(double value) {
    return new Measurement(value, Map.of());
  }

  /** Returns this measurement with another detail. */
  public Measurement with(String name, double detail) {
    Map<String, Double> more = new LinkedHashMap<>(details);
    more.put(name, detail);
    return new Measurement(value, more);
  }

  /** Returns this measurement with figures of the pauses. */
  public Measurement with(PauseWatch.Findings pauses) {
    return with("pauses", pauses.count())
        .with("pauses_of_machine", pauses.ofMachine())
        .with("pause_ms_max", pauses.longestMs())
        .with("own_pause_ms_max", pauses.longestOfStoreMs());
  }
}
