package io.apexstore.server.http;

/** Quotes a client's input in the detail of a problem. */
public final class Quoted {
  private static final int CHARS_MAX = 64;

  private Quoted() {}

  /**
   * Returns a text in single quotes. Only its first 64 characters are shown; control characters and
   * surrogates are replaced with U+FFFD.
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
