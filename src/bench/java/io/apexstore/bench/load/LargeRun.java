package io.apexstore.bench.load;

import io.apexstore.ApexStore;
import io.apexstore.Cursor;
import io.apexstore.KeyRange;
import io.apexstore.WriteBatch;
import io.apexstore.bench.job.Folders;
import io.apexstore.bench.store.KeyOrder;
import io.apexstore.options.StoreOptions;
import io.apexstore.options.SyncMode;
import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;

/**
 * Puts many times more data than memory can hold, in random order, reads it at random and in order,
 * overwrites one part and deletes another, and opens the store again in between. Every answer is
 * compared with the expected one.
 *
 * <p>The budget outside the heap is divided as follows: three eighths for the block cache, a
 * sixteenth for each of at most six memtables, the rest for filters and indexes, which stay in
 * memory while their tables are open.
 */
public final class LargeRun {
  private static final int BATCH = 100;
  private static final long REPORT_KEYS = 1_000_000;
  private static final double READ_SECONDS = 20;
  private static final long AT_REST_MS = 3000;

  /** The allowance for the JVM itself: code, classes, threads, collector. */
  private static final long JVM_BYTES = 128L << 20;

  private final LargeOptions options;
  private final PrintStream out;
  private final Path directory;
  private final long keys;
  private final LargeData data = new LargeData();
  private final JsonObject figures = new JsonObject();
  private boolean secondGeneration;
  private long wrong;

  /** Creates a run in this process. */
  public LargeRun(LargeOptions options, PrintStream out) {
    this.options = options;
    this.out = out;
    this.directory = Path.of(options.folder());
    this.keys = options.keys();
  }

  /** Runs it; returns false if an answer was wrong or it took too much memory. */
  public boolean run() throws IOException, InterruptedException {
    out.printf(
        "large: %,d keys of 16 bytes with values of %,d, %.1f GB before compression; heap at most "
            + "%,d MiB, %d MiB outside of it%n",
        keys,
        LargeData.VALUE_BYTES,
        keys * (double) LargeData.ENTRY_BYTES / 1e9,
        Runtime.getRuntime().maxMemory() >> 20,
        options.budgetMib());
    figures.put("gb", keys * (double) LargeData.ENTRY_BYTES / 1e9).put("keys", keys);
    MemoryWatch watch = new MemoryWatch();
    try (watch) {
      life(watch, "load", this::load);
      life(watch, "read", this::readAndScan);
      life(watch, "change", this::change);
      life(watch, "read_changed", this::readAndScan);
    }
    JsonObject memory = watch.figures();
    figures.put("peak", memory);
    out.println("large: peaks in MiB: " + memory.encode());
    out.println(ChildRun.MARK + figures.encode());
    long processBesides = Runtime.getRuntime().maxMemory() + JVM_BYTES;
    boolean storeFits = isWithin("the store", watch.accountedBytes(), 0);
    boolean processFits = isWithin("the process", watch.anonymousBytes(), processBesides);
    return storeFits && processFits && wrong == 0;
  }

  private boolean isWithin(String who, long bytes, long allowanceBytes) {
    long most = ((long) options.budgetMib() << 20) + allowanceBytes;
    if (bytes <= most) {
      return true;
    }
    out.printf("large: %s took %,d MiB, the limit is %,d%n", who, bytes >> 20, most >> 20);
    return false;
  }

  /** A step of the run on an open store. */
  private interface Work {
    void on(ApexStore store) throws InterruptedException;
  }

  /** Opens the store, runs the step, waits until the store is at rest, and closes it. */
  private void life(MemoryWatch watch, String name, Work work)
      throws IOException, InterruptedException {
    long start = System.nanoTime();
    try (ApexStore store = ApexStore.open(directory, storeOptions())) {
      long first = System.nanoTime();
      store.get(data.key(keys / 2));
      double openMs = (first - start) / 1e6;
      double getMs = (System.nanoTime() - first) / 1e6;
      out.printf("large: opened in %.1f ms, first read after another %.1f ms%n", openMs, getMs);
      figures.put(name + "_open_ms", openMs).put(name + "_first_read_ms", getMs);
      watch.watch(store);
      try {
        work.on(store);
      } finally {
        watch.watch(null);
      }
    }
    long bytes = Folders.lengthOf(directory);
    figures.put(name + "_disk_mib", bytes >> 20);
    out.printf("large: %,d MiB in the directory%n", bytes >> 20);
  }

  private StoreOptions storeOptions() {
    long budget = (long) options.budgetMib() << 20;
    return StoreOptions.defaults()
        .withSyncMode(SyncMode.INTERVAL)
        .withBlockCacheBytes(budget * 3 / 8)
        .withMemtableBytesMax(budget / 16);
  }

  private void load(ApexStore store) throws InterruptedException {
    KeyOrder order = new KeyOrder(keys, 1);
    write(
        store,
        "load",
        (place, batch) -> {
          long number = order.at(place);
          batch.put(data.key(number), data.value(number, 0));
        });
  }

  private void change(ApexStore store) throws InterruptedException {
    KeyOrder order = new KeyOrder(keys, 2);
    write(
        store,
        "change",
        (place, batch) -> {
          long number = order.at(place);
          switch (LargeData.fate(number)) {
            case OVERWRITTEN -> batch.put(data.key(number), data.value(number, 1));
            case DELETED -> batch.delete(data.key(number));
            case STAYS -> {}
          }
        });
    secondGeneration = true;
  }

  /** Adds the writes for one position of the order to a batch. */
  private interface Step {
    void add(long place, WriteBatch batch);
  }

  private void write(ApexStore store, String name, Step step) throws InterruptedException {
    long start = System.nanoTime();
    long bytesBefore = store.stats().writes().userBytes();
    long place = 0;
    long reported = 0;
    while (place < keys) {
      WriteBatch batch = store.newBatch();
      while (place < keys && batch.size() < BATCH) {
        step.add(place++, batch);
      }
      if (batch.size() > 0) {
        store.write(batch);
      }
      if (place - reported >= REPORT_KEYS) {
        reported = place;
        out.printf("large: %s: %,d keys, %.0f s%n", name, place, (System.nanoTime() - start) / 1e9);
      }
    }
    double seconds = (System.nanoTime() - start) / 1e9;
    double megabytes = (store.stats().writes().userBytes() - bytesBefore) / 1e6;
    awaitRest(store);
    double restSeconds = (System.nanoTime() - start) / 1e9 - seconds;
    out.printf(
        "large: %s: %.1f s, %.1f MB per second; at rest after another %.1f s%n",
        name, seconds, megabytes / seconds, restSeconds);
    figures
        .put(name + "_seconds", seconds)
        .put(name + "_mb_per_second", megabytes / seconds)
        .put(name + "_rest_seconds", restSeconds)
        .put(name + "_write_amplification", store.stats().writes().tableWriteAmplification());
  }

  private static void awaitRest(ApexStore store) throws InterruptedException {
    store.flush();
    long before = -1;
    long now = 0;
    while (now != before) {
      before = now;
      TimeUnit.MILLISECONDS.sleep(AT_REST_MS);
      now = store.stats().writes().compactionReadBytes();
    }
  }

  private void readAndScan(ApexStore store) {
    String name = secondGeneration ? "changed_" : "";
    read(store, name);
    scan(store, name);
  }

  /** Returns the generation of the value that a key must have; -1 if the key must be absent. */
  private int generation(long number) {
    if (!secondGeneration) {
      return 0;
    }
    return switch (LargeData.fate(number)) {
      case STAYS -> 0;
      case OVERWRITTEN -> 1;
      case DELETED -> -1;
    };
  }

  private void read(ApexStore store, String name) {
    KeyOrder order = new KeyOrder(keys, 3);
    long start = System.nanoTime();
    long reads = 0;
    while (reads < keys && System.nanoTime() - start < READ_SECONDS * 1e9) {
      long number = order.at(reads++);
      int generation = generation(number);
      byte[] value = store.get(data.key(number));
      boolean right =
          value == null
              ? generation < 0
              : generation >= 0 && data.isValue(number, generation, value);
      if (!right) {
        report("a read of key %,d".formatted(number));
      }
      if (reads % 16 == 0 && store.get(data.absentKey(number)) != null) {
        report("a read of an absent key next to %,d".formatted(number));
      }
    }
    double perSecond = reads / ((System.nanoTime() - start) / 1e9);
    out.printf("large: %,d random reads, %,.0f per second%n", reads, perSecond);
    figures.put(name + "reads_per_second", perSecond);
  }

  private void scan(ApexStore store, String name) {
    long start = System.nanoTime();
    long entries = 0;
    long number = 0;
    try (Cursor cursor = store.scan(KeyRange.all())) {
      while (cursor.next()) {
        while (number < keys && generation(number) < 0) {
          number++;
        }
        if (number >= keys
            || !data.isKey(number, cursor.key())
            || !data.isValue(number, generation(number), cursor.value())) {
          report("a scan where key %,d comes next".formatted(number));
          return;
        }
        number++;
        entries++;
      }
    }
    while (number < keys) {
      if (generation(number++) >= 0) {
        report("the end of a scan after %,d entries".formatted(entries));
        return;
      }
    }
    double perSecond = entries / ((System.nanoTime() - start) / 1e9);
    out.printf(
        "large: %,d entries in order, %,.0f per second, %.0f MB per second%n",
        entries, perSecond, perSecond * LargeData.ENTRY_BYTES / 1e6);
    figures.put(name + "entries", entries).put(name + "scan_entries_per_second", perSecond);
  }

  private void report(String where) {
    if (wrong++ < 10) {
      out.println("large: WRONG: " + where);
    }
  }
}
