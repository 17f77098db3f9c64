package io.apexstore.server;

import java.util.List;

/**
 * A path of literal segments and of places for any one segment. Compared with the path as it came,
 * not decoded: {@code %2F} is no slash here, and {@code ..} a segment like any other.
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

  /** Returns the path as Vert.x's Router writes it. */
  String routerPath() {
    return text.replace("{", ":").replace("}", "");
  }

  @Override
  public String toString() {
    return text;
  }
}
