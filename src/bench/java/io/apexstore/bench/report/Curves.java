package io.apexstore.bench.report;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Line charts of results: growth with the number of keys, and latency percentiles. */
final class Curves {
  private static final Pattern SIZED =
      Pattern.compile("(fillrandom|readrandom|scan100|open)-(\\d+)([km])(-1t)?(/.*)?");
  private static final List<Long> POWERS_OF_TEN = List.of(10L, 100L, 1000L, 10_000L);
  private static final List<String> PERCENTILES =
      List.of("p50", "p90", "p99", "p99.9", "p99.99", "max");
  private static final Map<String, String> TITLES =
      Map.of(
          "fillrandom", "Fill in random order, no sync",
          "readrandom", "Random reads, 1 thread",
          "scan100", "Scans of 100 entries",
          "open", "Open a closed store and read a key");

  private Curves() {}

  /** Charts of thousands of operations per second, or of milliseconds, by number of keys. */
  static String growth(List<Result> results) {
    Map<String, TreeMap<Long, Map<String, Double>>> families = new LinkedHashMap<>();
    for (Result result : results) {
      Matcher matcher = SIZED.matcher(result.name());
      long keys =
          matcher.matches()
              ? Long.parseLong(matcher.group(2)) * (matcher.group(3).equals("m") ? 1000 : 1)
              : 0;
      // The places are equidistant, so only powers of ten are drawn.
      if (POWERS_OF_TEN.contains(keys)) {
        Map<String, Double> figures =
            families
                .computeIfAbsent(matcher.group(1), family -> new TreeMap<>())
                .computeIfAbsent(keys, size -> new LinkedHashMap<>());
        figures.putIfAbsent("ApexStore", result.oursMedian());
        figures.put(result.peerName(), result.peerMedian());
      }
    }
    StringBuilder html = new StringBuilder();
    families.forEach(
        (family, sizes) -> {
          if (sizes.size() > 1) {
            html.append(growthChart(family, sizes));
          }
        });
    return html.toString();
  }

  private static String growthChart(String family, Map<Long, Map<String, Double>> sizes) {
    String title = TITLES.getOrDefault(family, family);
    String unit = family.equals("open") ? "ms" : "thousand per second";
    List<String> names =
        sizes.values().stream().flatMap(figures -> figures.keySet().stream()).distinct().toList();
    List<LineChart.Line> lines = new ArrayList<>();
    for (String name : names) {
      List<Double> values =
          sizes.values().stream().map(figures -> figures.getOrDefault(name, Double.NaN)).toList();
      lines.add(line(name, values));
    }
    List<String> places =
        sizes.keySet().stream()
            .map(keys -> keys >= 1000 ? keys / 1000 + " m" : keys + " k")
            .toList();
    return new LineChart(title, unit + ", by keys", places, lines).svg();
  }

  /** Charts of latency percentiles, for results that have them. */
  static String percentiles(List<Result> results) {
    StringBuilder html = new StringBuilder();
    for (Result result : results) {
      if (result.ourDetails().containsKey("p99.9") && result.peerDetails().containsKey("p99.9")) {
        List<LineChart.Line> lines =
            List.of(
                line("ApexStore", heights(result.ourDetails())),
                line(result.peerName(), heights(result.peerDetails())));
        html.append(new LineChart(result.title(), "latency, µs", PERCENTILES, lines).svg());
      }
    }
    return html.toString();
  }

  private static List<Double> heights(Map<String, Double> details) {
    return PERCENTILES.stream().map(name -> details.getOrDefault(name, Double.NaN)).toList();
  }

  private static LineChart.Line line(String store, List<Double> values) {
    boolean ours = store.equals("ApexStore");
    String name = store.replace(" JNI", "").replace(" (lmdbjava)", "").replace("H2 ", "");
    return new LineChart.Line(name, ours ? "apex" : Html.storeClass(store), values);
  }
}
