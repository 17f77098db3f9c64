package io.apexstore.bench.job;

import io.apexstore.bench.pause.PauseWatch;
import io.apexstore.bench.store.BenchStore;
import io.apexstore.bench.store.Dataset;
import io.apexstore.bench.store.KeyShape;
import io.apexstore.bench.store.Session;
import io.apexstore.bench.store.StoreKind;
import io.apexstore.bench.store.StoreSettings;
import java.io.IOException;
import org.jspecify.annotations.Nullable;

/**
 * Puts without sync at half the highest rate of one client, for minutes, while flushes and
 * compactions run as usual. The figure is the p99.9 in µs.
 *
 * <p>The highest rate is measured once, before the first round, for long enough to include flushes
 * and compactions. The store is never emptied: each round continues with the state after the last
 * one. A peer's rounds are half as long as ours, to limit the time of the workload. This favors the
 * peer: it pays for less of its compaction debt.
 */
final class TailPutJob implements Job {
  private static final long KEYS = 2_000_000;
  private static final double RATE_SECONDS_MAX = 15;
  private static final double WARM_UP_SECONDS_MAX = 5;
  private static final double PERCENTILE = 99.9;

  private final JobContext context;
  private final double seconds;
  private final Dataset dataset;
  private final Latencies all = new Latencies();
  private double rate;
  private @Nullable BenchStore store;

  TailPutJob(JobContext context, double seconds) {
    this.context = context;
    this.seconds = context.kind() == StoreKind.APEXSTORE ? seconds : seconds / 2;
    this.dataset = Dataset.of(KEYS, context.shape());
  }

  @Override
  public void prepare() throws Exception {
    store = context.openEmpty("tail", StoreSettings.unsyncedWrites());
  }

  @Override
  public void warmUp() throws Exception {
    try (Session session = BenchJobs.prepared(store).session()) {
      Tail.Operation put = put(session, -1);
      Tail.rateMax(put, Math.min(seconds, WARM_UP_SECONDS_MAX));
      rate = Tail.rateMax(put, Math.min(seconds, RATE_SECONDS_MAX)) / 2;
    }
  }

  @Override
  public Measurement round(int number) throws Exception {
    Latencies latencies = new Latencies();
    PauseWatch watch = new PauseWatch();
    try (Session session = BenchJobs.prepared(store).session()) {
      Tail.offer(put(session, number), rate, Tail.forSeconds(seconds), latencies, watch);
    }
    PauseWatch.Findings pauses = watch.stop(System.err);
    all.add(latencies);
    Measurement result =
        Measurement.of(latencies.micros(PERCENTILE))
            .with("rate_per_s", rate)
            .with("p99.9_of_all_rounds", all.micros(PERCENTILE));
    return latencies.addTo(result).with(pauses);
  }

  private Tail.Operation put(Session session, int number) {
    Randoms randoms = new Randoms(number);
    byte[] key = new byte[KeyShape.LENGTH];
    return () -> {
      long chosen = randoms.below(KEYS);
      dataset.shape().fill(key, chosen);
      session.put(key, dataset.values().at(chosen));
    };
  }

  @Override
  public void close() throws IOException {
    if (store != null) {
      store.close();
    }
    context.emptyDirectory("tail");
  }
}
