package io.apexstore.bench.load;

import io.apexstore.ApexStore;
import io.apexstore.Cursor;
import io.apexstore.KeyRange;
import io.apexstore.WriteBatch;
import io.apexstore.bench.job.Folders;
import io.apexstore.bench.job.Latencies;
import io.apexstore.bench.store.Dataset;
import io.apexstore.bench.store.KeyOrder;
import io.apexstore.bench.store.KeyShape;
import io.apexstore.options.StoreOptions;
import io.apexstore.stats.StoreStats;
import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Path;
import java.util.Arrays;

/**
 * Puts keys of 16 and values of 100 bytes in random order, in durable batches, with the default
 * options of a store. Then closes the store, opens it again and checks a scan: it must return every
 * key once, in order, with its value.
 */
public final class LoadRun {
  private static final long REPORT_KEYS = 1_000_000;

  private final LoadOptions options;
  private final PrintStream out;
  private final Dataset dataset;
  private final Latencies latencies = new Latencies();

  /** Creates a run in this process. */
  public LoadRun(LoadOptions options, PrintStream out) {
    this.options = options;
    this.out = out;
    this.dataset = Dataset.of(options.keys(), KeyShape.BINARY);
  }

  /** Runs it; returns false if a batch took too long or the scan was wrong. */
  public boolean run() throws IOException {
    Path directory = Path.of(options.folder());
    out.printf(
        "load: %,d keys in batches of %d, group mode, heap at most %,d MiB%n",
        options.keys(), options.batch(), Runtime.getRuntime().maxMemory() >> 20);
    double loadSeconds;
    StoreStats stats;
    try (ApexStore store = ApexStore.open(directory, StoreOptions.defaults())) {
      loadSeconds = load(store);
      stats = store.stats();
    }
    double longestMs = latencies.micros(100) / 1000;
    out.printf(
        "load: %.1f s, %,.0f keys per second; batches p50 %.2f ms, p99 %.2f ms, p99.9 %.2f ms, "
            + "longest %.0f ms%n",
        loadSeconds,
        options.keys() / loadSeconds,
        latencies.micros(50) / 1000,
        latencies.micros(99) / 1000,
        latencies.micros(99.9) / 1000,
        longestMs);
    out.printf(
        "load: writers were slowed for %.1f s, stopped %d times for %.1f s; longest held %.0f ms%n",
        stats.stall().slowedNanos() / 1e9,
        stats.stall().stops(),
        stats.stall().stoppedNanos() / 1e9,
        stats.stall().longestNanos() / 1e6);
    double scanSeconds;
    boolean right;
    long start = System.nanoTime();
    try (ApexStore store = ApexStore.open(directory, StoreOptions.defaults())) {
      double openMs = (System.nanoTime() - start) / 1e6;
      start = System.nanoTime();
      right = scan(store);
      scanSeconds = (System.nanoTime() - start) / 1e9;
      out.printf(
          "load: opened again in %.0f ms, scanned in %.1f s, %,.0f keys per second%n",
          openMs, scanSeconds, options.keys() / scanSeconds);
    }
    boolean stalled = longestMs > options.stallMsMax();
    if (stalled) {
      out.printf("load: a batch took %.0f ms, the limit is %d%n", longestMs, options.stallMsMax());
    }
    out.println(
        ChildRun.MARK
            + new JsonObject()
                .put("keys", options.keys())
                .put("batch", options.batch())
                .put("heap", options.heap())
                .put("keys_per_second", options.keys() / loadSeconds)
                .put("longest_batch_ms", longestMs)
                .put("p99.9_batch_ms", latencies.micros(99.9) / 1000)
                .put("scan_keys_per_second", options.keys() / scanSeconds)
                .put("write_stops", stats.stall().stops())
                .put("disk_mib", Folders.lengthOf(directory) >> 20)
                .encode());
    return right && !stalled;
  }

  private double load(ApexStore store) {
    KeyOrder order = dataset.order();
    byte[] key = new byte[KeyShape.LENGTH];
    long start = System.nanoTime();
    long reported = 0;
    double longestMs = 0;
    for (long first = 0; first < options.keys(); first += options.batch()) {
      WriteBatch batch = store.newBatch();
      long end = Math.min(options.keys(), first + options.batch());
      for (long i = first; i < end; i++) {
        long number = order.at(i);
        dataset.shape().fill(key, number);
        batch.put(key, dataset.values().at(number));
      }
      long before = System.nanoTime();
      store.write(batch);
      long nanos = System.nanoTime() - before;
      latencies.record(nanos);
      longestMs = Math.max(longestMs, nanos / 1e6);
      if (end - reported >= REPORT_KEYS) {
        reported = end;
        double seconds = (System.nanoTime() - start) / 1e9;
        out.printf(
            "load: %,d keys, %.0f s, %,.0f keys per second, longest batch of these %.0f ms%n",
            end, seconds, end / seconds, longestMs);
        longestMs = 0;
      }
    }
    return (System.nanoTime() - start) / 1e9;
  }

  private boolean scan(ApexStore store) {
    byte[] expected = new byte[KeyShape.LENGTH];
    long number = 0;
    try (Cursor cursor = store.scan(KeyRange.all())) {
      while (cursor.next()) {
        dataset.shape().fill(expected, number);
        if (!Arrays.equals(cursor.key(), expected)) {
          out.printf("load: the key at position %,d of the scan is wrong%n", number);
          return false;
        }
        if (!Arrays.equals(cursor.value(), dataset.values().at(number))) {
          out.printf("load: the value of key %,d is wrong%n", number);
          return false;
        }
        number++;
      }
    }
    if (number != options.keys()) {
      out.printf("load: the scan returned %,d keys, %,d were put%n", number, options.keys());
      return false;
    }
    return true;
  }
}
