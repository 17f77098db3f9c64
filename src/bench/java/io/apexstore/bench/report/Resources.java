package io.apexstore.bench.report;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** A table of the disk space and memory of each store, by workload. */
final class Resources {
  private static final String DISK = "disk_mib";
  private static final String MEMORY = "memory_mib";
  private static final String OURS = "ApexStore";

  private Resources() {}

  /** Returns the HTML of the table; empty if no result has such figures. */
  static String table(List<Result> results) {
    Map<String, Map<String, Map<String, Double>>> workloads = new LinkedHashMap<>();
    for (Result result : results) {
      if (result.ourDetails().containsKey(DISK)) {
        Map<String, Map<String, Double>> stores =
            workloads.computeIfAbsent(workload(result), name -> new LinkedHashMap<>());
        stores.putIfAbsent(OURS, result.ourDetails());
        stores.putIfAbsent(result.peerName(), result.peerDetails());
      }
    }
    if (workloads.isEmpty()) {
      return "";
    }
    List<String> stores =
        workloads.values().stream().flatMap(s -> s.keySet().stream()).distinct().toList();
    StringBuilder html = new StringBuilder("<div class=\"scroll\"><table><thead><tr><th></th>");
    for (String measure : List.of("disk, MiB", "peak memory, MiB")) {
      html.append("<th class=\"n\" colspan=\"%d\">%s</th>".formatted(stores.size(), measure));
    }
    html.append("</tr><tr><th>workload</th>");
    for (int measure = 0; measure < 2; measure++) {
      for (String store : stores) {
        html.append("<th class=\"n\">").append(Html.escape(store)).append("</th>");
      }
    }
    html.append("</tr></thead><tbody>\n");
    workloads.forEach(
        (name, seen) -> {
          html.append("<tr><td>").append(Html.escape(name)).append("</td>");
          cells(html, stores, seen, DISK);
          cells(html, stores, seen, MEMORY);
          html.append("</tr>\n");
        });
    return html.append("</tbody></table></div>\n").toString();
  }

  private static void cells(
      StringBuilder html,
      List<String> stores,
      Map<String, Map<String, Double>> seen,
      String measure) {
    for (String store : stores) {
      double value = seen.getOrDefault(store, Map.of()).getOrDefault(measure, Double.NaN);
      String text = Double.isNaN(value) ? "" : ResultTable.number(value);
      html.append("<td class=\"n\">").append(text).append("</td>");
    }
  }

  private static String workload(Result result) {
    int slash = result.name().indexOf('/');
    return slash < 0 ? result.name() : result.name().substring(0, slash);
  }
}
