package io.apexstore.server.http;

/** Shows what a client gave in the words of a problem: in quotes, short, and nothing but text. */
public final class Quoted {
  private static final int CHARS_MAX = 64;

  private Quoted() {}

  /**
   * Returns a text in single quotes, cut short where it is long; others than characters replaced.
   */
  public static String of(String text) {
    int end = Math.min(text.length(), CHARS_MAX);
    StringBuilder out = new StringBuilder(end + 3).append('\'');
    for (int i = 0; i < end; i++) {
      char c = text.charAt(i);
      out.append(Character.isISOControl(c) || Character.isSurrogate(c) ? '\uFFFD' : c);
    }
    return out.append(end < text.length() ? "…'" : "'").toString();
  }
}
