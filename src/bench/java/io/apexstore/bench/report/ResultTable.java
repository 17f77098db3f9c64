package io.apexstore.bench.report;

import java.io.PrintStream;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** Results as a table of text or Markdown. */
public final class ResultTable {
  private static final List<String> HEADINGS =
      List.of("workload", "peer", "ours", "peer's", "unit", "ratio", "min - max", "goal", "");

  private ResultTable() {}

  /** Prints the results. */
  public static void print(List<Result> results, PrintStream out) {
    List<List<String>> lines = new ArrayList<>();
    lines.add(HEADINGS);
    for (Result result : results) {
      lines.add(
          List.of(
              result.name(),
              result.peerName() + " " + result.peerVersion(),
              number(result.oursMedian()),
              number(result.peerMedian()),
              result.unit() + (result.lowerIsBetter() ? " (less is better)" : ""),
              number(result.ratio()) + " ×",
              number(result.ratioMin()) + " - " + number(result.ratioMax()),
              result.goal(),
              result.goal().isEmpty() ? "" : result.met() ? "met" : "not met"));
    }
    int[] widths = new int[HEADINGS.size()];
    for (List<String> line : lines) {
      for (int column = 0; column < widths.length; column++) {
        widths[column] = Math.max(widths[column], line.get(column).length());
      }
    }
    for (List<String> line : lines) {
      StringBuilder text = new StringBuilder();
      for (int column = 0; column < widths.length; column++) {
        String cell = line.get(column);
        String space = " ".repeat(widths[column] - cell.length());
        boolean right = column == 2 || column == 3 || column == 5;
        text.append(right ? space + cell : cell + space).append("  ");
      }
      out.println(text.toString().stripTrailing());
    }
  }

  /** Prints the results as a Markdown table for the manual. */
  public static void printMarkdown(Summary summary, PrintStream out) {
    out.println(
        "Commit `%s`, %s, %s cores, %s."
            .formatted(
                summary.commit(),
                summary.machine().getString("processor"),
                summary.machine().getValue("cores"),
                summary.results().stream().map(Result::date).max(String::compareTo).orElse("")));
    out.println();
    out.println("| workload | peer | ours | theirs | unit | ratio | min – max | goal |");
    out.println("| --- | --- | ---: | ---: | --- | ---: | --- | --- |");
    for (Result result : summary.results()) {
      out.println(
          "| `%s` | %s %s | %s | %s | %s | **%s** | %s – %s | %s |"
              .formatted(
                  result.name(),
                  result.peerName(),
                  result.peerVersion(),
                  number(result.oursMedian()),
                  number(result.peerMedian()),
                  result.unit() + (result.lowerIsBetter() ? " ↓" : ""),
                  number(result.ratio()),
                  number(result.ratioMin()),
                  number(result.ratioMax()),
                  result.goal().isEmpty() ? "" : result.goal() + (result.met() ? " ✓" : " ✗")));
    }
  }

  /** Returns a number with three significant digits. */
  public static String number(double value) {
    if (Double.isNaN(value) || Double.isInfinite(value)) {
      return "-";
    }
    double size = Math.abs(value);
    String format = size >= 100 ? "%,.0f" : size >= 10 ? "%.1f" : "%.2f";
    return String.format(Locale.ROOT, format, value);
  }
}
