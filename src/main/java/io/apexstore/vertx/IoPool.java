package io.apexstore.vertx;

import io.apexstore.engine.base.SafeLogger;
import io.apexstore.error.ApexException;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.WorkerExecutor;
import java.util.concurrent.Callable;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * A bounded pool of threads for calls that may wait for the disk, which an event loop must never
 * do. Both the number of threads and the number of pending tasks are limited.
 *
 * <p><b>Threads:</b> any. If {@link #run} is called on an event loop, its future completes on that
 * event loop. <b>Invariants:</b> exactly the accepted tasks that have not ended are counted as
 * pending. A task that is refused, because too many are pending or because the pool is closed, is
 * never counted.
 */
public final class IoPool {
  private static final System.Logger LOG = SafeLogger.of(IoPool.class);

  private final WorkerExecutor workers;
  private final int pendingMax;
  private final AtomicInteger pending = new AtomicInteger();

  IoPool(Vertx vertx, int threads, int pendingMax) {
    // A requested compaction runs on this pool and may take hours.
    this.workers = vertx.createSharedWorkerExecutor("apexstore-io", threads, 1, TimeUnit.DAYS);
    this.pendingMax = pendingMax;
  }

  /**
   * Runs a task that may block. The future fails with {@link OverloadedException} if too many tasks
   * are pending, and with {@link ApexException} {@code CLOSED} if the pool is closed; the task does
   * not run then.
   */
  public <T> Future<T> run(Callable<T> task) {
    if (!tryCount()) {
      return Future.failedFuture(
          new OverloadedException("too many calls are waiting for a thread that may block"));
    }
    return execute(task);
  }

  /**
   * Runs a task that releases a resource, even if too many tasks are pending. A failure is logged.
   * If the pool is closed, the task does not run; the store is closed then, with all its resources.
   */
  public void runAlways(Runnable task) {
    pending.incrementAndGet();
    this.<Object>execute(
            () -> {
              task.run();
              return this;
            })
        .onFailure(
            failure -> {
              boolean closed = failure.getCause() instanceof RejectedExecutionException;
              LOG.log(
                  closed ? System.Logger.Level.DEBUG : System.Logger.Level.WARNING,
                  "releasing a resource failed",
                  failure);
            });
  }

  /** Counts a task, unless too many are pending. */
  private boolean tryCount() {
    int count;
    do {
      count = pending.get();
      if (count >= pendingMax) {
        return false;
      }
    } while (!pending.compareAndSet(count, count + 1));
    return true;
  }

  /** Runs a task that is counted already. */
  private <T> Future<T> execute(Callable<T> task) {
    try {
      return workers.executeBlocking(
          () -> {
            try {
              return task.call();
            } finally {
              pending.decrementAndGet();
            }
          },
          false);
    } catch (RejectedExecutionException e) {
      pending.decrementAndGet();
      return Future.failedFuture(
          new ApexException(ApexException.Code.CLOSED, "the server has stopped", e));
    }
  }

  /** Returns the number of tasks that are running or waiting for a thread. */
  public int pending() {
    return pending.get();
  }

  /** Interrupts the running tasks, drops the waiting ones, and refuses new ones. */
  Future<Void> close() {
    return workers.close();
  }
}
