package io.apexstore.bench.job;

import io.apexstore.bench.store.BenchStore;
import io.apexstore.bench.store.Dataset;
import io.apexstore.bench.store.KeyOrder;
import io.apexstore.bench.store.KeyShape;
import io.apexstore.bench.store.Session;
import io.apexstore.bench.store.StoreSettings;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;

/**
 * Puts all keys in random order, overwrites them five times, each time in another order, and waits
 * until the store is at rest. The figure is the bytes written to tables for each byte put. Details
 * are the bytes written including the log, and the bytes on disk divided by those of the fully
 * compacted store.
 */
final class AmplificationJob implements Job {
  private static final int OVERWRITES = 5;
  private static final long AT_REST_MS = 3000;

  private final JobContext context;
  private final Dataset dataset;
  private final StoreSettings settings;

  AmplificationJob(JobContext context, long keys, StoreSettings settings) {
    this.context = context;
    this.settings = settings.withCounting();
    this.dataset = Dataset.of(keys, context.shape());
  }

  @Override
  public void prepare() {}

  @Override
  public void warmUp() {}

  @Override
  public Measurement round(int number) throws Exception {
    try (BenchStore store = context.openEmpty("amplification", settings)) {
      long writtenBefore = processBytesWritten();
      long start = System.nanoTime();
      for (int pass = 0; pass <= OVERWRITES; pass++) {
        writeAll(store, pass);
      }
      store.flush();
      final double seconds = (System.nanoTime() - start) / 1e9;
      awaitRest(store);
      double userBytes = (double) dataset.userBytes() * (OVERWRITES + 1);
      final double tables = store.tableBytesWritten() / userBytes;
      final double all = (processBytesWritten() - writtenBefore) / userBytes;
      final double kept = store.tableBytesOnDisk();
      final double keptWithLog = context.diskBytes();
      store.settle();
      double live = store.tableBytesOnDisk();
      return Measurement.of(tables)
          .with("with_log", all)
          .with("space", kept / live)
          .with("space_with_log", keptWithLog / live)
          .with("stored_per_user_byte", live / dataset.userBytes())
          .with("seconds", seconds);
    }
  }

  private void writeAll(BenchStore store, int pass) throws Exception {
    KeyOrder order = new KeyOrder(dataset.keys(), KeyOrder.mix(pass));
    byte[] key = new byte[KeyShape.LENGTH];
    try (Session session = store.session()) {
      for (long i = 0; i < dataset.keys(); i++) {
        long number = order.at(i);
        dataset.shape().fill(key, number);
        session.put(key, dataset.values().at(number + pass));
      }
    }
  }

  private static void awaitRest(BenchStore store) throws InterruptedException {
    long before = -1;
    long now = store.tableBytesWritten();
    while (now != before) {
      before = now;
      TimeUnit.MILLISECONDS.sleep(AT_REST_MS);
      now = store.tableBytesWritten();
    }
  }

  /** Bytes that this process caused to be written to disks, as Linux counts them. */
  private static long processBytesWritten() throws IOException {
    Path io = Path.of("/proc/self/io");
    if (!Files.isReadable(io)) {
      return 0;
    }
    for (String line : Files.readAllLines(io)) {
      if (line.startsWith("write_bytes: ")) {
        return Long.parseLong(line.substring("write_bytes: ".length()));
      }
    }
    return 0;
  }

  @Override
  public void close() throws IOException {
    context.emptyDirectory("amplification");
  }
}
