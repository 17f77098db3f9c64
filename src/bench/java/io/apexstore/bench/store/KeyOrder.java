package io.apexstore.bench.store;

/**
 * A pseudo-random order of the numbers 0 to n - 1, computed without a table: a bijection on the
 * next power of two, iterated until the result is below n.
 *
 * <p><b>Threads:</b> any; it has no state.
 */
public record KeyOrder(long size, long seed) {
  /** Returns the number at a position. */
  public long at(long place) {
    int bits = Math.max(2, Long.SIZE - Long.numberOfLeadingZeros(size - 1));
    long mask = bits == Long.SIZE ? -1 : (1L << bits) - 1;
    int half = (bits + 1) / 2;
    long number = place;
    do {
      number = (number ^ (seed & mask)) & mask;
      number = (number * 0x9E3779B97F4A7C15L) & mask;
      number ^= number >>> half;
      number = (number * 0xBF58476D1CE4E5B9L) & mask;
      number ^= number >>> half;
      number = (number * 0x94D049BB133111EBL) & mask;
      number ^= number >>> half;
    } while (number >= size);
    return number;
  }

  /** Returns a hash of the number, different for different numbers. */
  public static long mix(long number) {
    long z = number + 0x9E3779B97F4A7C15L;
    z = (z ^ (z >>> 30)) * 0xBF58476D1CE4E5B9L;
    z = (z ^ (z >>> 27)) * 0x94D049BB133111EBL;
    return z ^ (z >>> 31);
  }
}
