package io.apexstore.bench.report;

import java.util.List;

/**
 * Bars of the advantage over the peer, on a logarithmic scale around 1 ×: to the right if ours is
 * better, to the left if it is worse, with a line for the spread and a mark for the goal.
 */
final class RatioBars {
  private static final double SCALE_MIN = 0.1;
  private static final double SCALE_MAX = 30;
  private static final double[] TICKS = {0.1, 0.2, 0.5, 1, 2, 5, 10, 20};

  private RatioBars() {}

  static String of(List<Result> results) {
    StringBuilder html = new StringBuilder("<div class=\"bars\">\n");
    html.append("<div class=\"row axis\"><div></div><div class=\"track\">");
    for (double tick : TICKS) {
      html.append(
          "<span class=\"tick\" style=\"left:%s\">%s×</span>"
              .formatted(Html.percent(place(tick)), trim(tick)));
    }
    html.append("</div><div></div></div>\n");
    for (Result result : results) {
      append(html, result);
    }
    return html.append("</div>\n").toString();
  }

  private static void append(StringBuilder html, Result result) {
    double advantage = result.advantage();
    double one = place(1);
    double end = place(advantage);
    double low = place(result.lowerIsBetter() ? 1 / result.ratioMax() : result.ratioMin());
    double high = place(result.lowerIsBetter() ? 1 / result.ratioMin() : result.ratioMax());
    String tip =
        "%s: ours %s %s, %s %s %s; ratio %s, rounds from %s to %s"
            .formatted(
                result.name(),
                ResultTable.number(result.oursMedian()),
                result.unit(),
                result.peerName(),
                ResultTable.number(result.peerMedian()),
                result.unit(),
                ResultTable.number(result.ratio()),
                ResultTable.number(result.ratioMin()),
                ResultTable.number(result.ratioMax()));
    html.append("<div class=\"row\" title=\"").append(Html.escape(tip)).append("\">");
    html.append(
        "<div class=\"label\"><b>%s</b><span class=\"chip %s\">%s</span></div>"
            .formatted(
                Html.escape(result.title()),
                Html.storeClass(result.peerName()),
                Html.escape(result.peerName())));
    html.append("<div class=\"track\">");
    html.append("<i class=\"one\" style=\"left:%s\"></i>".formatted(Html.percent(one)));
    html.append(
        "<i class=\"bar %s\" style=\"left:%s;width:%s\"></i>"
            .formatted(
                advantage >= 1 ? "ahead" : "behind",
                Html.percent(Math.min(one, end)),
                Html.percent(Math.abs(end - one))));
    html.append(
        "<i class=\"spread\" style=\"left:%s;width:%s\"></i>"
            .formatted(Html.percent(low), Html.percent(Math.max(0, high - low))));
    double goal = ratioGoal(result);
    if (goal > 0) {
      html.append("<i class=\"goal\" style=\"left:%s\"></i>".formatted(Html.percent(place(goal))));
    }
    html.append("</div><div class=\"figure\"><b>")
        .append(ResultTable.number(advantage))
        .append("×</b>");
    if (!result.goal().isEmpty()) {
      html.append(
          "<span class=\"%s\">%s</span>"
              .formatted(result.met() ? "met" : "missed", Html.escape(result.goal())));
    }
    html.append("</div></div>\n");
  }

  /** The advantage that the goal requires; 0 if the goal is of another kind. */
  private static double ratioGoal(Result result) {
    String goal = result.goal();
    if (!goal.endsWith(" ×") || goal.startsWith("ours")) {
      return 0;
    }
    double bound = Double.parseDouble(goal.substring(2, goal.length() - 2));
    return result.lowerIsBetter() ? 1 / bound : bound;
  }

  private static double place(double advantage) {
    double clamped = Double.isNaN(advantage) ? 1 : Math.clamp(advantage, SCALE_MIN, SCALE_MAX);
    return Math.log(clamped / SCALE_MIN) / Math.log(SCALE_MAX / SCALE_MIN);
  }

  private static String trim(double tick) {
    return tick == Math.rint(tick) ? Long.toString((long) tick) : Double.toString(tick);
  }
}
