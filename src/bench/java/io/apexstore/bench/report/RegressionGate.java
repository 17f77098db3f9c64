package io.apexstore.bench.report;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.stream.Collectors;

/**
 * Compares ratios with those of an earlier summary. A workload has become worse if its advantage
 * over the peer shrank by more than the tolerance and no new round is as good as the earlier
 * median. A difference within the spread does not count.
 */
public final class RegressionGate {
  private RegressionGate() {}

  /** Returns a line for each result that has become worse; ignores those without an earlier one. */
  public static List<String> worse(List<Result> earlier, List<Result> now, double tolerance) {
    Map<String, Result> before =
        earlier.stream().collect(Collectors.toMap(Result::name, Function.identity()));
    List<String> lines = new ArrayList<>();
    for (Result result : now) {
      Result old = before.get(result.name());
      if (old != null && isWorse(old, result, tolerance)) {
        lines.add(
            "%s: %s × of %s, was %s ×"
                .formatted(
                    result.name(),
                    ResultTable.number(result.ratio()),
                    result.peerName(),
                    ResultTable.number(old.ratio())));
      }
    }
    return lines;
  }

  private static boolean isWorse(Result old, Result now, double tolerance) {
    double best = now.lowerIsBetter() ? 1 / now.ratioMin() : now.ratioMax();
    return now.advantage() < old.advantage() * (1 - tolerance) && best < old.advantage();
  }
}
