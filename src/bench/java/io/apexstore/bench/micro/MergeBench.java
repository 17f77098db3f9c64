package io.apexstore.bench.micro;

import io.apexstore.bench.store.Dataset;
import io.apexstore.bench.store.KeyShape;
import io.apexstore.engine.base.Limits;
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
 * A merge of several sources. Keys are distributed at random over them, or the first source has
 * nearly all, as in a tree at rest. A step of a scan, a step over all versions as in a compaction,
 * and a seek.
 */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(1)
public class MergeBench {
  private static final int KEYS = 100_000;
  private static final int RARE = 100;
  private static final long POOL_BYTES = 64 << 20;

  /** The number of sources. */
  @Param({"1", "2", "4", "8"})
  public int sources;

  /** Whether the first source has 99 percent of the keys. */
  @Param({"false", "true"})
  public boolean lopsided;

  private final MemoryChunks pool = new MemoryChunks(POOL_BYTES);
  private final byte[] key = new byte[KeyShape.LENGTH];
  private final Dataset dataset = Dataset.of(KEYS, KeyShape.BINARY);
  private final List<MemTable> tables = new ArrayList<>();
  private InternalIterator visible = new MemTable(pool).iterator(Limits.VERSION_MAX);
  private InternalIterator all = visible;
  private int next;

  /** Fills the sources. */
  @Setup(Level.Trial)
  public void fill() {
    for (int i = 0; i < sources; i++) {
      tables.add(new MemTable(pool));
    }
    for (int i = 0; i < KEYS; i++) {
      long number = dataset.order().at(i);
      dataset.shape().fill(key, number);
      byte[] value = dataset.values().at(number);
      tables
          .get(lopsided && i % RARE != 0 ? 0 : i / RARE % sources)
          .put(
              key,
              0,
              key.length,
              i + 1L,
              ValueKind.PUT,
              Limits.NEVER_EXPIRES,
              value,
              0,
              value.length);
    }
    visible =
        MergingIterator.asOfVersion(
            tables.stream().map(table -> table.iterator(Limits.VERSION_MAX)).toList());
    visible.seekToFirst();
    all = MergingIterator.allVersions(tables.stream().map(MemTable::allVersions).toList());
    all.seekToFirst();
  }

  /** One step of a scan. */
  @Benchmark
  public int step() {
    return step(visible);
  }

  /** One step of a compaction. */
  @Benchmark
  public int stepOfAllVersions() {
    return step(all);
  }

  private static int step(InternalIterator iterator) {
    iterator.next();
    if (!iterator.isValid()) {
      iterator.seekToFirst();
    }
    return iterator.valueLength();
  }

  /** One seek, and the entry that it finds. */
  @Benchmark
  public int seek() {
    next = next + 1 < KEYS ? next + 1 : 0;
    dataset.shape().fill(key, dataset.order().at(next));
    visible.seek(key, key.length);
    return visible.valueLength();
  }

  /** Frees the memory. */
  @TearDown(Level.Trial)
  public void close() {
    visible.close();
    all.close();
    tables.forEach(MemTable::release);
    pool.close();
  }
}
