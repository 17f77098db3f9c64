package io.apexstore.engine.filter;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.apexstore.engine.base.Keys;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.util.function.LongFunction;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

final class BloomFilterTest {
  private static final int KEYS = 200_000;

  @Test
  void noKeyThatWasAddedIsRejected() {
    for (double bits : new double[] {1, 4.5, 10.75, 24}) {
      for (int keys : new int[] {1, 2, 47, 48, 10_000}) {
        try (Arena arena = Arena.ofConfined()) {
          BloomFilter filter = filter(arena, bits, keys, BloomFilterTest::decimal);
          for (int i = 0; i < keys; i++) {
            assertTrue(filter.mayContain(hash(decimal(i))));
          }
        }
      }
    }
  }

  /** The default rate bound is 0.01; the filter should reject 99.2 %. */
  @Test
  void theDefaultRejectsMoreThan992OfAThousandAbsentKeys() {
    double bits = BloomFormat.bitsPerKey(0.01);
    assertEquals(10.75, bits);
    assertRejects(bits, 0.992, BloomFilterTest::decimal);
    assertRejects(bits, 0.992, BloomFilterTest::binary);
    assertRejects(bits, 0.992, BloomFilterTest::hierarchical);
  }

  @Test
  @Tag("stress")
  void theRequestedRateIsABound() {
    for (double rate : new double[] {0.2, 0.1, 0.05, 0.02, 0.005, 0.001}) {
      double bits = BloomFormat.bitsPerKey(rate);
      assertRejects(bits, 1 - rate, BloomFilterTest::decimal);
    }
  }

  @Test
  @Tag("stress")
  void theExpectedRateIsTheRateMeasured() {
    for (double bits : new double[] {5, 8, 10.75, 14}) {
      double expected = BloomFormat.expectedRate(bits, BloomFormat.probes(bits));
      double measured = 1 - rejected(bits, BloomFilterTest::decimal);
      assertEquals(expected, measured, expected * 0.15);
    }
  }

  @Test
  void bitsOfAnImpossibleShapeAreRejected() {
    MemorySegment odd = MemorySegment.ofArray(new byte[65]);
    assertThrows(IllegalArgumentException.class, () -> new BloomFilter(odd, 7));
    MemorySegment line = MemorySegment.ofArray(new byte[64]);
    assertThrows(IllegalArgumentException.class, () -> new BloomFilter(line, 0));
    assertThrows(IllegalArgumentException.class, () -> new BloomFilter(line, 8));
    assertThrows(IllegalArgumentException.class, () -> BloomFormat.bitsPerKey(0));
    assertThrows(IllegalArgumentException.class, () -> BloomFormat.bitsPerKey(1));
  }

  private static void assertRejects(double bits, double shareMin, LongFunction<byte[]> keys) {
    double share = rejected(bits, keys);
    assertTrue(share >= shareMin, () -> bits + " bits a key reject " + share);
  }

  private static double rejected(double bits, LongFunction<byte[]> keys) {
    try (Arena arena = Arena.ofConfined()) {
      BloomFilter filter = filter(arena, bits, KEYS, keys);
      int probes = 2 * KEYS;
      int rejected = 0;
      for (int i = 0; i < probes; i++) {
        rejected += filter.mayContain(hash(keys.apply(KEYS + (long) i))) ? 0 : 1;
      }
      return (double) rejected / probes;
    }
  }

  private static BloomFilter filter(
      Arena arena, double bitsPerKey, int keys, LongFunction<byte[]> key) {
    BloomFilterBuilder builder = new BloomFilterBuilder(bitsPerKey);
    for (int i = 0; i < keys; i++) {
      builder.add(hash(key.apply(i)));
    }
    assertEquals(keys, builder.count());
    byte[] bits = builder.build();
    assertEquals(builder.lines() * BloomFormat.LINE_BYTES, bits.length);
    MemorySegment memory = arena.allocate(bits.length, BloomFormat.LINE_BYTES);
    MemorySegment.copy(bits, 0, memory, ValueLayout.JAVA_BYTE, 0, bits.length);
    return new BloomFilter(memory, builder.probes());
  }

  private static long hash(byte[] key) {
    return Keys.hash(key, 0, key.length);
  }

  private static byte[] decimal(long i) {
    return "%016d".formatted(i).getBytes(java.nio.charset.StandardCharsets.US_ASCII);
  }

  private static byte[] binary(long i) {
    return ByteBuffer.allocate(8).putLong(i).array();
  }

  private static byte[] hierarchical(long i) {
    return "/users/%d/orders/%d"
        .formatted(i % 1000, i)
        .getBytes(java.nio.charset.StandardCharsets.US_ASCII);
  }
}
