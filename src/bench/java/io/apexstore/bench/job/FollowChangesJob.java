package io.apexstore.bench.job;

import io.apexstore.bench.store.BenchStore;
import io.apexstore.bench.store.ChangeReader;
import io.apexstore.bench.store.Dataset;
import io.apexstore.bench.store.KeyShape;
import io.apexstore.bench.store.Session;
import io.apexstore.bench.store.StoreSettings;
import java.io.IOException;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/**
 * One thread puts keys as fast as it can, without sync. Another reads each change as soon as the
 * store returns it. Thousands of changes per second, from the first put until the last change is
 * read.
 */
final class FollowChangesJob implements Job {
  private static final long KEYS = 1_000_000;

  private final JobContext context;
  private final Dataset dataset;
  private @Nullable BenchStore store;

  FollowChangesJob(JobContext context) {
    this.context = context;
    this.dataset = Dataset.of(KEYS, context.shape());
  }

  @Override
  public void prepare() throws Exception {
    store = context.openEmpty("follow", StoreSettings.unsyncedWrites().withLogKept());
  }

  @Override
  public Measurement round(int number) throws Exception {
    BenchStore opened = BenchJobs.prepared(store);
    AtomicLong written = new AtomicLong(-1);
    AtomicReference<Throwable> failure = new AtomicReference<>();
    try (ChangeReader reader = opened.changes()) {
      reader.read();
      long start = System.nanoTime();
      Thread writer = new Thread(() -> write(opened, number, written, failure), "bench-writer");
      writer.start();
      long read = 0;
      while (written.get() < 0 || read < written.get()) {
        long more = reader.read();
        read += more;
        if (more == 0) {
          Thread.onSpinWait();
        }
      }
      long nanos = System.nanoTime() - start;
      writer.join();
      Throwable failed = failure.get();
      if (failed != null) {
        throw new IllegalStateException("writing failed: " + failed, failed);
      }
      return Measurement.of(read * 1e6 / nanos);
    }
  }

  private void write(
      BenchStore opened, int round, AtomicLong written, AtomicReference<Throwable> failure) {
    Randoms randoms = new Randoms(round);
    long end = System.nanoTime() + (long) (context.seconds() * 1e9);
    long count = 0;
    try (Session session = opened.session()) {
      byte[] key = new byte[KeyShape.LENGTH];
      while ((count & 0xFF) != 0 || System.nanoTime() < end) {
        long chosen = randoms.below(KEYS);
        context.shape().fill(key, chosen);
        session.put(key, dataset.values().at(chosen));
        count++;
      }
      opened.sync();
    } catch (Exception e) {
      failure.set(e);
      count = 0;
    }
    written.set(count);
  }

  @Override
  public void close() throws IOException {
    if (store != null) {
      store.close();
    }
    context.emptyDirectory("follow");
  }
}
