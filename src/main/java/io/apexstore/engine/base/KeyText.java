package io.apexstore.engine.base;

/**
 * Keys as people read them: in quotes, printable ASCII as it is, every other byte as {@code \xNN},
 * and no more than the first {@value #BYTES_SHOWN_MAX} bytes.
 */
public final class KeyText {
  /** How many bytes of a long key are shown. */
  public static final int BYTES_SHOWN_MAX = 64;

  private KeyText() {}

  /** Returns the key that fills the array, as text. */
  public static String of(byte[] key) {
    int shown = Math.min(key.length, BYTES_SHOWN_MAX);
    StringBuilder text = new StringBuilder(shown + 2).append('"');
    for (int i = 0; i < shown; i++) {
      int b = key[i] & 0xFF;
      if (b == '"' || b == '\\') {
        text.append('\\').append((char) b);
      } else if (b >= ' ' && b < 0x7F) {
        text.append((char) b);
      } else {
        text.append("\\x");
        text.append(Character.forDigit(b >> 4, 16)).append(Character.forDigit(b & 15, 16));
      }
    }
    if (shown < key.length) {
      text.append("… ").append(key.length).append(" bytes");
    }
    return text.append('"').toString();
  }
}
