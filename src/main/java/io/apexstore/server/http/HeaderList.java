package io.apexstore.server.http;

import java.util.ArrayList;
import java.util.List;

/** A header value that is a list (RFC 9110, 5.6.1). */
public final class HeaderList {
  private HeaderList() {}

  /**
   * Returns the elements of a list, stripped of white space. A separator within double quotes does
   * not separate. Empty elements are left out.
   *
   * @param separator a comma, or a semicolon for the parameters of one element
   */
  public static List<String> split(String value, char separator) {
    List<String> elements = new ArrayList<>(2);
    boolean quoted = false;
    int from = 0;
    for (int i = 0; i < value.length(); i++) {
      char c = value.charAt(i);
      if (c == '"') {
        quoted = !quoted;
      } else if (c == separator && !quoted) {
        add(elements, value.substring(from, i));
        from = i + 1;
      }
    }
    add(elements, value.substring(from));
    return elements;
  }

  private static void add(List<String> elements, String element) {
    String stripped = element.strip();
    if (!stripped.isEmpty()) {
      elements.add(stripped);
    }
  }
}
