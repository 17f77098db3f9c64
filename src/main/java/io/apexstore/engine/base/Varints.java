package io.apexstore.engine.base;

/** Numbers in seven bits a byte, lowest first, the top bit set in all but the last. */
final class Varints {
  private Varints() {}

  /** Writes a number, a negative one as if it had no sign; returns the index behind it. */
  static int put(byte[] target, int offset, int value) {
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
