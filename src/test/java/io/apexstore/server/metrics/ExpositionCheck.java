package io.apexstore.server.metrics;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Checks a page of metrics by the text format of Prometheus and its conventions for names: what
 * {@code promtool check metrics} looks at, and the structure of the page.
 */
public final class ExpositionCheck {
  private static final Pattern COMMENT =
      Pattern.compile("# (HELP|TYPE) ([a-zA-Z_:][a-zA-Z0-9_:]*) (.+)");
  private static final Pattern SAMPLE =
      Pattern.compile(
          "([a-zA-Z_:][a-zA-Z0-9_:]*)(?:\\{(.*)\\})? (-?[0-9.]+(?:E-?[0-9]+)?|[+-]Inf|NaN)");
  private static final Pattern LABEL =
      Pattern.compile("([a-zA-Z_][a-zA-Z0-9_]*)=\"((?:[^\"\\\\\n]|\\\\[\\\\n\"])*)\"(?:,|$)");
  private static final Set<String> TYPES =
      Set.of("counter", "gauge", "histogram", "summary", "untyped");
  private static final Set<String> NOT_BASE_UNITS =
      Set.of(
          "ms",
          "us",
          "ns",
          "s",
          "sec",
          "milliseconds",
          "microseconds",
          "nanoseconds",
          "minutes",
          "hours",
          "days",
          "b",
          "kb",
          "mb",
          "gb",
          "kib",
          "mib",
          "gib",
          "kilobytes",
          "megabytes",
          "percent",
          "ratio_percent");

  private final List<String> problems = new ArrayList<>();
  private final Map<String, String> types = new HashMap<>();
  private final Set<String> helped = new HashSet<>();
  private final Set<String> ended = new HashSet<>();
  private final Set<String> series = new HashSet<>();
  private String family = "";

  private ExpositionCheck() {}

  /** Returns what is wrong with a page, one text for each fault. */
  public static List<String> problemsOf(String page) {
    ExpositionCheck check = new ExpositionCheck();
    if (!page.endsWith("\n")) {
      check.problems.add("the last line has no end");
    }
    page.lines().filter(line -> !line.isEmpty()).forEach(check::line);
    return check.problems;
  }

  private void line(String line) {
    if (line.startsWith("#")) {
      Matcher comment = COMMENT.matcher(line);
      if (comment.matches()) {
        comment(comment.group(1), comment.group(2), comment.group(3));
      } else {
        problems.add("no HELP or TYPE: " + line);
      }
      return;
    }
    Matcher sample = SAMPLE.matcher(line);
    if (sample.matches()) {
      sample(sample.group(1), sample.group(2) == null ? "" : sample.group(2), sample.group(3));
    } else {
      problems.add("no sample: " + line);
    }
  }

  private void comment(String keyword, String name, String text) {
    if (!name.equals(family)) {
      ended.add(family);
      family = name;
      if (ended.contains(name)) {
        problems.add(name + " is not in one group");
      }
    }
    if (keyword.equals("HELP")) {
      if (!helped.add(name)) {
        problems.add(name + " has two HELP lines");
      }
      return;
    }
    if (types.put(name, text) != null || !TYPES.contains(text)) {
      problems.add(name + " has a second or unknown type: " + text);
    }
    checkName(name, text);
  }

  private void checkName(String name, String type) {
    if (name.endsWith("_total") != type.equals("counter")) {
      problems.add(name + " is a " + type + ": a counter, and only that, ends with _total");
    }
    if (!type.equals("histogram") && name.matches(".*_(bucket|count|sum)")) {
      problems.add(name + " ends like a series of a histogram");
    }
    if (!name.equals(name.replaceAll("[A-Z:]", ""))) {
      problems.add(name + " has a capital letter or a colon");
    }
    for (String word : List.of(name.split("_", -1))) {
      if (NOT_BASE_UNITS.contains(word) || TYPES.contains(word) || word.isEmpty()) {
        problems.add(name + " has the word '" + word + "'");
      }
    }
  }

  private void sample(String name, String labels, String value) {
    String type = types.getOrDefault(family, "none");
    boolean isPart =
        (type.equals("summary") || type.equals("histogram"))
            && (name.equals(family + "_count")
                || name.equals(family + "_sum")
                || name.equals(family + "_bucket"));
    if (!name.equals(family) && !isPart) {
      problems.add(name + " is not in the group of " + family);
    }
    if (!types.containsKey(family) || !helped.contains(family)) {
      problems.add(name + " has no HELP or no TYPE before it");
    }
    if (!series.add(name + "{" + labels + "}")) {
      problems.add(name + "{" + labels + "} is there twice");
    }
    Set<String> names = new HashSet<>();
    Matcher label = LABEL.matcher(labels);
    int at = 0;
    while (at < labels.length() && label.find() && label.start() == at) {
      at = label.end();
      checkLabel(name, label.group(1), type);
      if (!names.add(label.group(1))) {
        problems.add(name + " has the label " + label.group(1) + " twice");
      }
    }
    if (at != labels.length()) {
      problems.add(name + " has malformed labels: " + labels);
    }
    if (value.startsWith("-") || value.equals("NaN")) {
      problems.add(name + "{" + labels + "} is " + value);
    }
  }

  private void checkLabel(String name, String label, String type) {
    boolean reserved =
        (label.equals("quantile") && !type.equals("summary"))
            || (label.equals("le") && !type.equals("histogram"))
            || label.startsWith("__")
            || Set.of("job", "instance").contains(label)
            || !label.equals(label.replaceAll("[A-Z]", ""));
    if (reserved) {
      problems.add(name + " is a " + type + " with the label " + label);
    }
  }
}
