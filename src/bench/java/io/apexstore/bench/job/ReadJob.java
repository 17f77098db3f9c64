package io.apexstore.bench.job;

import io.apexstore.bench.store.BenchStore;
import io.apexstore.bench.store.Dataset;
import io.apexstore.bench.store.KeyShape;
import io.apexstore.bench.store.Session;
import io.apexstore.bench.store.StoreSettings;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * readrandom and readmissing: threads read random keys of a compacted store, after each key was
 * read once. Thousands of reads per second. Each read checks that its key is present or absent.
 */
final class ReadJob implements Job {
  private static final double WARM_UP_SECONDS_MIN = 2;
  private static final int CHUNK = 128;
  private static final long COMPARED = 64;
  private static final int FILTER_READS = 200_064; // Whole chunks.
  private static final long WARM_UP_KEYS_MAX = 10_000_000;

  private final JobContext context;
  private final int threads;
  private final boolean missing;
  private final Dataset dataset;
  private @Nullable BenchStore store;
  private double filteredPercent = Double.NaN;

  ReadJob(JobContext context, long keys, int threads, boolean missing) {
    this.context = context;
    this.threads = threads;
    this.missing = missing;
    this.dataset = Dataset.of(keys, context.shape());
  }

  @Override
  public void prepare() throws Exception {
    if (missing) {
      filteredPercent = filteredPercent();
    }
    BenchStore opened = context.openLoaded(dataset, StoreSettings.unsyncedWrites());
    store = opened;
    byte[] key = new byte[KeyShape.LENGTH];
    try (Session session = opened.session()) {
      for (long i = 0; i < Math.min(WARM_UP_KEYS_MAX, dataset.keys()); i++) {
        dataset.shape().fill(key, i);
        if (!session.get(key)) {
          throw new IllegalStateException("key " + i + " was loaded and is missing");
        }
        if (i % COMPARED == 0 && !Arrays.equals(session.value(key), dataset.values().at(i))) {
          throw new IllegalStateException("key " + i + " does not have the value that was loaded");
        }
      }
    }
  }

  /** Returns the percentage of absent keys that the filters reject; NaN without filters. */
  private double filteredPercent() throws Exception {
    StoreSettings counting = StoreSettings.unsyncedWrites().withCounting();
    try (BenchStore opened = context.openLoaded(dataset, counting);
        Session session = opened.session()) {
      long before = opened.filterPasses();
      Randoms randoms = new Randoms(0);
      byte[] key = new byte[KeyShape.LENGTH];
      for (int i = 0; i < FILTER_READS / CHUNK; i++) {
        readAbsent(session, randoms, key);
      }
      long passes = opened.filterPasses() - before;
      return before < 0 ? Double.NaN : 100.0 * (FILTER_READS - passes) / FILTER_READS;
    }
  }

  @Override
  public void warmUp() throws Exception {
    run(-1, Math.max(WARM_UP_SECONDS_MIN, context.seconds()));
  }

  @Override
  public Measurement round(int number) throws Exception {
    Measurement measured = run(number, context.seconds());
    return Double.isNaN(filteredPercent) ? measured : measured.with("filtered", filteredPercent);
  }

  private Measurement run(int number, double seconds) throws Exception {
    BenchStore opened = BenchJobs.prepared(store);
    List<Loop.Chunk> chunks = new ArrayList<>();
    try (Sessions sessions = new Sessions(opened, threads)) {
      for (Session session : sessions.all()) {
        Randoms randoms = new Randoms(number * 1000L + chunks.size());
        byte[] key = new byte[KeyShape.LENGTH];
        chunks.add(
            missing
                ? () -> readAbsent(session, randoms, key)
                : () -> readPresent(session, randoms, key));
      }
      return Measurement.of(Loop.perSecond(chunks, seconds) / 1000);
    }
  }

  private long readPresent(Session session, Randoms randoms, byte[] key) throws Exception {
    for (int i = 0; i < CHUNK; i++) {
      dataset.shape().fill(key, randoms.below(dataset.keys()));
      if (!session.get(key)) {
        throw new IllegalStateException("a loaded key is missing");
      }
    }
    return CHUNK;
  }

  private long readAbsent(Session session, Randoms randoms, byte[] key) throws Exception {
    for (int i = 0; i < CHUNK; i++) {
      dataset.shape().fillAbsent(key, randoms.below(dataset.keys()));
      if (session.get(key)) {
        throw new IllegalStateException("a key that was never put is present");
      }
    }
    return CHUNK;
  }

  @Override
  public void close() throws IOException {
    if (store != null) {
      store.close();
    }
  }
}
