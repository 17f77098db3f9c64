package io.apexstore.engine.base;

import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;

/**
 * The UTF-8 form of text that is an identity: it is stored as bytes and compared after it was read
 * again. The conversions of {@link String} replace what they cannot convert, so two texts would
 * become one; these refuse it.
 */
public final class UnicodeText {
  private UnicodeText() {}

  /**
   * Returns the index of the first surrogate that has no partner, and so no form in UTF-8; -1 if
   * the text has none.
   */
  public static int firstUnpaired(String text) {
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      if (Character.isSurrogate(c)) {
        boolean isPair =
            Character.isHighSurrogate(c)
                && i + 1 < text.length()
                && Character.isLowSurrogate(text.charAt(i + 1));
        if (!isPair) {
          return i;
        }
        i++;
      }
    }
    return -1;
  }

  /**
   * Encodes text.
   *
   * @throws IllegalArgumentException if it has an unpaired surrogate
   */
  public static byte[] encode(String text) {
    try {
      ByteBuffer bytes = StandardCharsets.UTF_8.newEncoder().encode(CharBuffer.wrap(text));
      byte[] encoded = new byte[bytes.remaining()];
      bytes.get(encoded);
      return encoded;
    } catch (CharacterCodingException e) {
      throw new IllegalArgumentException("text with an unpaired surrogate: " + escaped(text), e);
    }
  }

  /**
   * Decodes text.
   *
   * @throws CharacterCodingException if the bytes are not UTF-8
   */
  public static String decode(byte[] bytes) throws CharacterCodingException {
    return StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(bytes)).toString();
  }

  /**
   * Decodes a file that a person has written. A byte-order mark, which some editors put in front,
   * is left out: it would become a part of the first word.
   *
   * @throws CharacterCodingException if the bytes are not UTF-8, or have a NUL, as UTF-16 does
   */
  public static String decodeFile(byte[] bytes) throws CharacterCodingException {
    String text = decode(bytes);
    if (text.indexOf('\0') >= 0) {
      throw new CharacterCodingException();
    }
    return text.startsWith("\uFEFF") ? text.substring(1) : text;
  }

  /**
   * Returns text for a message: control characters and unpaired surrogates are written as {@code
   * \}{@code uXXXX}, and what is past the first 64 characters is left out.
   */
  public static String escaped(String text) {
    int end = Math.min(text.length(), 64);
    StringBuilder out = new StringBuilder(end + 8);
    for (int i = 0; i < end; i++) {
      char c = text.charAt(i);
      if (Character.isISOControl(c) || Character.isSurrogate(c)) {
        out.append(String.format("\\u%04x", (int) c));
      } else {
        out.append(c);
      }
    }
    return end < text.length() ? out.append('…').toString() : out.toString();
  }
}
