package io.apexstore.engine.wal;

import io.apexstore.engine.base.SafeLogger;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.util.concurrent.Executor;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.locks.ReentrantLock;

/**
 * A task that runs on an executor each time it is scheduled.
 *
 * <p><b>Threads:</b> any. <b>Invariants:</b> no two runs overlap. After {@link #schedule} the task
 * runs at least once from its beginning, unless it was stopped or the executor rejects it.
 */
final class BackgroundTask {
  private static final Logger LOG = SafeLogger.of(BackgroundTask.class);

  private final Executor executor;
  private final Runnable task;
  private final AtomicBoolean due = new AtomicBoolean();
  private final ReentrantLock running = new ReentrantLock();
  private volatile boolean started;

  /** Creates a task that does not run before {@link #start}. */
  BackgroundTask(Executor executor, Runnable task) {
    this.executor = executor;
    this.task = task;
  }

  /** Enables the task and schedules it. */
  void start() {
    started = true;
    schedule();
  }

  void schedule() {
    if (started && due.compareAndSet(false, true)) {
      try {
        executor.execute(this::run);
      } catch (RuntimeException | Error e) {
        due.set(false);
        LOG.log(
            Level.DEBUG, "no thread for background work of the log; the next call tries again", e);
      }
    }
  }

  private void run() {
    running.lock();
    try {
      due.set(false);
      if (started) {
        task.run();
      }
    } finally {
      running.unlock();
    }
  }

  /** Waits for the end of the current run, and prevents any further run. */
  void stop() {
    running.lock();
    try {
      started = false;
    } finally {
      running.unlock();
    }
  }
}
