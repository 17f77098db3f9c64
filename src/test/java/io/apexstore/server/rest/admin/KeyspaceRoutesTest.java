package io.apexstore.server.rest.admin;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.apexstore.ApexStore;
import io.apexstore.server.RunningServer;
import io.apexstore.server.http.Problem;
import io.apexstore.server.http.ProblemException;
import io.apexstore.server.rest.context.KeyspaceLookup;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Keyspaces that are created, changed and dropped. */
@Tag("server")
class KeyspaceRoutesTest {
  @TempDir private static Path folder;
  private static RunningServer server;

  @BeforeAll
  static void start() {
    server = RunningServer.start(folder);
  }

  @AfterAll
  static void stop() {
    server.close();
  }

  @Test
  void lookupsNeverCreateADroppedKeyspaceAgain() throws Exception {
    ApexStore store = server.server().host().store();
    AtomicBoolean over = new AtomicBoolean();
    AtomicInteger looked = new AtomicInteger();
    try (ExecutorService threads = Executors.newSingleThreadExecutor()) {
      Future<?> looks = threads.submit(() -> lookUntil(over, looked, store));
      try {
        for (int round = 0; round < 100; round++) {
          store.keyspace("coming-and-going");
          assertTrue(store.dropKeyspace("coming-and-going"));
          int before = looked.get();
          while (looked.get() < before + 2
              && !looks.isDone()) { // A lookup that began before has ended, too.
            Thread.onSpinWait();
          }
          assertEquals(List.of("default"), store.keyspaceNames(), "after round " + round);
        }
      } finally {
        over.set(true);
      }
      looks.get();
    }
    assertEquals(List.of("default"), store.keyspaceNames());
  }

  private static void lookUntil(AtomicBoolean over, AtomicInteger looked, ApexStore store) {
    while (!over.get()) {
      try {
        new KeyspaceLookup(store).existing("coming-and-going");
      } catch (ProblemException e) {
        assertEquals(Problem.Kind.KEYSPACE_NOT_FOUND, e.problem().kind());
      }
      looked.incrementAndGet();
    }
  }
}
