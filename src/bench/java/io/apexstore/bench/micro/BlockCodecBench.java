package io.apexstore.bench.micro;

import io.apexstore.engine.codec.BlockBuffer;
import io.apexstore.engine.codec.BlockDecoder;
import io.apexstore.engine.codec.BlockEncoder;
import io.apexstore.engine.codec.BlockFile;
import io.apexstore.engine.encryption.BlockCipher;
import io.apexstore.options.Compression;
import java.util.Arrays;
import java.util.Random;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;

/** Encoding and decoding of blocks of 4 KiB that compress by half. */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(1)
public class BlockCodecBench {
  private static final int BLOCKS = 64;
  private static final int BLOCK_BYTES = 4096;
  private static final int RUN_BYTES = 50;
  private static final BlockFile FILE =
      new BlockFile("000001.sst", new UUID(1, 2), 1, BlockCipher.NONE);

  /** The compression of blocks. */
  @Param({"LZ4", "NONE"})
  public String compression = "LZ4";

  private final BlockEncoder encoder = new BlockEncoder(FILE);
  private final BlockDecoder decoder = new BlockDecoder();
  private final BlockBuffer source = new BlockBuffer();
  private final BlockBuffer target = new BlockBuffer();
  private final byte[][] raw = new byte[BLOCKS][BLOCK_BYTES];
  private final byte[][] stored = new byte[BLOCKS][];
  private int next;

  /** Generates the blocks: the second half of each hundred bytes repeats the first. */
  @Setup
  public void fill() {
    Random random = new Random(1);
    for (int i = 0; i < BLOCKS; i++) {
      random.nextBytes(raw[i]);
      for (int at = RUN_BYTES; at + RUN_BYTES <= BLOCK_BYTES; at += 2 * RUN_BYTES) {
        System.arraycopy(raw[i], at - RUN_BYTES, raw[i], at, RUN_BYTES);
      }
      int length = encode(i);
      stored[i] = Arrays.copyOf(encoder.bytes(), length);
    }
  }

  private int encode(int block) {
    Compression used = Compression.valueOf(compression);
    source.set(raw[block], 0, BLOCK_BYTES);
    return encoder.encode(source, 1, used, block, 0);
  }

  /** Encodes a block, after one copy of 4 KiB. */
  @Benchmark
  public int encode() {
    return encode(next++ % BLOCKS);
  }

  /** Decodes a block. */
  @Benchmark
  public int decode() {
    int block = next++ % BLOCKS;
    decoder.decode(FILE, 1, block, 0, stored[block], 0, stored[block].length, target);
    return target.length();
  }
}
