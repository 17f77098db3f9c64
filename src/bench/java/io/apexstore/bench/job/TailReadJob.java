package io.apexstore.bench.job;

import io.apexstore.bench.pause.PauseWatch;
import io.apexstore.bench.store.BenchStore;
import io.apexstore.bench.store.Dataset;
import io.apexstore.bench.store.KeyShape;
import io.apexstore.bench.store.Session;
import io.apexstore.bench.store.StoreSettings;
import java.io.IOException;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/**
 * Reads at half the highest rate of one client, first on an idle store, then while it compacts
 * overwrites of a fifth of the keys. The figure is the p99.9 of the second divided by that of the
 * first.
 */
final class TailReadJob implements Job {
  private static final int OVERWRITTEN_SHARE = 5;
  private static final double RATE_SECONDS = 2;
  private static final double PERCENTILE = 99.9;

  private final JobContext context;
  private final Dataset dataset;
  private @Nullable BenchStore store;

  TailReadJob(JobContext context, long keys) {
    this.context = context;
    this.dataset = Dataset.of(keys, context.shape());
  }

  @Override
  public void prepare() throws Exception {
    store = context.openLoaded(dataset, StoreSettings.unsyncedWrites());
    context.spoil(dataset);
  }

  @Override
  public Measurement round(int number) throws Exception {
    BenchStore opened = BenchJobs.prepared(store);
    try (Session session = opened.session()) {
      Randoms randoms = new Randoms(number);
      byte[] key = new byte[KeyShape.LENGTH];
      Tail.Operation read =
          () -> {
            dataset.shape().fill(key, randoms.below(dataset.keys()));
            if (!session.get(key)) {
              throw new IllegalStateException("a loaded key is missing");
            }
          };
      double rate = Tail.rateMax(read, RATE_SECONDS) / 2;
      PauseWatch watch = new PauseWatch();
      Latencies idle = new Latencies();
      Tail.offer(read, rate, Tail.forSeconds(context.seconds()), idle, watch);
      Latencies busy = new Latencies();
      double compacted = 0;
      while (compacted < context.seconds()) {
        overwrite(opened, number);
        compacted += whileCompacting(opened, read, rate, busy, watch);
      }
      Measurement result =
          Measurement.of(busy.micros(PERCENTILE) / idle.micros(PERCENTILE))
              .with("rate_per_s", rate)
              .with("compacting_s", compacted)
              .with("idle_p99.9", idle.micros(PERCENTILE))
              .with("idle_max", idle.micros(100));
      return busy.addTo(result).with(watch.stop(System.err));
    }
  }

  private void overwrite(BenchStore opened, int number) throws Exception {
    Randoms randoms = new Randoms(number + 1L);
    byte[] key = new byte[KeyShape.LENGTH];
    try (Session session = opened.session()) {
      for (long i = 0; i < dataset.keys() / OVERWRITTEN_SHARE; i++) {
        long chosen = randoms.below(dataset.keys());
        dataset.shape().fill(key, chosen);
        session.put(key, dataset.values().at(chosen));
      }
    }
    opened.flush();
  }

  private static double whileCompacting(
      BenchStore opened, Tail.Operation read, double rate, Latencies latencies, PauseWatch watch)
      throws Exception {
    AtomicReference<Throwable> failure = new AtomicReference<>();
    Thread compacting =
        new Thread(
            () -> {
              try {
                opened.settle();
              } catch (Throwable e) {
                failure.set(e);
              }
            },
            "bench-compact");
    long start = System.nanoTime();
    compacting.start();
    Tail.offer(read, rate, compacting::isAlive, latencies, watch);
    compacting.join();
    Throwable failed = failure.get();
    if (failed != null) {
      throw new IllegalStateException("compaction failed: " + failed, failed);
    }
    return (System.nanoTime() - start) / 1e9;
  }

  @Override
  public void close() throws IOException {
    if (store != null) {
      store.close();
    }
  }
}
