package io.apexstore.bench.micro;

import io.apexstore.engine.base.TimeSource;
import io.apexstore.engine.io.FileStorage;
import io.apexstore.engine.wal.FileCommitLog;
import io.apexstore.engine.wal.LogContext;
import io.apexstore.engine.wal.LogOptions;
import io.apexstore.engine.wal.LogRecovery;
import io.apexstore.engine.wal.SegmentRegistry;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.Random;
import java.util.UUID;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.Stream;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Level;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OperationsPerInvocation;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;

/**
 * Appends to the log files, without sync: commits of 130 bytes, alone and in groups. The figure is
 * the time per commit, including page faults of the mapped segments. Segments are recycled in the
 * background.
 */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(1)
public class LogAppendBench {
  private static final int GROUP = 100;
  private static final int BATCH_BYTES = 130;
  private static final LogOptions OPTIONS = new LogOptions(64 << 20, 64 << 20, 0, 0, 4);

  private final byte[] batch = new byte[BATCH_BYTES];
  private final AtomicLong fileIds = new AtomicLong(1);
  private final ExecutorService background = Executors.newSingleThreadExecutor();
  private final Path directory;
  private final FileStorage storage;
  private final FileCommitLog log;
  private long version;

  /** A registry that records nothing: the log is never opened again. */
  private static final class NoRegistry implements SegmentRegistry {
    @Override
    public void recordAdopted(long fileId) {}

    @Override
    public void recordEnd(long fileId, long endOffset, long lastVersion) {}

    @Override
    public void recordDropped(List<Long> fileIds) {}
  }

  /** Creates a log. */
  public LogAppendBench() {
    new Random(1).nextBytes(batch);
    try {
      directory = Files.createTempDirectory(Path.of("target"), "log-append");
      storage = FileStorage.open(directory);
      log = begin();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private FileCommitLog begin() throws IOException {
    LogContext context =
        new LogContext(
            storage,
            new UUID(1, 2),
            fileIds::getAndIncrement,
            background,
            TimeSource.SYSTEM,
            OPTIONS);
    try (LogRecovery recovery =
        LogRecovery.replay(context, List.of(), 0, (v, time, bytes, offset, length) -> {})) {
      recovery.prepare();
      return recovery.start(new NoRegistry());
    }
  }

  /** Syncs the log, so that full segments can be recycled. */
  @Setup(Level.Iteration)
  public void sync() throws IOException {
    log.sync();
    log.flushedTo(version);
  }

  /** Deletes the log. */
  @TearDown(Level.Trial)
  public void close() throws IOException {
    log.close();
    background.shutdown();
    storage.close();
    try (Stream<Path> files = Files.walk(directory)) {
      files.sorted(Comparator.reverseOrder()).forEach(file -> file.toFile().delete());
    }
  }

  /** One commit in a group of its own. */
  @Benchmark
  public long commit() throws IOException {
    log.add(++version, 1, batch, BATCH_BYTES);
    log.write();
    return version;
  }

  /** One commit in a group of a hundred. */
  @Benchmark
  @OperationsPerInvocation(GROUP)
  public long commitInGroup() throws IOException {
    for (int i = 0; i < GROUP; i++) {
      log.add(++version, 1, batch, BATCH_BYTES);
    }
    log.write();
    return version;
  }
}
