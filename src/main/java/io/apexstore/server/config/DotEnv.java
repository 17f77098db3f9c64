package io.apexstore.server.config;

import java.util.ArrayList;
import java.util.List;

/**
 * The parser of a {@code .env} file: lines of {@code NAME=value}, with {@code #} comments, an
 * optional {@code export} before the name, and optional single or double quotes around the value.
 */
final class DotEnv {
  private DotEnv() {}

  static List<Assignment> parse(String text, String source) {
    List<Assignment> found = new ArrayList<>();
    int number = 0;
    for (String rawLine : (Iterable<String>) text.lines()::iterator) {
      number++;
      String line = rawLine.strip();
      if (line.isEmpty() || line.startsWith("#")) {
        continue;
      }
      if (line.startsWith("export ")) {
        line = line.substring("export ".length()).strip();
      }
      int equals = line.indexOf('=');
      if (equals < 1) {
        throw new ConfigException(
            // The line is not quoted, because it may be a secret.
            source + " line " + number + ": not an assignment, allowed: NAME=value");
      }
      found.add(
          new Assignment(
              line.substring(0, equals).strip(), unquoted(line.substring(equals + 1).strip())));
    }
    return found;
  }

  private static String unquoted(String value) {
    if (value.length() >= 2) {
      char first = value.charAt(0);
      if (first == '"' || first == '\'') {
        int end = value.indexOf(first, 1);
        if (end > 0) {
          return value.substring(1, end);
        }
      }
    }
    int comment = value.indexOf(" #");
    return comment < 0 ? value : value.substring(0, comment).strip();
  }
}
