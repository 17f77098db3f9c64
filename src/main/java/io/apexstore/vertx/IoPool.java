package io.apexstore.vertx;

import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.WorkerExecutor;
import java.util.concurrent.Callable;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * The threads for reads that may wait for the disk, which an event loop must never do. Bounded in
 * threads and in how much may wait for one.
 *
 * <p><b>Threads:</b> {@link #run} any; from an event loop the future completes on it.
 */
public final class IoPool {
  private static final System.Logger LOG = System.getLogger(IoPool.class.getName());

  private final WorkerExecutor workers;
  private final int pendingMax;
  private final AtomicInteger pending = new AtomicInteger();

  IoPool(Vertx vertx, int threads, int pendingMax) {
    // A compaction that was asked for runs here, and may take hours.
    this.workers = vertx.createSharedWorkerExecutor("apexstore-io", threads, 1, TimeUnit.DAYS);
    this.pendingMax = pendingMax;
  }

  /**
   * Runs a task that may block. Fails with {@link OverloadedException}, without running it, where
   * too many are waiting.
   */
  public <T> Future<T> run(Callable<T> task) {
    if (pending.incrementAndGet() > pendingMax) {
      pending.decrementAndGet();
      return Future.failedFuture(
          new OverloadedException("more reads wait for the disk than may at once"));
    }
    return workers.executeBlocking(
        () -> {
          try {
            return task.call();
          } finally {
            pending.decrementAndGet();
          }
        },
        false);
  }

  /** Runs a task that lets go of something, however many are waiting. */
  public void runAlways(Runnable task) {
    pending.incrementAndGet();
    workers
        .executeBlocking(
            () -> {
              try {
                task.run();
                return null;
              } finally {
                pending.decrementAndGet();
              }
            },
            false)
        .onFailure(failure -> LOG.log(System.Logger.Level.WARNING, "a release failed", failure));
  }

  /** Returns how many tasks run or wait to. */
  public int pending() {
    return pending.get();
  }

  Future<Void> close() {
    return workers.close();
  }
}
