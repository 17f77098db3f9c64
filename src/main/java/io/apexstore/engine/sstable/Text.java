package io.apexstore.engine.sstable;

/** Shows bytes to people: what is printable ASCII as it is, the rest as {@code \xNN}. */
final class Text {
  private static final int SHOWN_MAX = 64;

  private Text() {}

  static String ofKey(byte[] key) {
    return of(key, 0, key.length);
  }

  /** Returns bytes in quotes; of many only the first, and how many there are. */
  static String of(byte[] bytes, int from, int length) {
    StringBuilder text = new StringBuilder("\"");
    int shown = Math.min(length, SHOWN_MAX);
    for (int i = from; i < from + shown; i++) {
      int b = bytes[i] & 0xFF;
      if (b == '"' || b == '\\') {
        text.append('\\').append((char) b);
      } else if (b >= ' ' && b < 0x7F) {
        text.append((char) b);
      } else {
        text.append("\\x%02X".formatted(b));
      }
    }
    text.append('"');
    if (shown < length) {
      text.append("… (").append(length).append(" bytes)");
    }
    return text.toString();
  }
}
