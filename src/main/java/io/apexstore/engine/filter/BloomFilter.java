package io.apexstore.engine.filter;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;

/**
 * A blocked Bloom filter for reading, in memory outside the heap. See {@link BloomFormat}.
 *
 * <p><b>Threads:</b> any. <b>Invariants:</b> the bits never change; the memory belongs to the
 * creator of the filter and outlives it.
 */
public final class BloomFilter {
  private static final ValueLayout.OfLong WORD =
      ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

  private final MemorySegment bits;
  private final int lines;
  private final int probes;

  /**
   * Creates a filter over its bits.
   *
   * @param bits whole lines; best aligned to {@link BloomFormat#LINE_BYTES}
   * @param probes the bits that each key set, 1 to {@link BloomFormat#PROBES_MAX}
   * @throws IllegalArgumentException if a size or {@code probes} is not allowed
   */
  public BloomFilter(MemorySegment bits, int probes) {
    long count = bits.byteSize() / BloomFormat.LINE_BYTES;
    if (count < 1
        || count > BloomFormat.LINES_MAX
        || bits.byteSize() % BloomFormat.LINE_BYTES != 0) {
      throw new IllegalArgumentException("filter of " + bits.byteSize() + " bytes");
    }
    if (probes < 1 || probes > BloomFormat.PROBES_MAX) {
      throw new IllegalArgumentException("filter with " + probes + " probes");
    }
    this.bits = bits;
    this.lines = (int) count;
    this.probes = probes;
  }

  /** Whether a key with this hash may have been added; false is certain. */
  public boolean mayContain(long hash) {
    long line = (long) BloomFormat.line(hash, lines) * BloomFormat.LINE_BYTES;
    long positions = hash * BloomFormat.SPREAD;
    long all = 1;
    for (int i = 0; i < probes; i++) {
      int bit = (int) (positions >>> (64 - BloomFormat.PROBE_BITS));
      all &= bits.get(WORD, line + ((bit >>> 6) << 3)) >>> bit;
      positions <<= BloomFormat.PROBE_BITS;
    }
    return all != 0;
  }

  /** Returns the filter's size in bytes. */
  public long bytes() {
    return bits.byteSize();
  }
}
