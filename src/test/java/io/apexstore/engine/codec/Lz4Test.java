package io.apexstore.engine.codec;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Random;
import net.jpountz.lz4.LZ4Factory;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Our LZ4 against lz4-java in both directions, and against malformed bytes. */
final class Lz4Test {
  private static final long SEED = Long.getLong("seed", System.nanoTime());
  private static final int SLACK = 16;
  private static final LZ4Factory OTHER = LZ4Factory.safeInstance();

  private final Lz4Compressor compressor = new Lz4Compressor();

  @Test
  void ourBlocksAreDecompressedByBoth() {
    Random random = new Random(SEED);
    for (int i = 0; i < 3000; i++) {
      byte[] raw = bytes(random, random.nextInt(random.nextInt(20) == 0 ? 200_000 : 5000));
      int limit = raw.length + raw.length / 100 + 64;
      byte[] out = new byte[limit + SLACK];
      int length = compressor.compress(raw, raw.length, out, limit);
      assertTrue(length >= 0, "seed " + SEED);
      byte[] back = new byte[raw.length];
      assertEquals(
          raw.length,
          OTHER.safeDecompressor().decompress(out, 0, length, back, 0, raw.length),
          "seed " + SEED);
      assertArrayEquals(raw, back, "seed " + SEED);
      checkDecompress(out, length, raw, random);
    }
  }

  @Test
  @Tag("stress")
  void theOthersBlocksAreDecompressedByUs() {
    Random random = new Random(SEED);
    for (int i = 0; i < 3000; i++) {
      byte[] raw = bytes(random, random.nextInt(random.nextInt(20) == 0 ? 200_000 : 5000));
      byte[] out = (i % 20 == 0 ? OTHER.highCompressor() : OTHER.fastCompressor()).compress(raw);
      checkDecompress(out, out.length, raw, random);
    }
  }

  @Test
  void memoryOutsideTheHeapIsCompressedToTheSameBytes() {
    Random random = new Random(SEED);
    Lz4Compressor other = new Lz4Compressor();
    for (int i = 0; i < 2000; i++) {
      byte[] raw = bytes(random, random.nextInt(random.nextInt(20) == 0 ? 200_000 : 5000));
      int limit = random.nextInt(raw.length + raw.length / 100 + 64);
      byte[] out = new byte[limit + SLACK];
      int length = compressor.compress(raw, raw.length, out, limit);
      try (Arena arena = Arena.ofConfined()) {
        MemorySegment source = arena.allocate(raw.length);
        MemorySegment target = arena.allocate(limit);
        MemorySegment.copy(raw, 0, source, ValueLayout.JAVA_BYTE, 0, raw.length);
        assertEquals(length, other.compress(source, target), "seed " + SEED);
        if (length >= 0) {
          assertArrayEquals(
              Arrays.copyOf(out, length),
              target.asSlice(0, length).toArray(ValueLayout.JAVA_BYTE),
              "seed " + SEED);
        }
      }
    }
  }

  @Test
  void aResultPastTheLimitIsAbandoned() {
    Random random = new Random(SEED);
    for (int i = 0; i < 2000; i++) {
      byte[] raw = bytes(random, random.nextInt(5000));
      int limit = random.nextInt(raw.length + 64);
      byte[] out = new byte[limit + SLACK];
      int length = compressor.compress(raw, raw.length, out, limit);
      assertTrue(length <= limit);
      if (length >= 0) {
        checkDecompress(out, length, raw, random);
      }
    }
  }

  @Test
  void randomBytesAreRefusedOrStayWithinTheLength() {
    Random random = new Random(SEED);
    for (int i = 0; i < 200_000; i++) {
      byte[] source = new byte[random.nextInt(60)];
      random.nextBytes(source);
      checkMalformed(source, random.nextInt(500), random);
    }
  }

  @Test
  void damagedBlocksAreRefusedOrStayWithinTheLength() {
    Random random = new Random(SEED);
    for (int i = 0; i < 20_000; i++) {
      byte[] raw = bytes(random, random.nextInt(400));
      byte[] damaged = OTHER.fastCompressor().compress(raw);
      damaged[random.nextInt(damaged.length)] ^= (byte) (1 << random.nextInt(8));
      int cut = random.nextInt(3) == 0 ? random.nextInt(damaged.length) : damaged.length;
      checkMalformed(Arrays.copyOf(damaged, cut), raw.length, random);
    }
  }

  @Test
  void lengthsThatOverflowAreRefused() {
    byte[] source = new byte[1 << 20];
    Arrays.fill(source, (byte) 0xFF);
    byte[] target = new byte[100];
    assertEquals(
        Lz4Decompressor.MALFORMED,
        Lz4Decompressor.decompress(source, 0, source.length, target, 50));
    assertEquals(Lz4Decompressor.MALFORMED, Lz4Decompressor.decompress(source, 0, 0, target, 50));
  }

  @Test
  void aCompressorResetsItsTableWhenPositionsOverflow() throws ReflectiveOperationException {
    var base = Lz4Compressor.class.getDeclaredField("base");
    base.setAccessible(true);
    Random random = new Random(SEED);
    for (int before : new int[] {200_000, 140_000, 131_100, 1}) {
      base.setInt(compressor, Integer.MAX_VALUE - before);
      byte[] raw = bytes(random, 4000);
      byte[] out = new byte[5000];
      for (int i = 0; i < 3; i++) {
        int length = compressor.compress(raw, raw.length, out, 4900);
        checkDecompress(out, length, raw, random);
      }
    }
  }

  private static void checkDecompress(byte[] block, int length, byte[] raw, Random random) {
    int from = random.nextInt(20);
    byte[] source = new byte[from + length + random.nextInt(20)];
    System.arraycopy(block, 0, source, from, length);
    byte[] target = new byte[raw.length + random.nextInt(20)];
    assertEquals(
        raw.length,
        Lz4Decompressor.decompress(source, from, length, target, raw.length),
        "seed " + SEED);
    assertArrayEquals(raw, Arrays.copyOf(target, raw.length), "seed " + SEED);
    if (raw.length > 0) {
      assertEquals(
          Lz4Decompressor.MALFORMED,
          Lz4Decompressor.decompress(source, from, length, target, raw.length - 1));
    }
  }

  private static void checkMalformed(byte[] source, int rawLength, Random random) {
    byte[] target = new byte[rawLength + SLACK + 10 + random.nextInt(5)];
    Arrays.fill(target, rawLength + SLACK, target.length, (byte) 77);
    int length = Lz4Decompressor.decompress(source, 0, source.length, target, rawLength);
    assertTrue(length == Lz4Decompressor.MALFORMED || length <= rawLength, "seed " + SEED);
    for (int i = rawLength + SLACK; i < target.length; i++) {
      assertEquals(77, target[i], "seed " + SEED);
    }
  }

  private static byte[] bytes(Random random, int length) {
    byte[] bytes = new byte[length];
    switch (random.nextInt(4)) {
      case 0 -> random.nextBytes(bytes);
      case 1 -> {
        byte[] text =
            "{\"id\": 123, \"name\": \"somebody\", \"active\": true}\n"
                .getBytes(StandardCharsets.US_ASCII);
        for (int i = 0; i < length; i++) {
          bytes[i] = random.nextInt(30) == 0 ? (byte) random.nextInt() : text[i % text.length];
        }
      }
      case 2 -> {
        int period = 1 + random.nextInt(20);
        for (int i = 0; i < length; i++) {
          bytes[i] = i < period ? (byte) random.nextInt() : bytes[i - period];
        }
      }
      default -> {
        for (int i = 0; i < length; i++) {
          bytes[i] =
              i > 40 && random.nextInt(3) > 0
                  ? bytes[i - 1 - random.nextInt(40)]
                  : (byte) random.nextInt(4);
        }
      }
    }
    return bytes;
  }
}
