package io.apexstore.bench.report;

import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** The page of charts: one file without scripts and without resources of other hosts. */
public final class HtmlReport {
  private HtmlReport() {}

  /** Writes the page. */
  public static void write(Summary summary, Path file) throws IOException {
    Files.createDirectories(file.toAbsolutePath().getParent());
    Files.writeString(file, page(summary));
  }

  private static String page(Summary summary) {
    List<Result> results = summary.results();
    StringBuilder html = new StringBuilder();
    html.append(
        """
        <!doctype html>
        <html lang="en">
        <head>
        <meta charset="utf-8">
        <meta name="viewport" content="width=device-width, initial-scale=1">
        <title>ApexStore, measured</title>
        <style>
        """);
    html.append(Style.CSS).append("</style>\n</head>\n<body>\n<main>\n");
    header(html, summary);
    tiles(html, results);
    byGroup(results)
        .forEach(
            (group, members) ->
                section(
                    html, group, "How many times better than the peer.", RatioBars.of(members)));
    charts(html, "Growth", "The same work with more and more keys.", Curves.growth(results));
    charts(
        html,
        "Latency percentiles",
        "At a fixed rate, a latency is measured from the moment at which the operation was due.",
        Curves.percentiles(results));
    String resources = Resources.table(results);
    if (!resources.isEmpty()) {
      section(
          html,
          "Disk and memory",
          "The bytes that the file system allocated for the store, including its log, and the peak"
              + " resident memory of its process, including the JVM and mapped pages.",
          resources);
    }
    runs(html, summary.runs());
    table(html, results);
    html.append(
        """
        <footer>Medians of alternating rounds, each store in its own process on the same
        machine. Figures depend on the machine: run <code>scripts/bench</code> to measure yours.</footer>
        </main>
        </body>
        </html>
        """);
    return html.toString();
  }

  private static void header(StringBuilder html, Summary summary) {
    JsonObject machine = summary.machine();
    String date = summary.results().stream().map(Result::date).max(String::compareTo).orElse("");
    html.append("<header><h1>ApexStore, measured</h1><p>");
    html.append(
        Html.escape(
            "%s · %s cores · %s GiB · %s, %s · %s"
                .formatted(
                    machine.getString("processor"),
                    machine.getValue("cores"),
                    Math.round(machine.getDouble("memory_mib") / 1024),
                    machine.getString("system"),
                    machine.getString("disk"),
                    machine.getString("jdk"))));
    html.append("<br>commit <code>")
        .append(Html.escape(summary.commit()))
        .append("</code> · ")
        .append(Html.escape(date))
        .append("</p></header>\n");
  }

  private static void tiles(StringBuilder html, List<Result> results) {
    long goals = results.stream().filter(result -> !result.goal().isEmpty()).count();
    long met = results.stream().filter(result -> !result.goal().isEmpty() && result.met()).count();
    html.append("<div class=\"tiles\">");
    tile(html, met + " / " + goals, "goals met");
    Map<String, List<Result>> byPeer = new LinkedHashMap<>();
    for (Result result : results) {
      byPeer.computeIfAbsent(result.peerName(), peer -> new ArrayList<>()).add(result);
    }
    byPeer.forEach(
        (peer, members) ->
            tile(
                html,
                ResultTable.number(geometricMean(members)) + "×",
                peer + ", mean of " + members.size()));
    html.append("</div>\n");
  }

  private static double geometricMean(List<Result> results) {
    return Math.exp(
        results.stream()
            .mapToDouble(result -> Math.log(result.advantage()))
            .filter(Double::isFinite)
            .average()
            .orElse(0));
  }

  private static void tile(StringBuilder html, String figure, String name) {
    html.append(
        "<div class=\"tile\"><b>%s</b><span>%s</span></div>"
            .formatted(Html.escape(figure), Html.escape(name)));
  }

  private static Map<String, List<Result>> byGroup(List<Result> results) {
    Map<String, List<Result>> groups = new LinkedHashMap<>();
    for (Result result : results) {
      groups.computeIfAbsent(result.group(), group -> new ArrayList<>()).add(result);
    }
    return groups;
  }

  private static void section(StringBuilder html, String title, String about, String content) {
    html.append(
        "<section><h2>%s</h2><p class=\"about\">%s</p>\n%s</section>\n"
            .formatted(Html.escape(title), Html.escape(about), content));
  }

  private static void charts(StringBuilder html, String title, String about, String charts) {
    if (!charts.isEmpty()) {
      section(html, title, about, "<div class=\"cards\">" + charts + "</div>\n");
    }
  }

  private static void runs(StringBuilder html, List<JsonObject> runs) {
    if (runs.isEmpty()) {
      return;
    }
    StringBuilder content = new StringBuilder("<div class=\"scroll\"><table>");
    for (JsonObject run : runs) {
      content.append("<tr><th>").append(Html.escape(run.getString("name"))).append("</th><td>");
      for (Map.Entry<String, Object> member : run) {
        if (!member.getKey().equals("name")) {
          String value =
              member.getValue() instanceof Number number
                  ? ResultTable.number(number.doubleValue())
                  : String.valueOf(member.getValue());
          content.append(
              "<span class=\"pair\">%s <b>%s</b></span> "
                  .formatted(Html.escape(member.getKey().replace('_', ' ')), Html.escape(value)));
        }
      }
      content.append("</td></tr>\n");
    }
    section(
        html,
        "Without a peer",
        "Runs that are not compared with another store.",
        content.append("</table></div>\n").toString());
  }

  private static void table(StringBuilder html, List<Result> results) {
    StringBuilder content = new StringBuilder();
    content.append(
        "<div class=\"scroll\"><table><thead><tr><th>workload</th><th>peer</th>"
            + "<th class=\"n\">ours</th><th class=\"n\">peer's</th><th>unit</th>"
            + "<th class=\"n\">ratio</th><th class=\"n\">min</th><th class=\"n\">max</th>"
            + "<th class=\"n\">rounds</th><th>goal</th></tr></thead><tbody>\n");
    for (Result result : results) {
      String goal = result.goal().isEmpty() ? "" : result.met() ? "met" : "missed";
      content.append(
          ("<tr><td>%s</td><td>%s</td><td class=\"n\">%s</td><td class=\"n\">%s</td><td>%s</td>"
                  + "<td class=\"n\"><b>%s</b></td><td class=\"n\">%s</td><td class=\"n\">%s</td>"
                  + "<td class=\"n\">%d</td><td class=\"%s\">%s</td></tr>\n")
              .formatted(
                  Html.escape(result.name()),
                  Html.escape(result.peerName() + " " + result.peerVersion()),
                  ResultTable.number(result.oursMedian()),
                  ResultTable.number(result.peerMedian()),
                  Html.escape(result.unit()) + (result.lowerIsBetter() ? " ↓" : ""),
                  ResultTable.number(result.ratio()),
                  ResultTable.number(result.ratioMin()),
                  ResultTable.number(result.ratioMax()),
                  result.ours().size(),
                  goal,
                  Html.escape(result.goal())));
    }
    content.append("</tbody></table></div>\n");
    section(
        html,
        "All figures",
        "The ratio is ours divided by the peer's; ↓ marks units where less is better.",
        content.toString());
  }
}
