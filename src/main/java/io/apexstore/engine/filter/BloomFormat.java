package io.apexstore.engine.filter;

/**
 * A blocked Bloom filter: an array of lines of 64 bytes; a key sets, and asks for, a few bits of
 * one line, so that a question touches one cache line (Putze, Sanders, Singler: Cache-, Hash- and
 * Space-Efficient Bloom Filters, 2007).
 *
 * <p>Of a key's 64-bit hash {@code h}, the upper half chooses the line, {@code (h >>> 32) * lines
 * >>> 32}. The bits are successive groups of nine bits, from the top, of {@code h * SPREAD} modulo
 * 2<sup>64</sup>; bit {@code b} of a line is bit {@code b mod 64} of its little-endian word {@code
 * b div 64}.
 *
 * <p>Keys do not fall evenly on lines, so a line filter needs more bits than a plain one for the
 * same rate: {@link #expectedRate} is the mean over a Poisson distribution of keys a line.
 */
public final class BloomFormat {
  /** Bytes in a line. */
  public static final int LINE_BYTES = 64;

  /** Most bits that a key can set: their positions are made of one 64-bit product. */
  public static final int PROBES_MAX = 7;

  /** Most lines of a filter, 1 GiB. */
  public static final int LINES_MAX = 1 << 24;

  static final int LINE_BITS = LINE_BYTES * 8;
  static final int PROBE_BITS = 9;
  static final long SPREAD = 0x9E3779B97F4A7C15L;

  private static final double BITS_STEP = 0.25;
  private static final double BITS_PER_KEY_MAX = 24;

  /** The rate asked for is a bound, not a mean; this share of it is aimed at. */
  private static final double AIM = 0.75;

  /** Lines with so many keys are so rare that the sum over them ends. */
  private static final double NEGLIGIBLE = 1e-15;

  private BloomFormat() {}

  /** Returns the line of a key. */
  static int line(long hash, int lines) {
    return (int) (((hash >>> 32) * lines) >>> 32);
  }

  /**
   * Returns how many bits a key a filter needs so that its share of absent keys let through stays
   * below a bound.
   *
   * @param rateMax the bound, above 0 and below 1
   */
  public static double bitsPerKey(double rateMax) {
    if (!(rateMax > 0 && rateMax < 1)) {
      throw new IllegalArgumentException("rate " + rateMax + ", allowed is above 0 and below 1");
    }
    // No filter does better than a plain one with the best number of probes.
    double plain = -Math.log(rateMax * AIM) / (Math.log(2) * Math.log(2));
    double bits = Math.clamp(Math.floor(plain / BITS_STEP) * BITS_STEP, 1, BITS_PER_KEY_MAX);
    while (bits < BITS_PER_KEY_MAX && expectedRate(bits, probes(bits)) > rateMax * AIM) {
      bits += BITS_STEP;
    }
    return bits;
  }

  /** Returns how many bits each key sets in a filter of so many bits a key. */
  public static int probes(double bitsPerKey) {
    int best = 1;
    for (int probes = 2; probes <= PROBES_MAX; probes++) {
      if (expectedRate(bitsPerKey, probes) < expectedRate(bitsPerKey, best)) {
        best = probes;
      }
    }
    return best;
  }

  /** Returns how many lines a filter of so many keys needs. */
  public static int lines(long keys, double bitsPerKey) {
    double lines = Math.ceil(keys * bitsPerKey / LINE_BITS);
    return (int) Math.clamp(lines, 1, LINES_MAX);
  }

  /** Returns the expected share of absent keys that a filter lets through. */
  public static double expectedRate(double bitsPerKey, int probes) {
    double keysPerLine = LINE_BITS / bitsPerKey;
    double probability = Math.exp(-keysPerLine);
    double rate = 0;
    for (int keys = 1; keys < 4 * LINE_BITS; keys++) {
      probability *= keysPerLine / keys;
      if (keys > keysPerLine && probability < NEGLIGIBLE) {
        break;
      }
      double bitIsSet = 1 - Math.pow(1 - 1.0 / LINE_BITS, (double) probes * keys);
      rate += probability * Math.pow(bitIsSet, probes);
    }
    return rate;
  }
}
