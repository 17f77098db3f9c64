package io.apexstore.bench.job;

import io.apexstore.bench.store.BenchStore;
import io.apexstore.bench.store.Dataset;
import io.apexstore.bench.store.KeyShape;
import io.apexstore.bench.store.Session;
import io.apexstore.bench.store.StoreSettings;
import java.io.IOException;
import org.jspecify.annotations.Nullable;

/**
 * Puts at half the rate that one client can do at most, for minutes, without a sync of their own;
 * flushes and compactions run as they must. The figure is the p99.9 in µs.
 */
final class TailPutJob implements Job {
  private static final long KEYS = 2_000_000;
  private static final double RATE_SECONDS = 10;
  private static final double PERCENTILE = 99.9;

  private final JobContext context;
  private final double seconds;
  private final Dataset dataset;
  private @Nullable BenchStore store;

  TailPutJob(JobContext context, double seconds) {
    this.context = context;
    this.seconds = seconds;
    this.dataset = Dataset.of(KEYS, context.shape());
  }

  @Override
  public void prepare() throws Exception {
    store = context.openEmpty("tail", StoreSettings.unsyncedWrites());
  }

  @Override
  public void warmUp() throws Exception {
    run(-1, Math.min(seconds, RATE_SECONDS));
  }

  @Override
  public Measurement round(int number) throws Exception {
    return run(number, seconds);
  }

  private Measurement run(int number, double offeredSeconds) throws Exception {
    BenchStore opened = Jobs.prepared(store);
    try (Session session = opened.session()) {
      Randoms randoms = new Randoms(number);
      byte[] key = new byte[KeyShape.LENGTH];
      Tail.Operation put =
          () -> {
            long chosen = randoms.below(KEYS);
            dataset.shape().fill(key, chosen);
            session.put(key, dataset.values().at(chosen));
          };
      double rate = Tail.rateMax(put, Math.min(seconds, RATE_SECONDS)) / 2;
      Latencies latencies = new Latencies();
      Tail.offer(put, rate, Tail.forSeconds(offeredSeconds), latencies);
      Measurement result = Measurement.of(latencies.micros(PERCENTILE)).with("rate_per_s", rate);
      return latencies.addTo(result);
    }
  }

  @Override
  public void close() throws IOException {
    if (store != null) {
      store.close();
    }
    context.emptyDirectory("tail");
  }
}
