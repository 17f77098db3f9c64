package io.apexstore.bench.micro;

import io.apexstore.engine.cache.BlockCache;
import io.apexstore.engine.iterator.InternalIterator;
import io.apexstore.engine.sstable.Table;
import io.apexstore.engine.sstable.TableContext;
import io.apexstore.engine.sstable.TableOptions;
import io.apexstore.options.Compression;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OperationsPerInvocation;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;

/**
 * Building a table, and reading all of it as a compaction does. The figure is the time per entry of
 * 116 bytes. The file is not synced.
 */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Warmup(iterations = 4, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(1)
public class TableBuildBench {
  private static final int KEYS = 200_000;

  /** The compression of blocks. */
  @Param({"LZ4", "NONE"})
  public String compression = "LZ4";

  private final TableFiles files;
  private final BlockCache cache = new BlockCache(0);
  private long fileId = 1;

  /** Creates the directory. */
  public TableBuildBench() {
    try {
      files = new TableFiles();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private TableOptions options() {
    return TableOptions.DEFAULT.withCompression(Compression.valueOf(compression));
  }

  /** Writes the table for reads. */
  @Setup
  public void fill() throws IOException {
    files.write(1, KEYS, options());
  }

  /** Deletes the tables. */
  @TearDown
  public void close() throws IOException {
    cache.close();
    files.close();
  }

  /** Builds a table, from its first entry to its footer. */
  @Benchmark
  @OperationsPerInvocation(KEYS)
  public void build() throws IOException {
    files.write(++fileId, KEYS, options());
    files.delete(fileId);
  }

  /** Iterates over all entries. */
  @Benchmark
  @OperationsPerInvocation(KEYS)
  public long readThrough() throws IOException {
    TableContext context = new TableContext(files.storage(), TableFiles.STORE, cache);
    long sum = 0;
    try (Table table = Table.open(context, 1);
        InternalIterator iterator = table.allVersions()) {
      for (iterator.seekToFirst(); iterator.isValid(); iterator.next()) {
        sum += iterator.version();
      }
    }
    return sum;
  }
}
