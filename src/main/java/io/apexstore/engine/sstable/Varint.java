package io.apexstore.engine.sstable;

/** Writing and measuring varints: seven bits a byte, lowest first. */
final class Varint {
  private Varint() {}

  /** Returns how many bytes a number takes. */
  static int length(int value) {
    return (38 - Integer.numberOfLeadingZeros(value | 1)) / 7;
  }

  /** Writes a number that is not negative; returns the index behind it. */
  static int put(byte[] target, int at, int value) {
    int index = at;
    int rest = value;
    while (rest >= 0x80) {
      target[index++] = (byte) (rest | 0x80);
      rest >>>= 7;
    }
    target[index++] = (byte) rest;
    return index;
  }
}
