package io.apexstore.bench.job;

import io.apexstore.bench.store.BenchStore;
import io.apexstore.bench.store.Dataset;
import io.apexstore.bench.store.KeyShape;
import io.apexstore.bench.store.Session;
import io.apexstore.bench.store.StoreKind;
import io.apexstore.bench.store.StoreSettings;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Two threads read random values and replace them, without sync; in the conditional variant, on the
 * condition that the value is unchanged. Thousands of replacements per second.
 */
final class ReplaceJob implements Job {
  private static final int THREADS = 2;

  private final JobContext context;
  private final Dataset dataset;
  private @Nullable BenchStore store;

  ReplaceJob(JobContext context, long keys) {
    this.context = context;
    this.dataset = Dataset.of(keys, context.shape());
  }

  @Override
  public void prepare() throws Exception {
    BenchStore opened = context.openEmpty("replace", StoreSettings.unsyncedWrites());
    store = opened;
    opened.load(dataset);
    opened.settle();
  }

  @Override
  public Measurement round(int number) throws Exception {
    boolean conditional = context.kind() == StoreKind.CONDITIONAL;
    try (Sessions sessions = new Sessions(BenchJobs.prepared(store), THREADS)) {
      List<Loop.Chunk> chunks = new ArrayList<>();
      for (Session session : sessions.all()) {
        Randoms randoms = new Randoms(number * 1000L + chunks.size());
        byte[] key = new byte[KeyShape.LENGTH];
        chunks.add(() -> replace(session, conditional, randoms, key));
      }
      return Measurement.of(Loop.perSecond(chunks, context.seconds()) / 1000);
    }
  }

  private long replace(Session session, boolean conditional, Randoms randoms, byte[] key)
      throws Exception {
    for (int i = 0; i < 50; i++) {
      dataset.shape().fill(key, randoms.below(dataset.keys()));
      byte[] value = dataset.values().at(randoms.below(dataset.keys()));
      if (conditional) {
        session.replace(key, value);
      } else if (session.get(key)) {
        session.put(key, value);
      } else {
        throw new IllegalStateException("a key is missing");
      }
    }
    return 50;
  }

  @Override
  public void close() throws IOException {
    if (store != null) {
      store.close();
    }
    context.emptyDirectory("replace");
  }
}
