package io.apexstore.bench.micro;

import io.apexstore.bench.store.Dataset;
import io.apexstore.bench.store.KeyShape;
import io.apexstore.bench.store.Values;
import io.apexstore.engine.codec.BlockBuffer;
import io.apexstore.engine.codec.BlockCipher;
import io.apexstore.engine.codec.BlockDecoder;
import io.apexstore.engine.codec.BlockEncoder;
import io.apexstore.engine.codec.BlockFile;
import io.apexstore.engine.codec.Compression;
import java.util.Arrays;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Level;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;

/** A block of 4 KiB through its envelope and back: compress, sum, check, decompress. */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(1)
public class CodecBench {
  private static final int BLOCK_BYTES = 4096;
  private static final int BLOCK_TYPE = 1;

  /** How blocks are compressed. */
  @Param({"NONE", "LZ4"})
  public Compression compression = Compression.LZ4;

  private final BlockFile file = new BlockFile("bench", new UUID(1, 2), 3, BlockCipher.NONE);
  private final BlockEncoder encoder = new BlockEncoder(file);
  private final BlockDecoder decoder = new BlockDecoder();
  private final BlockBuffer target = new BlockBuffer();
  private final byte[] raw = new byte[BLOCK_BYTES];
  private byte[] stored = new byte[0];

  /** Makes a block of values. */
  @Setup(Level.Trial)
  public void prepare() {
    Dataset dataset = Dataset.of(1, KeyShape.BINARY);
    for (int at = 0; at < BLOCK_BYTES; at += Values.LENGTH) {
      int length = Math.min(Values.LENGTH, BLOCK_BYTES - at);
      System.arraycopy(dataset.values().at(at), 0, raw, at, length);
    }
    int length = encode();
    stored = Arrays.copyOf(encoder.bytes(), length);
  }

  /** Compresses, seals and sums a block. */
  @Benchmark
  public int encode() {
    return encoder.encode(raw, BLOCK_BYTES, BLOCK_TYPE, compression, 0, 0);
  }

  /** Checks, opens and decompresses a block. */
  @Benchmark
  public int decode() {
    decoder.decode(file, BLOCK_TYPE, 0, 0, stored, 0, stored.length, target);
    return target.length();
  }
}
