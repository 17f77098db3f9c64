package io.apexstore.engine.filter;

/**
 * The format of a blocked Bloom filter: an array of lines of 64 bytes. A key sets and checks a few
 * bits of one line, so a check touches one cache line (Putze, Sanders, Singler: Cache-, Hash- and
 * Space-Efficient Bloom Filters, 2007).
 *
 * <p>The upper half of a key's 64-bit hash {@code h} chooses the line, {@code (h >>> 32) * lines
 * >>> 32}. The bits are successive groups of nine bits, from the top, of {@code h * SPREAD} modulo
 * 2<sup>64</sup>; bit {@code b} of a line is bit {@code b mod 64} of its little-endian word {@code
 * b div 64}.
 *
 * <p>Keys are not distributed evenly over lines. So a blocked filter needs more bits than a plain
 * one for the same rate: {@link #expectedRate} is the mean over a Poisson distribution of keys a
 * line.
 */
public final class BloomFormat {
  /** Bytes in a line. */
  public static final int LINE_BYTES = 64;

  /** The most bits that a key can set: their positions come from one 64-bit product. */
  public static final int PROBES_MAX = 7;

  /** The most lines of a filter, 1 GiB. */
  public static final int LINES_MAX = 1 << 24;

  static final int LINE_BITS = LINE_BYTES * 8;
  static final int PROBE_BITS = 9;
  static final long SPREAD = 0x9E3779B97F4A7C15L;

  private static final double BITS_STEP = 0.25;
  private static final double BITS_PER_KEY_MAX = 24;

  /** The requested rate is a bound, not a mean; the filter aims at this share of it. */
  private static final double AIM = 0.75;

  /** The sum over keys a line ends where the probability falls below this. */
  private static final double NEGLIGIBLE = 1e-15;

  private BloomFormat() {}

  /** Returns the line of a key. */
  static int line(long hash, int lines) {
    return (int) (((hash >>> 32) * lines) >>> 32);
  }

  /**
   * Returns the bits a key that a filter needs to keep its false positive rate below a bound.
   *
   * @param rateMax the bound, above 0 and below 1
   * @throws IllegalArgumentException if {@code rateMax} is out of bounds
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

  /** Returns the bits that each key sets in a filter of {@code bitsPerKey} bits a key. */
  public static int probes(double bitsPerKey) {
    int best = 1;
    for (int probes = 2; probes <= PROBES_MAX; probes++) {
      if (expectedRate(bitsPerKey, probes) < expectedRate(bitsPerKey, best)) {
        best = probes;
      }
    }
    return best;
  }

  /** Returns the lines that a filter of this many keys needs. */
  public static int lines(long keys, double bitsPerKey) {
    double lines = Math.ceil(keys * bitsPerKey / LINE_BITS);
    return (int) Math.clamp(lines, 1, LINES_MAX);
  }

  /** Returns the expected false positive rate: the share of absent keys that pass the filter. */
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
