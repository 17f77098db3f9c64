package io.apexstore.engine.base;

/**
 * Varints: numbers of seven bits a byte, the lowest bits first, the top bit set in every byte but
 * the last.
 */
public final class Varints {
  private Varints() {}

  /** Returns the bytes that a number of 0 or more takes, 1 to 5. */
  public static int length(int value) {
    return (38 - Integer.numberOfLeadingZeros(value | 1)) / 7;
  }

  /**
   * Writes a number and returns the index after it. A negative number is written as the unsigned
   * number of the same bits.
   */
  public static int put(byte[] target, int offset, int value) {
    int at = offset;
    int rest = value;
    while ((rest & ~0x7F) != 0) {
      target[at++] = (byte) (rest | 0x80);
      rest >>>= 7;
    }
    target[at++] = (byte) rest;
    return at;
  }
}
