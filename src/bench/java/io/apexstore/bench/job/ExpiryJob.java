package io.apexstore.bench.job;

import io.apexstore.bench.store.BenchStore;
import io.apexstore.bench.store.Dataset;
import io.apexstore.bench.store.KeyShape;
import io.apexstore.bench.store.Session;
import io.apexstore.bench.store.StoreKind;
import io.apexstore.bench.store.StoreSettings;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;

/**
 * Puts without sync by one thread that replace values, in a store with a million other keys. In the
 * expiring variant, all of those expire at the moment the puts begin. Thousands of puts per second.
 */
final class ExpiryJob implements Job {
  private static final long EXPIRING = 1_000_000;
  private static final long PUT = 1_000_000;
  private static final Duration LOAD = Duration.ofSeconds(20);

  private final JobContext context;
  private final Dataset dataset;

  ExpiryJob(JobContext context) {
    this.context = context;
    this.dataset = Dataset.of(EXPIRING + PUT, context.shape());
  }

  @Override
  public void prepare() {}

  @Override
  public void warmUp() {}

  @Override
  public Measurement round(int number) throws Exception {
    boolean expires = context.kind() == StoreKind.EXPIRING;
    try (BenchStore store = context.openEmpty("expiry", StoreSettings.unsyncedWrites());
        Session session = store.session()) {
      load(store, session, expires);
      Randoms randoms = new Randoms(number);
      byte[] key = new byte[KeyShape.LENGTH];
      Loop.Chunk chunk =
          () -> {
            for (int i = 0; i < 100; i++) {
              long chosen = EXPIRING + randoms.below(PUT);
              dataset.shape().fill(key, chosen);
              session.put(key, dataset.values().at(chosen));
            }
            return 100;
          };
      double perSecond = Loop.perSecond(List.of(chunk), context.seconds());
      Measurement measured = Measurement.of(perSecond / 1000);
      if (!expires) {
        return measured;
      }
      if (store.expired() == 0) {
        throw new IllegalStateException("nothing expired during the round");
      }
      return measured.with("deleted", (double) store.expired());
    }
  }

  // Returns at the time of expiry.
  private void load(BenchStore store, Session session, boolean expires) throws Exception {
    long over = System.nanoTime() + LOAD.toNanos();
    byte[] key = new byte[KeyShape.LENGTH];
    for (long i = 0; i < EXPIRING + PUT; i++) {
      dataset.shape().fill(key, i);
      byte[] value = dataset.values().at(i);
      if (expires && i < EXPIRING) {
        session.putExpiring(key, value, Duration.ofNanos(over - System.nanoTime()));
      } else {
        session.put(key, value);
      }
    }
    store.settle();
    long left = over - System.nanoTime();
    if (expires && left < 0) {
      throw new IllegalStateException("loading took longer than " + LOAD);
    }
    if (expires) {
      TimeUnit.NANOSECONDS.sleep(left);
    }
  }

  @Override
  public void close() throws IOException {
    context.emptyDirectory("expiry");
  }
}
