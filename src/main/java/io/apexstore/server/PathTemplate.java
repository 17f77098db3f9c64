package io.apexstore.server;

import java.util.List;

/**
 * A path of literal segments and of placeholders such as {@code {key}}, each of which matches one
 * non-empty segment.
 *
 * <p>A template is compared with the path as it was received, not decoded: {@code %2F} is not a
 * slash, and {@code ..} is a segment like any other.
 */
final class PathTemplate {
  private final List<String> segments;
  private final String text;

  PathTemplate(String text) {
    this.text = text;
    this.segments = List.of(text.split("/", -1));
  }

  boolean matches(String path) {
    int from = 0;
    for (int i = 0; i < segments.size(); i++) {
      if (from > path.length()) {
        return false;
      }
      int end = path.indexOf('/', from);
      end = end < 0 ? path.length() : end;
      String segment = segments.get(i);
      if (segment.startsWith("{")) {
        if (end == from) {
          return false;
        }
      } else if (segment.length() != end - from || !path.startsWith(segment, from)) {
        return false;
      }
      from = end + 1;
    }
    return from > path.length();
  }

  boolean isLiteral() {
    return !text.contains("{");
  }

  /** Returns the path in the syntax of the Vert.x router. */
  String routerPath() {
    return text.replace("{", ":").replace("}", "");
  }

  @Override
  public String toString() {
    return text;
  }
}
