package io.apexstore.engine.sstable;

import io.apexstore.options.Compression;

/**
 * The options by which tables are written. Tables of all options can be read.
 *
 * @param blockBytes the most bytes of a data or index block before compression, unless it has a
 *     single entry; default 4096. Smaller blocks make point reads of uncached blocks cheaper,
 *     larger ones compress better
 * @param restartInterval entries from one whole key to the next, 1 or more; default 8. A smaller
 *     interval makes seeks faster and blocks larger
 * @param compression default {@link Compression#LZ4}
 * @param filterBitsPerKey size of the filter, 0 for none; default 10.75 bits, which lets less than
 *     0.8 % of absent keys through. See {@link io.apexstore.engine.filter.BloomFormat#bitsPerKey}
 */
public record TableOptions(
    int blockBytes, int restartInterval, Compression compression, double filterBitsPerKey) {
  /** The defaults. */
  public static final TableOptions DEFAULT = new TableOptions(4096, 8, Compression.LZ4, 10.75);

  private static final int BLOCK_BYTES_MIN = 256;
  private static final int BLOCK_BYTES_MAX = 1 << 20;
  private static final double FILTER_BITS_MAX = 64;

  /** Checks the options. */
  public TableOptions {
    if (blockBytes < BLOCK_BYTES_MIN || blockBytes > BLOCK_BYTES_MAX) {
      throw new IllegalArgumentException(
          "block of %d bytes, allowed are %d to %d"
              .formatted(blockBytes, BLOCK_BYTES_MIN, BLOCK_BYTES_MAX));
    }
    if (restartInterval < 1) {
      throw new IllegalArgumentException("restart interval " + restartInterval);
    }
    if (!(filterBitsPerKey >= 0 && filterBitsPerKey <= FILTER_BITS_MAX)) {
      throw new IllegalArgumentException("filter of " + filterBitsPerKey + " bits a key");
    }
  }

  /** Returns these options with another compression. */
  public TableOptions withCompression(Compression other) {
    return new TableOptions(blockBytes, restartInterval, other, filterBitsPerKey);
  }
}
