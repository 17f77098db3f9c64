package io.apexstore.server.rest.admin;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.apexstore.server.RunningServer;
import io.apexstore.server.http.Problem;
import io.apexstore.server.http.ProblemException;
import io.apexstore.vertx.IoPool;
import java.nio.file.Path;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

@Tag("server")
class JobsTest {
  @TempDir private static Path folder;
  private static RunningServer server;

  private final CountDownLatch ends = new CountDownLatch(1);
  private final Jobs jobs = new Jobs(() -> 1);

  @BeforeAll
  static void start() {
    server = RunningServer.start(folder);
  }

  @AfterAll
  static void stop() {
    server.close();
  }

  @AfterEach
  void endAll() {
    ends.countDown();
  }

  private static IoPool io() {
    return server.server().host().io();
  }

  private Jobs.Job startLong(String kind, String target) {
    return jobs.start(
        kind,
        target,
        io(),
        () -> 0,
        () -> {
          try {
            assertTrue(ends.await(60, TimeUnit.SECONDS));
          } catch (InterruptedException e) {
            throw new IllegalStateException(e);
          }
        });
  }

  private Jobs.Job startShort(String kind) {
    return jobs.start(kind, "", io(), () -> 0, () -> {});
  }

  private Jobs.Job awaitEnd(long id) {
    for (int i = 0; i < 60_000; i++) {
      Jobs.Job job = jobs.find(id);
      assertNotNull(job);
      if (!job.isRunning()) {
        return job;
      }
      LockSupport.parkNanos(1_000_000); // A job does not call back.
    }
    throw new AssertionError("job " + id + " has not ended");
  }

  private static Problem.Kind kind(ProblemException e) {
    return e.problem().kind();
  }

  @Test
  void oneJobOfAKindRunsAtATime() {
    Jobs.Job first = startLong("compact", "a");
    assertEquals(first, startLong("compact", "a"));
    assertEquals(first, startLong("compact", "b"));
    assertNotEquals(first, startShort("rotate_encryption_keys"));
  }

  @Test
  void aRunningJobIsFoundHoweverManyJobsAreNewer() {
    Jobs.Job first = startLong("compact", "a");
    long oldest = awaitEnd(startShort("rotate_encryption_keys").id()).id();
    for (int i = 0; i < 2 * Jobs.JOBS_MAX; i++) {
      awaitEnd(startShort("rotate_encryption_keys").id());
    }
    assertEquals(first, jobs.find(first.id()));
    assertNull(jobs.find(oldest));
    ends.countDown();
    assertEquals(Jobs.State.DONE, awaitEnd(first.id()).state());
  }

  @Test
  void aJobIsRefusedWhileAsManyRunAsAreKept() {
    for (int i = 0; i < Jobs.JOBS_MAX; i++) {
      startLong("kind" + i, "");
    }
    assertEquals(
        Problem.Kind.OVERLOADED,
        kind(assertThrows(ProblemException.class, () -> startLong("another", ""))));
    ends.countDown();
    awaitEnd(1);
    awaitEnd(startShort("another").id());
  }

  @Test
  void aJobThatFailsShowsWhy() {
    IllegalStateException planted = new IllegalStateException("planted");
    Jobs.Job job =
        jobs.start(
            "compact",
            "",
            io(),
            () -> 7,
            () -> {
              throw planted;
            });
    Jobs.Job ended = awaitEnd(job.id());
    assertEquals(Jobs.State.FAILED, ended.state());
    assertEquals(planted, ended.failure());
    assertEquals(7, ended.endCount());
  }
}
