package io.apexstore.bench.job;

import io.apexstore.bench.store.BenchStore;
import io.apexstore.bench.store.Dataset;
import io.apexstore.bench.store.KeyShape;
import io.apexstore.bench.store.Session;
import io.apexstore.bench.store.StoreSettings;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The core workloads of YCSB on two threads, with operations drawn in advance. Keys are hashed, as
 * in YCSB. Thousands of operations per second.
 */
final class YcsbJob implements Job {
  private static final int THREADS = 2;
  private static final int OPERATIONS = 500_000;
  private static final int SCANNING_OPERATIONS = 50_000;

  private final JobContext context;
  private final YcsbMix mix;
  private final Dataset dataset;
  private long inserted;
  private @Nullable BenchStore store;

  YcsbJob(JobContext context, char letter, long records) {
    this.context = context;
    this.mix = YcsbMix.valueOf(String.valueOf(letter));
    this.dataset = Dataset.of(records, KeyShape.HASHED);
  }

  @Override
  public void prepare() throws Exception {
    store = context.openLoaded(dataset, StoreSettings.unsyncedWrites());
    if (mix.writes()) {
      context.spoil(dataset);
    }
  }

  @Override
  public Measurement round(int number) throws Exception {
    BenchStore opened = BenchJobs.prepared(store);
    int count = mix.scans() ? SCANNING_OPERATIONS : OPERATIONS;
    List<YcsbOperations> drawn = new ArrayList<>();
    for (int thread = 0; thread < THREADS; thread++) {
      drawn.add(YcsbOperations.draw(mix, count, dataset.keys() + inserted, THREADS, thread));
    }
    // Both threads get as many new numbers as the one that inserts more.
    inserted += drawn.stream().mapToLong(YcsbOperations::inserts).max().orElse(0) * THREADS;
    if (mix.inserts()) {
      fillGaps(opened, drawn);
    }
    List<Loop.Work> works = new ArrayList<>();
    try (Sessions sessions = new Sessions(opened, THREADS)) {
      for (int thread = 0; thread < THREADS; thread++) {
        Session session = sessions.all().get(thread);
        YcsbOperations operations = drawn.get(thread);
        works.add(start -> run(session, operations));
      }
      long nanos = Loop.together(works);
      return Measurement.of((double) count * THREADS * 1e6 / nanos);
    }
  }

  /** Puts the new numbers of the thread that drew fewer inserts, so that none is missing. */
  private void fillGaps(BenchStore opened, List<YcsbOperations> drawn) throws Exception {
    long most = drawn.stream().mapToLong(YcsbOperations::inserts).max().orElse(0);
    byte[] key = new byte[KeyShape.LENGTH];
    try (Session session = opened.session()) {
      for (int thread = 0; thread < THREADS; thread++) {
        YcsbOperations operations = drawn.get(thread);
        for (long i = operations.inserts(); i < most; i++) {
          long number = operations.base() + i * THREADS + thread;
          dataset.shape().fill(key, number);
          session.put(key, dataset.values().at(number));
        }
      }
    }
  }

  private void run(Session session, YcsbOperations operations) throws Exception {
    byte[] key = new byte[KeyShape.LENGTH];
    for (int i = 0; i < operations.count(); i++) {
      long number = operations.number(i);
      dataset.shape().fill(key, number);
      switch (operations.action(i)) {
        case READ -> read(session, key);
        case UPDATE, INSERT -> session.put(key, dataset.values().at(number + i));
        case SCAN -> session.scan(key, operations.length(i));
        case READ_MODIFY_WRITE -> {
          read(session, key);
          session.put(key, dataset.values().at(number + i));
        }
      }
    }
  }

  private static void read(Session session, byte[] key) throws Exception {
    if (!session.get(key)) {
      throw new IllegalStateException("a record that was put is missing");
    }
  }

  @Override
  public void close() throws IOException {
    if (store != null) {
      store.close();
    }
  }
}
