package io.apexstore.bench.report;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/**
 * A chart of lines over named places with a logarithmic vertical axis, as SVG.
 *
 * <p><b>Threads:</b> confined to one.
 */
final class LineChart {
  private static final double WIDTH = 460;
  private static final double HEIGHT = 250;
  private static final double LEFT = 52;
  private static final double RIGHT = 84;
  private static final double TOP = 14;
  private static final double BOTTOM = 30;
  private static final double LABEL_GAP = 13;

  /**
   * A line.
   *
   * @param name the label at its end
   * @param css the CSS class of its color
   * @param values its value at each place; NaN: none
   */
  record Line(String name, String css, List<Double> values) {}

  private final String title;
  private final String unit;
  private final List<String> places;
  private final List<Line> lines;
  private final double low;
  private final double high;

  LineChart(String title, String unit, List<String> places, List<Line> lines) {
    this.title = title;
    this.unit = unit;
    this.places = places;
    this.lines = lines;
    double least = Double.MAX_VALUE;
    double most = Double.MIN_VALUE;
    for (Line line : lines) {
      for (double value : line.values()) {
        if (value > 0) {
          least = Math.min(least, value);
          most = Math.max(most, value);
        }
      }
    }
    this.low = Math.pow(10, Math.floor(Math.log10(least) + 1e-9));
    this.high = Math.max(low * 10, Math.pow(10, Math.ceil(Math.log10(most) - 1e-9)));
  }

  String svg() {
    StringBuilder svg = new StringBuilder();
    svg.append(
        "<figure class=\"card\"><figcaption>%s <span>%s</span></figcaption>"
            .formatted(Html.escape(title), Html.escape(unit)));
    svg.append(
        "<svg viewBox=\"0 0 %.0f %.0f\" role=\"img\" aria-label=\"%s\">"
            .formatted(WIDTH, HEIGHT, Html.escape(title)));
    grid(svg);
    for (Line line : lines) {
      draw(svg, line);
    }
    endLabels(svg);
    return svg.append("</svg></figure>\n").toString();
  }

  private void grid(StringBuilder svg) {
    for (double value = low; value <= high * 1.0001; value *= 10) {
      String y = Html.coordinate(y(value));
      svg.append(
          "<line class=\"grid\" x1=\"%s\" x2=\"%s\" y1=\"%s\" y2=\"%s\"/>"
              .formatted(Html.coordinate(LEFT), Html.coordinate(WIDTH - RIGHT), y, y));
      svg.append(
          "<text class=\"axis\" x=\"%s\" y=\"%s\" text-anchor=\"end\">%s</text>"
              .formatted(Html.coordinate(LEFT - 8), Html.coordinate(y(value) + 4), power(value)));
    }
    for (int i = 0; i < places.size(); i++) {
      svg.append(
          "<text class=\"axis\" x=\"%s\" y=\"%s\" text-anchor=\"middle\">%s</text>"
              .formatted(
                  Html.coordinate(x(i)), Html.coordinate(HEIGHT - 8), Html.escape(places.get(i))));
    }
  }

  private void draw(StringBuilder svg, Line line) {
    StringBuilder path = new StringBuilder();
    StringBuilder dots = new StringBuilder();
    for (int i = 0; i < line.values().size(); i++) {
      double value = line.values().get(i);
      if (!(value > 0)) {
        continue;
      }
      String x = Html.coordinate(x(i));
      String y = Html.coordinate(y(value));
      path.append(path.isEmpty() ? "M" : "L").append(x).append(' ').append(y);
      dots.append(
          "<circle class=\"%s\" cx=\"%s\" cy=\"%s\" r=\"3.5\"><title>%s, %s: %s %s</title></circle>"
              .formatted(
                  line.css(),
                  x,
                  y,
                  Html.escape(line.name()),
                  Html.escape(places.get(i)),
                  ResultTable.number(value),
                  Html.escape(unit)));
    }
    svg.append("<path class=\"line %s\" d=\"%s\"/>".formatted(line.css(), path)).append(dots);
  }

  /** Draws the labels at the ends of the lines, moved apart if they would overlap. */
  private void endLabels(StringBuilder svg) {
    List<Line> byHeight = new ArrayList<>(lines);
    byHeight.sort((a, b) -> Double.compare(last(b), last(a)));
    double lowest = 0;
    for (Line line : byHeight) {
      double y = Math.max(y(last(line)) + 4, lowest + LABEL_GAP);
      lowest = y;
      svg.append(
          "<text class=\"name %s\" x=\"%s\" y=\"%s\">%s</text>"
              .formatted(
                  line.css(),
                  Html.coordinate(WIDTH - RIGHT + 8),
                  Html.coordinate(y),
                  Html.escape(line.name())));
    }
  }

  private static double last(Line line) {
    double last = 1;
    for (double value : line.values()) {
      if (value > 0) {
        last = value;
      }
    }
    return last;
  }

  private double x(int place) {
    double width = WIDTH - LEFT - RIGHT - 16;
    return LEFT + 8 + (places.size() == 1 ? width / 2 : width * place / (places.size() - 1));
  }

  private double y(double value) {
    double share = Math.log(value / low) / Math.log(high / low);
    return TOP + (1 - share) * (HEIGHT - TOP - BOTTOM);
  }

  private static String power(double value) {
    if (value >= 1e6) {
      return String.format(Locale.ROOT, "%,.0f m", value / 1e6);
    }
    if (value >= 1e4) {
      return String.format(Locale.ROOT, "%.0f k", value / 1e3);
    }
    return value >= 1 ? String.format(Locale.ROOT, "%,.0f", value) : ResultTable.number(value);
  }
}
