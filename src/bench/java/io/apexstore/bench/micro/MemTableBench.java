package io.apexstore.bench.micro;

import io.apexstore.bench.store.Dataset;
import io.apexstore.bench.store.KeyShape;
import io.apexstore.engine.base.Limits;
import io.apexstore.engine.base.Lookup;
import io.apexstore.engine.base.ValueKind;
import io.apexstore.engine.iterator.InternalIterator;
import io.apexstore.engine.iterator.MergingIterator;
import io.apexstore.engine.memtable.MemTable;
import io.apexstore.engine.memtable.MemoryChunks;
import java.util.ArrayList;
import java.util.List;
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
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;

/**
 * A memtable with keys of 16 and values of 100 bytes: puts into one that is replaced when it is
 * full, reads, steps of an iterator, and steps of a merge of four.
 */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(1)
public class MemTableBench {
  private static final int SOURCES = 4;
  private static final long POOL_BYTES = 256 << 20;

  /** The number of keys. */
  @Param({"10000", "200000"})
  public int keys;

  private final MemoryChunks pool = new MemoryChunks(POOL_BYTES);
  private final Lookup lookup = new Lookup();
  private final byte[] key = new byte[KeyShape.LENGTH];
  private Dataset dataset = Dataset.of(1, KeyShape.BINARY);
  private MemTable full = new MemTable(pool);
  private MemTable filling = new MemTable(pool);
  private InternalIterator steps = full.iterator(Limits.VERSION_MAX);
  private InternalIterator merge = full.iterator(Limits.VERSION_MAX);
  private long next;
  private long version;

  /** Fills a memtable, and four with a quarter of the keys each. */
  @Setup(Level.Trial)
  public void fill() {
    dataset = Dataset.of(keys, KeyShape.BINARY);
    full = new MemTable(pool);
    List<MemTable> parts = new ArrayList<>();
    for (int i = 0; i < SOURCES; i++) {
      parts.add(new MemTable(pool));
    }
    for (long i = 0; i < keys; i++) {
      put(full, i);
      put(parts.get((int) (i % SOURCES)), i);
    }
    steps = full.iterator(Limits.VERSION_MAX);
    steps.seekToFirst();
    merge =
        MergingIterator.asOfVersion(
            parts.stream().map(part -> part.iterator(Limits.VERSION_MAX)).toList());
    merge.seekToFirst();
  }

  private void put(MemTable table, long place) {
    long number = dataset.order().at(place);
    dataset.shape().fill(key, number);
    byte[] value = dataset.values().at(number);
    table.put(
        key, 0, key.length, ++version, ValueKind.PUT, Limits.NEVER_EXPIRES, value, 0, value.length);
  }

  /** One put in random order. */
  @Benchmark
  public void put() {
    if (next == keys) {
      filling.release();
      filling = new MemTable(pool);
      next = 0;
    }
    put(filling, next++);
  }

  /** One read of a present key, with its value copied to an array. */
  @Benchmark
  public Lookup.Outcome get() {
    next = next + 1 < keys ? next + 1 : 0;
    dataset.shape().fill(key, dataset.order().at(next));
    lookup.start(key, Limits.VERSION_MAX, false);
    return full.get(lookup);
  }

  /** One step of an iterator. */
  @Benchmark
  public int step() {
    return step(steps);
  }

  /** One step of a merge of four iterators. */
  @Benchmark
  public int mergeStep() {
    return step(merge);
  }

  private static int step(InternalIterator iterator) {
    iterator.next();
    if (!iterator.isValid()) {
      iterator.seekToFirst();
    }
    return iterator.valueLength();
  }

  /** Frees the memory. */
  @TearDown(Level.Trial)
  public void close() {
    steps.close();
    merge.close();
    pool.close();
  }
}
