package io.apexstore.bench.store;

import java.util.Random;

/**
 * Precomputed values of 100 bytes. The second half repeats the random first half, so that
 * compression can save half.
 *
 * <p><b>Threads:</b> any; the arrays are never modified.
 */
public final class ValuePool {
  /** Length of every value in bytes. */
  public static final int LENGTH = 100;

  private static final int COUNT = 1 << 14;

  private final byte[][] values = new byte[COUNT][];

  /** Generates the values of a seed. */
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

  /** Returns the value for a number; distant numbers share one. */
  public byte[] at(long number) {
    return values[(int) (number & (COUNT - 1))];
  }
}
