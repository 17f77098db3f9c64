package io.apexstore.bench.micro;

import io.apexstore.ApexStore;
import io.apexstore.WriteBatch;
import io.apexstore.bench.job.Folders;
import io.apexstore.bench.store.Dataset;
import io.apexstore.bench.store.KeyShape;
import io.apexstore.options.StoreOptions;
import io.apexstore.options.SyncMode;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
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
import org.openjdk.jmh.annotations.Threads;
import org.openjdk.jmh.annotations.Warmup;

/**
 * A commit, from the call to its return: validation, group, log, memtable, version. By one thread
 * and by several, in three sync modes, with flushes in the background.
 */
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(1)
public class CommitBench {
  private static final int KEYS = 200_000;
  private static final int BATCH = 100;

  /** The store that all threads write to. */
  @State(Scope.Benchmark)
  public static class Shared {
    /** The sync mode. */
    @Param({"ASYNC", "INTERVAL", "GROUP"})
    public SyncMode mode = SyncMode.INTERVAL;

    private final Dataset dataset = Dataset.of(KEYS, KeyShape.BINARY);
    private final AtomicInteger writers = new AtomicInteger();
    private final Path directory;
    private ApexStore store;

    /** Creates a store in a new directory. */
    public Shared() {
      try {
        directory = Files.createTempDirectory(Path.of("target"), "commit-bench");
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
      store = ApexStore.open(directory, StoreOptions.defaults());
    }

    /** Opens the store in the sync mode of the parameter. */
    @Setup(Level.Trial)
    public void open() {
      store.close();
      store = ApexStore.open(directory, StoreOptions.defaults().withSyncMode(mode));
    }

    /** Deletes the store. */
    @TearDown(Level.Trial)
    public void close() throws IOException {
      store.close();
      Folders.delete(directory);
    }
  }

  /** The position of one thread in the order of keys. */
  @State(Scope.Thread)
  public static class Writer {
    private final byte[] key = new byte[KeyShape.LENGTH];
    private int next;

    /** Starts at another position than the other threads. */
    @Setup(Level.Trial)
    public void begin(Shared shared) {
      next = shared.writers.getAndIncrement() * (KEYS / 16) % KEYS;
    }

    private byte[] nextValue(Shared shared) {
      next = next + 1 < KEYS ? next + 1 : 0;
      long number = shared.dataset.order().at(next);
      shared.dataset.shape().fill(key, number);
      return shared.dataset.values().at(number);
    }
  }

  /** One put by a single writer. */
  @Benchmark
  @Threads(1)
  public long put(Shared shared, Writer writer) {
    byte[] value = writer.nextValue(shared);
    return shared.store.put(writer.key, value);
  }

  /** One put by one of eight writers. */
  @Benchmark
  @Threads(8)
  public long putOfEight(Shared shared, Writer writer) {
    byte[] value = writer.nextValue(shared);
    return shared.store.put(writer.key, value);
  }

  /** One batch of a hundred puts. */
  @Benchmark
  @Threads(1)
  public long batchOfHundred(Shared shared, Writer writer) {
    WriteBatch batch = shared.store.newBatch();
    for (int i = 0; i < BATCH; i++) {
      byte[] value = writer.nextValue(shared);
      batch.put(writer.key.clone(), value);
    }
    return shared.store.write(batch);
  }
}
