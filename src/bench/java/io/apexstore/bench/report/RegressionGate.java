package io.apexstore.bench.report;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.stream.Collectors;

/**
 * Compares ratios with those of an earlier summary. A workload has become worse where its advantage
 * over the peer shrank by more than the tolerance and no round of now is as good as the earlier
 * median: a difference that the spread explains is none.
 */
public final class RegressionGate {
  private RegressionGate() {}

  /** Returns a line for each result that has become worse; those without an earlier one pass. */
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
