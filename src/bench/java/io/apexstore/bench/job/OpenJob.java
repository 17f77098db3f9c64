package io.apexstore.bench.job;

import io.apexstore.bench.store.BenchStore;
import io.apexstore.bench.store.Dataset;
import io.apexstore.bench.store.KeyShape;
import io.apexstore.bench.store.Session;
import io.apexstore.bench.store.StoreSettings;

/** Opens a closed store, in a warm JVM, and reads one key. Milliseconds. */
final class OpenJob implements Job {
  private static final int WARM_UPS = 30;

  private final JobContext context;
  private final Dataset dataset;

  OpenJob(JobContext context, long keys) {
    this.context = context;
    this.dataset = Dataset.of(keys, context.shape());
  }

  @Override
  public void prepare() throws Exception {
    context.openLoaded(dataset, StoreSettings.unsyncedWrites()).close();
  }

  @Override
  public void warmUp() throws Exception {
    for (int i = 0; i < WARM_UPS; i++) {
      round(-1);
    }
  }

  @Override
  public Measurement round(int number) throws Exception {
    byte[] key = new byte[KeyShape.LENGTH];
    dataset.shape().fill(key, dataset.keys() / 2);
    long start = System.nanoTime();
    try (BenchStore store = context.openLoaded(dataset, StoreSettings.unsyncedWrites());
        Session session = store.session()) {
      if (!session.get(key)) {
        throw new IllegalStateException("a loaded key is missing");
      }
      return Measurement.of((System.nanoTime() - start) / 1e6);
    }
  }
}
