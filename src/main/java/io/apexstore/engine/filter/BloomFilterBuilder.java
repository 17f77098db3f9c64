package io.apexstore.engine.filter;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;

/**
 * Collects the hashes of keys and computes the filter's bits once the number of keys is known.
 * Until then it takes eight bytes of heap a key.
 *
 * <p><b>Threads:</b> one at a time.
 */
public final class BloomFilterBuilder {
  private static final VarHandle WORD =
      MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);

  private static final int CHUNK = 8 << 10;

  private final double bitsPerKey;
  private final List<long[]> fullChunks = new ArrayList<>();
  private long[] chunk = new long[CHUNK];
  private int chunkCount;

  /**
   * Creates an empty builder.
   *
   * @param bitsPerKey size of the filter in bits a key, see {@link BloomFormat#bitsPerKey}
   */
  public BloomFilterBuilder(double bitsPerKey) {
    this.bitsPerKey = bitsPerKey;
  }

  /** Adds a key by its hash. A key that is added twice counts twice. */
  public void add(long hash) {
    if (chunkCount == CHUNK) {
      fullChunks.add(chunk);
      chunk = new long[CHUNK];
      chunkCount = 0;
    }
    chunk[chunkCount++] = hash;
  }

  /** Returns the number of keys that were added. */
  public long count() {
    return (long) fullChunks.size() * CHUNK + chunkCount;
  }

  /** Returns the number of lines of the filter so far. */
  public int lines() {
    return BloomFormat.lines(count(), bitsPerKey);
  }

  /** Returns the number of bits that each key sets. */
  public int probes() {
    return BloomFormat.probes(bitsPerKey);
  }

  /** Returns the filter's bits: whole lines. */
  public byte[] build() {
    int lines = lines();
    byte[] bits = new byte[lines * BloomFormat.LINE_BYTES];
    int probes = probes();
    for (long[] full : fullChunks) {
      set(bits, lines, probes, full, CHUNK);
    }
    set(bits, lines, probes, chunk, chunkCount);
    return bits;
  }

  private static void set(byte[] bits, int lines, int probes, long[] hashes, int count) {
    for (int i = 0; i < count; i++) {
      long hash = hashes[i];
      int line = BloomFormat.line(hash, lines) * BloomFormat.LINE_BYTES;
      long positions = hash * BloomFormat.SPREAD;
      for (int probe = 0; probe < probes; probe++) {
        int bit = (int) (positions >>> (64 - BloomFormat.PROBE_BITS));
        int word = line + ((bit >>> 6) << 3);
        WORD.set(bits, word, (long) WORD.get(bits, word) | (1L << bit));
        positions <<= BloomFormat.PROBE_BITS;
      }
    }
  }
}
