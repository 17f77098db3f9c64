package io.apexstore.bench.micro;

import io.apexstore.bench.store.Dataset;
import io.apexstore.bench.store.KeyShape;
import io.apexstore.engine.base.Lookup;
import io.apexstore.engine.memtable.MemoryChunks;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Group;
import org.openjdk.jmh.annotations.GroupThreads;
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
 * The data structure of the memtable compared with others: puts in random and in ascending order,
 * reads of present and absent keys, and reads while one writer puts. Keys of 16 bytes, values of
 * 100.
 */
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Warmup(iterations = 2, time = 1)
@Measurement(iterations = 3, time = 1)
@Fork(
    value = 1,
    jvmArgsAppend = {"-Xms1500m", "-Xmx1500m", "-XX:+UseParallelGC"})
public class MemTableKindsBench {
  private static final long POOL_BYTES = 512 << 20;

  private static int[] shuffled(Dataset dataset) {
    int[] order = new int[Math.toIntExact(dataset.keys())];
    for (int i = 0; i < order.length; i++) {
      order[i] = Math.toIntExact(dataset.order().at(i));
    }
    return order;
  }

  /** A full table for reads, and one that is filled repeatedly. */
  @State(Scope.Thread)
  public static class Alone {
    /** The data structure. */
    @Param({"TREE", "SKIP_LIST", "JDK"})
    public MemTableKinds.Kind kind = MemTableKinds.Kind.TREE;

    /** The number of keys. */
    @Param({"10000", "100000", "1000000"})
    public int keys;

    private final MemoryChunks pool = new MemoryChunks(POOL_BYTES);
    private final Lookup lookup = new Lookup();
    private final byte[] key = new byte[KeyShape.LENGTH];
    private Dataset dataset = Dataset.of(1, KeyShape.BINARY);
    private int[] order = {};
    private MemTableKinds.Table full = MemTableKinds.create(kind, pool);
    private MemTableKinds.Table filling = full;
    private int next;
    private long version;

    /** Fills the table for reads. */
    @Setup(Level.Trial)
    public void fill() {
      dataset = Dataset.of(keys, KeyShape.BINARY);
      order = shuffled(dataset);
      full = MemTableKinds.create(kind, pool);
      filling = MemTableKinds.create(kind, pool);
      for (int number : order) {
        put(full, number);
      }
    }

    private void put(MemTableKinds.Table table, int number) {
      dataset.shape().fill(key, number);
      table.put(key, ++version, dataset.values().at(number));
    }

    private int place() {
      next = next + 1 < keys ? next + 1 : 0;
      return next;
    }

    private int placeToFill() {
      int place = place();
      if (place == 0) {
        filling.release();
        filling = MemTableKinds.create(kind, pool);
      }
      return place;
    }

    /** Frees the memory. */
    @TearDown(Level.Trial)
    public void close() {
      full.release();
      filling.release();
      pool.close();
    }
  }

  /** One put in random order. */
  @Benchmark
  public void putRandom(Alone alone) {
    int place = alone.placeToFill();
    alone.put(alone.filling, alone.order[place]);
  }

  /** One put in ascending order. */
  @Benchmark
  public void putInOrder(Alone alone) {
    int place = alone.placeToFill();
    alone.put(alone.filling, place);
  }

  /** One read of a present key. */
  @Benchmark
  public byte @Nullable [] get(Alone alone) {
    alone.dataset.shape().fill(alone.key, alone.order[alone.place()]);
    return alone.full.get(alone.lookup, alone.key);
  }

  /** One read of an absent key that lies between two present ones. */
  @Benchmark
  public byte @Nullable [] getAbsent(Alone alone) {
    alone.dataset.shape().fillAbsent(alone.key, alone.order[alone.place()]);
    return alone.full.get(alone.lookup, alone.key);
  }

  /**
   * A table with half of the keys at the start of an iteration. The writer cycles through all keys,
   * so that it adds keys at first and versions afterwards.
   */
  @State(Scope.Group)
  public static class Shared {
    /** The data structure. */
    @Param({"TREE", "SKIP_LIST", "JDK"})
    public MemTableKinds.Kind kind = MemTableKinds.Kind.TREE;

    /** The number of keys. */
    @Param({"10000", "100000", "1000000"})
    public int keys;

    private final MemoryChunks pool = new MemoryChunks(POOL_BYTES);
    private final Lookup lookup = new Lookup();
    private final byte[] written = new byte[KeyShape.LENGTH];
    private final byte[] read = new byte[KeyShape.LENGTH];
    private Dataset dataset = Dataset.of(1, KeyShape.BINARY);
    private int[] order = {};
    private MemTableKinds.Table table = MemTableKinds.create(kind, pool);
    private int nextRead;
    private int nextWritten;
    private long version;

    /** Creates a new table. */
    @Setup(Level.Iteration)
    public void fill() {
      if (dataset.keys() != keys) {
        dataset = Dataset.of(keys, KeyShape.BINARY);
        order = shuffled(dataset);
      }
      table.release();
      table = MemTableKinds.create(kind, pool);
      nextWritten = 0;
      while (nextWritten < keys / 2) {
        put();
      }
    }

    private void put() {
      int number = order[nextWritten];
      dataset.shape().fill(written, number);
      table.put(written, ++version, dataset.values().at(number));
      nextWritten = nextWritten + 1 < keys ? nextWritten + 1 : 0;
    }

    private byte @Nullable [] get() {
      nextRead = nextRead + 1 < keys / 2 ? nextRead + 1 : 0;
      dataset.shape().fill(read, order[nextRead]);
      return table.get(lookup, read);
    }

    /** Frees the memory. */
    @TearDown(Level.Trial)
    public void close() {
      table.release();
      pool.close();
    }
  }

  /** One read while another thread puts. */
  @Benchmark
  @Group("readWhileWriting")
  @GroupThreads(1)
  public byte @Nullable [] reader(Shared shared) {
    return shared.get();
  }

  /** One put while another thread reads. */
  @Benchmark
  @Group("readWhileWriting")
  @GroupThreads(1)
  public void writer(Shared shared) {
    shared.put();
  }
}
