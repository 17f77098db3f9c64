package io.apexstore.bench.job;

import io.apexstore.bench.store.BenchStore;
import io.apexstore.bench.store.Dataset;
import io.apexstore.bench.store.KeyShape;
import io.apexstore.bench.store.Session;
import io.apexstore.bench.store.StoreSettings;
import java.io.IOException;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/** Scans from the first key over keys that one range tombstone deletes. Milliseconds. */
final class ScanDeletedJob implements Job {
  private static final int SCANS = 51;

  private final JobContext context;
  private final Dataset dataset;
  private @Nullable BenchStore store;

  ScanDeletedJob(JobContext context, long keys) {
    this.context = context;
    this.dataset = Dataset.of(keys, context.shape());
  }

  @Override
  public void prepare() throws Exception {
    BenchStore opened = context.openEmpty("deleted", StoreSettings.unsyncedWrites());
    store = opened;
    opened.load(dataset);
    opened.deleteAll();
  }

  @Override
  public Measurement round(int number) throws Exception {
    long[] nanos = new long[SCANS];
    byte[] first = new byte[KeyShape.LENGTH];
    try (Session session = BenchJobs.prepared(store).session()) {
      for (int i = 0; i < SCANS; i++) {
        long start = System.nanoTime();
        int found = session.scan(first, 1);
        nanos[i] = System.nanoTime() - start;
        if (found > 0) {
          throw new IllegalStateException("a deleted key is present");
        }
      }
    }
    Arrays.sort(nanos);
    return Measurement.of(nanos[SCANS / 2] / 1e6);
  }

  @Override
  public void close() throws IOException {
    if (store != null) {
      store.close();
    }
    context.emptyDirectory("deleted");
  }
}
