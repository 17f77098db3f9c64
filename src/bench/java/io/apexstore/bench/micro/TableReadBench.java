package io.apexstore.bench.micro;

import io.apexstore.engine.base.Limits;
import io.apexstore.engine.base.Lookup;
import io.apexstore.engine.cache.BlockCache;
import io.apexstore.engine.iterator.InternalIterator;
import io.apexstore.engine.sstable.Table;
import io.apexstore.engine.sstable.TableContext;
import io.apexstore.engine.sstable.TableOptions;
import java.io.IOException;
import java.io.UncheckedIOException;
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

/**
 * Reads of random keys of one table. A cache of 512 MiB has every block. A cache of 1 MiB has
 * nearly none, so each read goes to the file, which is in the page cache.
 */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(1)
public class TableReadBench {
  private static final int SCANNED = 100;

  /** Keys in the table. */
  @Param({"10000", "1000000"})
  public int keys;

  /** The budget of the block cache in MiB. */
  @Param({"512", "1"})
  public int cacheMiB;

  private final byte[] key = new byte[TableFiles.KEY_BYTES];
  private final Lookup lookup = new Lookup();
  private final SplittableRandom random = new SplittableRandom(1);
  private final TableFiles files;
  private BlockCache cache = new BlockCache(0);
  private Table table;

  /** Creates the directory and, for now, the smallest table. */
  public TableReadBench() {
    try {
      files = new TableFiles();
      table = open(1, 1);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private Table open(long fileId, int count) throws IOException {
    files.write(fileId, count, TableOptions.DEFAULT);
    return Table.open(new TableContext(files.storage(), TableFiles.STORE, cache), fileId);
  }

  /** Writes the table and reads each key once. */
  @Setup
  public void fill() throws IOException {
    table.close();
    cache.close();
    cache = new BlockCache((long) cacheMiB << 20);
    table = open(2, keys);
    for (int i = 0; i < keys; i++) {
      TableFiles.setKey(key, i);
      lookup.start(key, Limits.VERSION_MAX, false);
      table.get(lookup);
    }
  }

  /** Deletes the table. */
  @TearDown
  public void close() throws IOException {
    table.close();
    cache.close();
    files.close();
  }

  /** Reads a present key. */
  @Benchmark
  public Lookup.Outcome get() {
    TableFiles.setKey(key, random.nextInt(keys));
    lookup.start(key, Limits.VERSION_MAX, false);
    return table.get(lookup);
  }

  /** Reads an absent key. */
  @Benchmark
  public Lookup.Outcome getAbsent() {
    TableFiles.setAbsentKey(key, random.nextInt(keys));
    lookup.start(key, Limits.VERSION_MAX, false);
    return table.get(lookup);
  }

  /** Finds the first entry at or after a key. */
  @Benchmark
  public long seek() {
    TableFiles.setKey(key, random.nextInt(keys));
    try (InternalIterator iterator = table.iterator(Limits.VERSION_MAX)) {
      iterator.seek(key, key.length);
      return iterator.keyPrefix();
    }
  }

  /** Iterates over a hundred entries from a key. */
  @Benchmark
  public long scan100() {
    TableFiles.setKey(key, random.nextInt(keys));
    long sum = 0;
    try (InternalIterator iterator = table.iterator(Limits.VERSION_MAX)) {
      iterator.seek(key, key.length);
      for (int i = 0; i < SCANNED && iterator.isValid(); i++) {
        sum += iterator.keyPrefix() + iterator.valueLength();
        iterator.next();
      }
    }
    return sum;
  }

  /** Iterates backwards over a hundred entries from a key. */
  @Benchmark
  public long scan100Back() {
    TableFiles.setKey(key, random.nextInt(keys));
    long sum = 0;
    try (InternalIterator iterator = table.iterator(Limits.VERSION_MAX)) {
      iterator.seekBefore(key, key.length);
      for (int i = 0; i < SCANNED && iterator.isValid(); i++) {
        sum += iterator.keyPrefix() + iterator.valueLength();
        iterator.prev();
      }
    }
    return sum;
  }
}
