package io.apexstore.engine.base;

/**
 * The one way to print a key, or another string of bytes, for people: in quotes, printable ASCII as
 * it is, a quote or backslash after a backslash, every other byte as {@code \xNN}. Of a long key
 * the text has the first {@value #BYTES_SHOWN_MAX} bytes and, after the closing quote, the length.
 */
public final class KeyText {
  /** The bytes of a long key that are shown. */
  public static final int BYTES_SHOWN_MAX = 64;

  private KeyText() {}

  /** Returns the text of the key that fills the array. */
  public static String of(byte[] key) {
    return of(key, 0, key.length);
  }

  /** Returns the text of {@code length} bytes from {@code offset}. */
  public static String of(byte[] bytes, int offset, int length) {
    int shown = Math.min(length, BYTES_SHOWN_MAX);
    StringBuilder text = new StringBuilder(shown + 2).append('"');
    for (int i = offset; i < offset + shown; i++) {
      int b = bytes[i] & 0xFF;
      if (b == '"' || b == '\\') {
        text.append('\\').append((char) b);
      } else if (b >= ' ' && b < 0x7F) {
        text.append((char) b);
      } else {
        text.append("\\x");
        text.append(Character.forDigit(b >> 4, 16)).append(Character.forDigit(b & 15, 16));
      }
    }
    text.append('"');
    if (shown < length) {
      text.append("… (").append(length).append(" bytes)");
    }
    return text.toString();
  }
}
