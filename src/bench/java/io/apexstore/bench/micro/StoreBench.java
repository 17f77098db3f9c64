package io.apexstore.bench.micro;

import io.apexstore.ApexStore;
import io.apexstore.Cursor;
import io.apexstore.KeyRange;
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
import org.jspecify.annotations.Nullable;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Level;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;

/**
 * Calls of the embedded API on a compacted store that is cached: reads, steps of a cursor, and
 * commits without sync. The option {@code -prof gc} of JMH shows what each allocates.
 */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(1)
public class StoreBench {
  private static final long KEYS = 200_000;
  private static final long CACHE_BYTES = 256 << 20;

  private final Dataset dataset = Dataset.of(KEYS, KeyShape.BINARY);
  private final byte[] key = new byte[KeyShape.LENGTH];
  private final Path directory;
  private final ApexStore store;
  private Cursor cursor;
  private long next;

  /** Opens an empty store. */
  public StoreBench() {
    try {
      directory = Files.createTempDirectory(Path.of("target"), "store-bench");
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    StoreOptions options =
        StoreOptions.defaults().withSyncMode(SyncMode.INTERVAL).withBlockCacheBytes(CACHE_BYTES);
    store = ApexStore.open(directory, options);
    cursor = store.scan(KeyRange.all());
  }

  /** Loads the store and reads everything once. */
  @Setup(Level.Trial)
  public void load() {
    for (long i = 0; i < KEYS; i++) {
      commit();
    }
    store.compact();
    cursor.close();
    cursor = store.scan(KeyRange.all());
    while (cursor.next()) {
      cursor.valueLength();
    }
    for (long i = 0; i < KEYS; i++) {
      if (get() == null) {
        throw new IllegalStateException("a key that was put is missing");
      }
    }
  }

  /** One read of a present key. */
  @Benchmark
  public byte @Nullable [] get() {
    fillNext();
    return store.get(key);
  }

  /** One read of an absent key. */
  @Benchmark
  public byte @Nullable [] getAbsent() {
    next = next + 1 < KEYS ? next + 1 : 0;
    dataset.shape().fillAbsent(key, dataset.order().at(next));
    return store.get(key);
  }

  /** One step of a cursor, which starts again at the end. */
  @Benchmark
  public int step() {
    if (!cursor.next()) {
      cursor.close();
      cursor = store.scan(KeyRange.all());
      cursor.next();
    }
    return cursor.valueLength();
  }

  /** One commit of one put. */
  @Benchmark
  public long commit() {
    long number = fillNext();
    return store.put(key, dataset.values().at(number));
  }

  private long fillNext() {
    next = next + 1 < KEYS ? next + 1 : 0;
    long number = dataset.order().at(next);
    dataset.shape().fill(key, number);
    return number;
  }

  /** Deletes the store. */
  @TearDown(Level.Trial)
  public void close() throws IOException {
    cursor.close();
    store.close();
    Folders.delete(directory);
  }
}
