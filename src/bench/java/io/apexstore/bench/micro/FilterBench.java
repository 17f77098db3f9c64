package io.apexstore.bench.micro;

import io.apexstore.engine.filter.BloomFilter;
import io.apexstore.engine.filter.BloomFilterBuilder;
import io.apexstore.engine.filter.BloomFormat;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.SplittableRandom;
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
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;

/** Queries of a filter for hashes that were not added. */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(1)
public class FilterBench {
  /** Keys in the filter. */
  @Param({"10000", "10000000"})
  public int keys = 10_000;

  private final Arena arena = Arena.ofShared();
  private final SplittableRandom random = new SplittableRandom(1);
  private BloomFilter filter = new BloomFilter(arena.allocate(BloomFormat.LINE_BYTES), 1);

  /** Fills the filter. */
  @Setup
  public void fill() {
    BloomFilterBuilder builder = new BloomFilterBuilder(BloomFormat.bitsPerKey(0.01));
    SplittableRandom hashes = new SplittableRandom(2);
    for (int i = 0; i < keys; i++) {
      builder.add(hashes.nextLong());
    }
    byte[] bits = builder.build();
    MemorySegment memory = arena.allocate(bits.length, BloomFormat.LINE_BYTES);
    MemorySegment.copy(bits, 0, memory, ValueLayout.JAVA_BYTE, 0, bits.length);
    filter = new BloomFilter(memory, builder.probes());
  }

  /** Frees the memory. */
  @TearDown
  public void close() {
    arena.close();
  }

  /** Queries a hash that was most likely not added. */
  @Benchmark
  public boolean absent() {
    return filter.mayContain(random.nextLong());
  }
}
