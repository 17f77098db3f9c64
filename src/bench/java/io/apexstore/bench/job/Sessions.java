package io.apexstore.bench.job;

import io.apexstore.bench.store.BenchStore;
import io.apexstore.bench.store.Session;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;

/** Sessions for several threads, closed together. */
final class Sessions implements AutoCloseable {
  private final List<Session> sessions = new ArrayList<>();

  Sessions(BenchStore store, int count) throws Exception {
    for (int i = 0; i < count; i++) {
      sessions.add(store.session());
    }
  }

  List<Session> all() {
    return Collections.unmodifiableList(sessions);
  }

  @Override
  public void close() {
    for (Session session : sessions) {
      session.close();
    }
  }
}
