package io.apexstore.server.http;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.HexFormat;

/** The percent-encoding of a request line (RFC 3986, 2.1), as exact bytes. */
public final class PercentCoding {
  private static final String UNRESERVED = "-._~";
  private static final HexFormat HEX = HexFormat.of().withUpperCase();

  private PercentCoding() {}

  /** Encodes bytes as one segment of a path: all but unreserved characters (RFC 3986, 2.3). */
  public static String encode(byte[] bytes) {
    StringBuilder text = new StringBuilder(bytes.length + 16);
    for (byte b : bytes) {
      boolean isPlain =
          (b >= '0' && b <= '9')
              || (b >= 'A' && b <= 'Z')
              || (b >= 'a' && b <= 'z')
              || UNRESERVED.indexOf(b) >= 0;
      if (isPlain) {
        text.append((char) b);
      } else {
        text.append('%').append(HEX.toHexDigits(b));
      }
    }
    return text.toString();
  }

  /**
   * Decodes a part of a request line. Each character of the line is one byte, because Netty reads
   * the line as ISO 8859-1; a character that is not encoded stands for itself.
   *
   * @param plusIsSpace whether {@code +} stands for a space, as in a query
   * @throws ProblemException {@code MALFORMED_REQUEST} if a percent sign is not followed by two
   *     hexadecimal digits
   */
  static byte[] decode(String text, int from, int to, boolean plusIsSpace) {
    int escape = text.indexOf('%', from, to);
    if (escape < 0 && !plusIsSpace) {
      return text.substring(from, to).getBytes(StandardCharsets.ISO_8859_1);
    }
    byte[] bytes = new byte[to - from];
    int length = 0;
    for (int i = from; i < to; i++) {
      char c = text.charAt(i);
      if (c == '%') {
        int high = i + 2 < to ? Character.digit(text.charAt(i + 1), 16) : -1;
        int low = i + 2 < to ? Character.digit(text.charAt(i + 2), 16) : -1;
        if (high < 0 || low < 0) {
          throw Problem.of(
                  Problem.Kind.MALFORMED_REQUEST,
                  "a % in the path or query must be followed by two hexadecimal digits")
              .exception();
        }
        bytes[length++] = (byte) (high << 4 | low);
        i += 2;
      } else {
        bytes[length++] = c == '+' && plusIsSpace ? (byte) ' ' : (byte) c;
      }
    }
    return length == bytes.length ? bytes : Arrays.copyOf(bytes, length);
  }
}
