package io.apexstore.bench.micro;

import io.apexstore.bench.store.KeyShape;
import io.apexstore.engine.base.Keys;
import io.apexstore.engine.filter.BloomFilter;
import io.apexstore.engine.filter.BloomFilterBuilder;
import java.lang.foreign.MemorySegment;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;

/** A filter of a million keys at ten bits each: hash a key and ask. */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(1)
public class FilterBench {
  private static final int KEYS = 1_000_000;
  private static final double BITS_PER_KEY = 10;

  private final byte[] key = new byte[KeyShape.LENGTH];
  private final BloomFilter filter;
  private long next;

  /** Makes the filter. */
  public FilterBench() {
    BloomFilterBuilder builder = new BloomFilterBuilder(BITS_PER_KEY);
    for (long i = 0; i < KEYS; i++) {
      KeyShape.BINARY.fill(key, i);
      builder.add(Keys.hash(key, 0, key.length));
    }
    int probes = builder.probes();
    byte[] bits = builder.build();
    MemorySegment aligned = MemorySegment.ofArray(new long[bits.length / Long.BYTES]);
    MemorySegment.copy(MemorySegment.ofArray(bits), 0, aligned, 0, bits.length);
    filter = new BloomFilter(aligned, probes);
  }

  /** Asks for a key that is there. */
  @Benchmark
  public boolean present() {
    KeyShape.BINARY.fill(key, next++ % KEYS);
    return filter.mayContain(Keys.hash(key, 0, key.length));
  }

  /** Asks for a key that is absent. */
  @Benchmark
  public boolean absent() {
    KeyShape.BINARY.fillAbsent(key, next++ % KEYS);
    return filter.mayContain(Keys.hash(key, 0, key.length));
  }
}
