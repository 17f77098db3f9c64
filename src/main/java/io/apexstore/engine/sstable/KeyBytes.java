package io.apexstore.engine.sstable;

import java.util.Arrays;

/** Compares neighboring keys: their common beginning, and a short separator between them. */
final class KeyBytes {
  private KeyBytes() {}

  /** Returns the number of leading bytes that two keys have in common. */
  static int common(byte[] a, int aOffset, int aLength, byte[] b, int bOffset, int bLength) {
    int shorter = Math.min(aLength, bLength);
    int mismatch = Arrays.mismatch(a, aOffset, aOffset + shorter, b, bOffset, bOffset + shorter);
    return mismatch < 0 ? shorter : mismatch;
  }

  /**
   * Computes a short separator of two keys: at least the first and less than the second.
   *
   * @param a the smaller key
   * @param b the greater key
   * @param common the number of leading bytes that they have in common
   * @param target receives the separator; at least as long as the first key
   * @return the separator's length
   */
  static int separator(
      byte[] a, int aLength, byte[] b, int bOffset, int bLength, int common, byte[] target) {
    if (common == aLength) {
      System.arraycopy(a, 0, target, 0, aLength);
      return aLength;
    }
    System.arraycopy(a, 0, target, 0, common + 1);
    if (bLength > common + 1) {
      target[common] = b[bOffset + common];
      return common + 1;
    }
    if ((a[common] & 0xFF) + 1 < (b[bOffset + common] & 0xFF)) {
      target[common]++;
      return common + 1;
    }
    for (int i = common + 1; i < aLength; i++) {
      target[i] = a[i];
      if (a[i] != (byte) 0xFF) {
        target[i]++;
        return i + 1;
      }
    }
    return aLength;
  }
}
