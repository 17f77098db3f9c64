package io.apexstore.bench.job;

import io.apexstore.bench.store.BenchStore;
import io.apexstore.bench.store.Dataset;
import io.apexstore.bench.store.KeyShape;
import io.apexstore.bench.store.Session;
import io.apexstore.bench.store.StoreKind;
import io.apexstore.bench.store.StoreSettings;
import io.apexstore.bench.store.ValuePool;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;

/**
 * Opens a store whose process was halted with this many bytes in its log and nothing flushed, and
 * reads one key. Milliseconds. The write buffer is large enough for all of them.
 */
public final class ReplayJob implements Job {
  private static final int WRITE_BUFFER_FACTOR = 4;

  private final JobContext context;
  private final long logBytes;
  private final Dataset dataset;

  ReplayJob(JobContext context, long logBytes) {
    this.context = context;
    this.logBytes = logBytes;
    this.dataset = Dataset.of(logBytes / (KeyShape.LENGTH + ValuePool.LENGTH), context.shape());
  }

  /** Fills a store and halts the process: for the child process that {@link #round} starts. */
  public static void fillAndHalt(List<String> arguments) throws Exception {
    StoreKind kind = StoreKind.ofId(arguments.get(0));
    KeyShape shape = KeyShape.valueOf(arguments.get(2));
    long logBytes = Long.parseLong(arguments.get(3));
    Dataset dataset = Dataset.of(logBytes / (KeyShape.LENGTH + ValuePool.LENGTH), shape);
    BenchStore store = kind.open(Path.of(arguments.get(1)), settings(logBytes));
    Session session = store.session();
    byte[] key = new byte[KeyShape.LENGTH];
    for (long i = 0; i < dataset.keys(); i++) {
      long number = dataset.order().at(i);
      shape.fill(key, number);
      session.put(key, dataset.values().at(number));
    }
    Runtime.getRuntime().halt(0);
  }

  private static StoreSettings settings(long logBytes) {
    return StoreSettings.unsyncedWrites().withWriteBufferBytes(WRITE_BUFFER_FACTOR * logBytes);
  }

  @Override
  public void prepare() {}

  @Override
  public Measurement round(int number) throws Exception {
    Path directory = context.emptyDirectory("replay");
    List<String> command = ChildJvm.command(List.of("-Xmx1g"));
    command.add("io.apexstore.bench.BenchMain");
    command.add("fill-and-halt");
    command.addAll(
        List.of(
            context.kind().id(),
            directory.toString(),
            context.shape().name(),
            Long.toString(logBytes)));
    Process filling =
        new ProcessBuilder(command)
            .redirectOutput(ProcessBuilder.Redirect.DISCARD)
            .redirectError(ProcessBuilder.Redirect.INHERIT)
            .start();
    int code = filling.waitFor();
    if (code != 0) {
      throw new IllegalStateException("the process that fills the log ended with code " + code);
    }
    byte[] key = new byte[KeyShape.LENGTH];
    dataset.shape().fill(key, dataset.order().at(dataset.keys() - 1));
    long start = System.nanoTime();
    try (BenchStore store = context.kind().open(directory, settings(logBytes));
        Session session = store.session()) {
      if (!session.get(key)) {
        throw new IllegalStateException("the last key that was put is missing");
      }
      return Measurement.of((System.nanoTime() - start) / 1e6);
    }
  }

  @Override
  public void close() throws IOException {
    context.emptyDirectory("replay");
  }
}
