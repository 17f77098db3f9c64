package io.apexstore.bench.job;

import io.apexstore.bench.store.BenchStore;
import io.apexstore.bench.store.Dataset;
import io.apexstore.bench.store.KeyOrder;
import io.apexstore.bench.store.KeyShape;
import io.apexstore.bench.store.Session;
import io.apexstore.bench.store.StoreSettings;
import java.io.IOException;

/**
 * fillrandom: one thread puts every key once, in random order, into an empty store, with the log on
 * and without sync. Thousands of puts per second, without the time of opening and closing.
 */
final class FillJob implements Job {
  private static final long KEYS_MIN = 300_000;

  private final JobContext context;
  private final Dataset dataset;

  FillJob(JobContext context, long keys) {
    this.context = context;
    this.dataset = Dataset.of(keys, context.shape());
  }

  @Override
  public void prepare() {}

  @Override
  public void warmUp() throws Exception {
    fill(Dataset.of(Math.min(dataset.keys(), KEYS_MIN), context.shape()));
  }

  @Override
  public Measurement round(int number) throws Exception {
    long fills = Math.max(1, KEYS_MIN / dataset.keys());
    long nanos = 0;
    for (long i = 0; i < fills; i++) {
      nanos += fill(dataset);
    }
    return Measurement.of(fills * dataset.keys() * 1e6 / nanos);
  }

  private long fill(Dataset filled) throws Exception {
    try (BenchStore store = context.openEmpty("fill", StoreSettings.unsyncedWrites());
        Session session = store.session()) {
      byte[] key = new byte[KeyShape.LENGTH];
      KeyOrder order = filled.order();
      long keys = filled.keys();
      long start = System.nanoTime();
      for (long i = 0; i < keys; i++) {
        long number = order.at(i);
        filled.shape().fill(key, number);
        session.put(key, filled.values().at(number));
      }
      return System.nanoTime() - start;
    }
  }

  @Override
  public void close() throws IOException {
    context.emptyDirectory("fill");
  }
}
