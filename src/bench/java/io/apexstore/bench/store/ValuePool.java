package io.apexstore.bench.store;

import java.util.Random;

/**
 * Values of 100 bytes, made beforehand: the first half random, the second half the first again, so
 * that a compressor can save half.
 *
 * <p><b>Threads:</b> any; nobody changes the arrays.
 */
public final class ValuePool {
  /** Length of every value in bytes. */
  public static final int LENGTH = 100;

  private static final int COUNT = 1 << 14;

  private final byte[][] values = new byte[COUNT][];

  /** Makes the values of a seed. */
  public ValuePool(long seed) {
    Random random = new Random(seed);
    byte[] half = new byte[LENGTH / 2];
    for (int i = 0; i < COUNT; i++) {
      random.nextBytes(half);
      byte[] value = new byte[LENGTH];
      System.arraycopy(half, 0, value, 0, half.length);
      System.arraycopy(half, 0, value, half.length, half.length);
      values[i] = value;
    }
  }

  /** Returns the value of that number; numbers far apart share one. */
  public byte[] at(long number) {
    return values[(int) (number & (COUNT - 1))];
  }
}
