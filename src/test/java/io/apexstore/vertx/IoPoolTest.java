package io.apexstore.vertx;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.apexstore.error.ApexException;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** The pool counts the tasks that it has accepted, and no others. */
class IoPoolTest {
  private static final int PENDING_MAX = 3;

  private Vertx vertx;
  private IoPool pool;

  @BeforeEach
  void start() {
    vertx = Vertx.vertx();
    pool = new IoPool(vertx, 1, PENDING_MAX);
  }

  @AfterEach
  void stop() throws Exception {
    await(vertx.close());
  }

  @Test
  void tasksAreCountedUntilTheyEndAlsoIfTheyFail() throws Exception {
    CountDownLatch release = new CountDownLatch(1);
    Future<Integer> waiting = pool.run(() -> waitFor(release));
    Future<Integer> failing =
        pool.run(
            () -> {
              throw new IllegalStateException("planted");
            });
    assertEquals(2, pool.pending());
    release.countDown();
    assertEquals(1, await(waiting));
    assertInstanceOf(IllegalStateException.class, failure(failing));
    assertEquals(0, pool.pending());
  }

  @Test
  void aTaskThatIsRefusedIsNeverCounted() throws Exception {
    CountDownLatch release = new CountDownLatch(1);
    List<Future<Integer>> accepted = new ArrayList<>();
    for (int i = 0; i < PENDING_MAX; i++) {
      accepted.add(pool.run(() -> waitFor(release)));
    }
    AtomicBoolean over = new AtomicBoolean();
    List<Thread> callers = new ArrayList<>();
    for (int i = 0; i < 3; i++) {
      callers.add(
          Thread.ofPlatform()
              .start(
                  () -> {
                    for (int call = 0; call < 30_000; call++) {
                      if (pool.run(() -> 1).succeeded()) {
                        over.set(true);
                      }
                    }
                  }));
    }
    while (callers.stream().anyMatch(Thread::isAlive)) {
      if (pool.pending() != PENDING_MAX) {
        over.set(true);
      }
    }
    assertEquals(false, over.get(), "a refused task was counted");
    release.countDown();
    for (Future<Integer> one : accepted) {
      await(one);
    }
    assertEquals(0, pool.pending());
  }

  @Test
  void aClosedPoolFailsTasksAndDoesNotCountThem() throws Exception {
    await(pool.close());
    for (int i = 0; i < 2 * PENDING_MAX; i++) {
      ApexException closed = assertInstanceOf(ApexException.class, failure(pool.run(() -> 1)));
      assertEquals(ApexException.Code.CLOSED, closed.code());
      pool.runAlways(() -> {});
    }
    assertEquals(0, pool.pending());
  }

  private static int waitFor(CountDownLatch release) throws InterruptedException {
    assertTrue(release.await(30, TimeUnit.SECONDS));
    return 1;
  }

  private static Throwable failure(Future<?> future) throws Exception {
    await(future.otherwiseEmpty());
    return future.cause();
  }

  private static <T> T await(Future<T> future) throws Exception {
    return future.toCompletionStage().toCompletableFuture().get(30, TimeUnit.SECONDS);
  }
}
