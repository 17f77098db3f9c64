package io.apexstore.bench.job;

import io.apexstore.bench.store.BenchStore;
import io.apexstore.bench.store.Dataset;
import io.apexstore.bench.store.KeyShape;
import io.apexstore.bench.store.Session;
import io.apexstore.bench.store.StoreSettings;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/**
 * Random puts, each on the disk before it returns, by a number of blocking threads; or, if the
 * store has asynchronous puts and they are requested, by one thread that keeps this many in flight.
 * Thousands of puts per second.
 */
final class DurablePutJob implements Job {
  private static final long KEYS = 1_000_000;
  private static final double WARM_UP_SECONDS_MAX = 1;

  private final JobContext context;
  private final int inFlight;
  private final boolean fromOneThread;
  private final Dataset dataset;
  private @Nullable BenchStore store;

  DurablePutJob(JobContext context, int inFlight, boolean fromOneThread) {
    this.context = context;
    this.inFlight = inFlight;
    this.fromOneThread = fromOneThread && context.kind().isApexStore();
    this.dataset = Dataset.of(KEYS, context.shape());
  }

  @Override
  public void prepare() throws Exception {
    store = context.openEmpty("durable", StoreSettings.durableWrites());
  }

  @Override
  public void warmUp() throws Exception {
    run(-1, Math.min(WARM_UP_SECONDS_MAX, context.seconds()));
  }

  @Override
  public Measurement round(int number) throws Exception {
    return run(number, context.seconds());
  }

  private Measurement run(int number, double seconds) throws Exception {
    BenchStore opened = BenchJobs.prepared(store);
    return fromOneThread ? flying(opened, number, seconds) : blocking(opened, number, seconds);
  }

  private Measurement blocking(BenchStore opened, int number, double seconds) throws Exception {
    List<Loop.Chunk> chunks = new ArrayList<>();
    List<Latencies> latencies = new ArrayList<>();
    try (Sessions sessions = new Sessions(opened, inFlight)) {
      for (Session session : sessions.all()) {
        Randoms randoms = new Randoms(number * 1000L + chunks.size());
        byte[] key = new byte[KeyShape.LENGTH];
        Latencies own = new Latencies();
        latencies.add(own);
        chunks.add(
            () -> {
              long chosen = randoms.below(KEYS);
              dataset.shape().fill(key, chosen);
              long start = System.nanoTime();
              session.put(key, dataset.values().at(chosen));
              own.record(System.nanoTime() - start);
              return 1;
            });
      }
      double perSecond = Loop.perSecond(chunks, seconds);
      Latencies all = new Latencies();
      latencies.forEach(all::add);
      return all.addTo(Measurement.of(perSecond / 1000));
    }
  }

  private Measurement flying(BenchStore opened, int number, double seconds) throws Exception {
    Semaphore places = new Semaphore(inFlight);
    AtomicReference<Throwable> failure = new AtomicReference<>();
    Randoms randoms = new Randoms(number);
    byte[] key = new byte[KeyShape.LENGTH];
    try (Session session = opened.session()) {
      long nanos = (long) (seconds * TimeUnit.SECONDS.toNanos(1));
      long done = 0;
      long start = System.nanoTime();
      while (System.nanoTime() - start < nanos && failure.get() == null) {
        long chosen = randoms.below(KEYS);
        dataset.shape().fill(key, chosen);
        places.acquire();
        session
            .putAsync(key, dataset.values().at(chosen))
            .whenComplete(
                (version, failed) -> {
                  if (failed != null) {
                    failure.compareAndSet(null, failed);
                  }
                  places.release();
                });
        done++;
      }
      places.acquire(inFlight);
      long taken = System.nanoTime() - start;
      Throwable failed = failure.get();
      if (failed != null) {
        throw new IllegalStateException("a put failed: " + failed, failed);
      }
      return Measurement.of(done * 1e6 / taken);
    }
  }

  @Override
  public void close() throws IOException {
    if (store != null) {
      store.close();
    }
    context.emptyDirectory("durable");
  }
}
