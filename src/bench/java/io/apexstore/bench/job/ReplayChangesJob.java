package io.apexstore.bench.job;

import io.apexstore.bench.store.BenchStore;
import io.apexstore.bench.store.ChangeReader;
import io.apexstore.bench.store.Dataset;
import io.apexstore.bench.store.StoreSettings;
import java.io.IOException;
import org.jspecify.annotations.Nullable;

/**
 * Reads all changes of a filled store, each with its key and value. Thousands of changes per
 * second.
 */
final class ReplayChangesJob implements Job {
  private final JobContext context;
  private final Dataset dataset;
  private @Nullable BenchStore store;

  ReplayChangesJob(JobContext context, long keys) {
    this.context = context;
    this.dataset = Dataset.of(keys, context.shape());
  }

  @Override
  public void prepare() throws Exception {
    BenchStore opened = context.openEmpty("changes", StoreSettings.unsyncedWrites().withLogKept());
    store = opened;
    opened.load(dataset);
    opened.flush();
  }

  @Override
  public Measurement round(int number) throws Exception {
    long start = System.nanoTime();
    try (ChangeReader reader = BenchJobs.prepared(store).changes()) {
      long read = reader.read();
      if (read != dataset.keys()) {
        throw new IllegalStateException(read + " changes of " + dataset.keys());
      }
      return Measurement.of(read * 1e6 / (System.nanoTime() - start));
    }
  }

  @Override
  public void close() throws IOException {
    if (store != null) {
      store.close();
    }
    context.emptyDirectory("changes");
  }
}
