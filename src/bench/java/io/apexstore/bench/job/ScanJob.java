package io.apexstore.bench.job;

import io.apexstore.bench.store.BenchStore;
import io.apexstore.bench.store.Dataset;
import io.apexstore.bench.store.KeyShape;
import io.apexstore.bench.store.Session;
import io.apexstore.bench.store.StoreSettings;
import java.io.IOException;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Scans of 100 entries from a random key, forwards or backwards, each with a new view. Thousands of
 * scans per second.
 */
final class ScanJob implements Job {
  private static final int ENTRIES = 100;
  private static final double WARM_UP_SECONDS_MIN = 2;
  private static final int CHUNK = 8;

  private final JobContext context;
  private final boolean reverse;
  private final Dataset dataset;
  private @Nullable BenchStore store;

  ScanJob(JobContext context, long keys, boolean reverse) {
    this.context = context;
    this.reverse = reverse;
    this.dataset = Dataset.of(keys, context.shape());
  }

  @Override
  public void prepare() throws Exception {
    BenchStore opened = context.openLoaded(dataset, StoreSettings.unsyncedWrites());
    store = opened;
    try (Session session = opened.session()) {
      // The keys of all shapes are greater than sixteen zero bytes.
      int all = session.scan(new byte[KeyShape.LENGTH], Math.toIntExact(dataset.keys()) + 1);
      if (all != dataset.keys()) {
        throw new IllegalStateException(
            dataset.keys() + " keys were loaded, a scan returned " + all);
      }
    }
  }

  @Override
  public void warmUp() throws Exception {
    run(-1, Math.max(WARM_UP_SECONDS_MIN, context.seconds()));
  }

  @Override
  public Measurement round(int number) throws Exception {
    return run(number, context.seconds());
  }

  private Measurement run(int number, double seconds) throws Exception {
    BenchStore opened = BenchJobs.prepared(store);
    Randoms randoms = new Randoms(number);
    byte[] key = new byte[KeyShape.LENGTH];
    try (Session session = opened.session()) {
      Loop.Chunk chunk =
          () -> {
            for (int i = 0; i < CHUNK; i++) {
              // Not near the ends, so that each scan finds a hundred entries.
              long chosen = ENTRIES + randoms.below(dataset.keys() - 2 * ENTRIES);
              dataset.shape().fill(key, chosen);
              int seen = reverse ? session.scanReverse(key, ENTRIES) : session.scan(key, ENTRIES);
              if (seen != ENTRIES && context.shape() != KeyShape.HASHED) {
                throw new IllegalStateException("a scan returned " + seen + " entries");
              }
            }
            return CHUNK;
          };
      return Measurement.of(Loop.perSecond(List.of(chunk), seconds) / 1000);
    }
  }

  @Override
  public void close() throws IOException {
    if (store != null) {
      store.close();
    }
  }
}
