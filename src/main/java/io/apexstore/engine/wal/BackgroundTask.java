package io.apexstore.engine.wal;

import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.locks.ReentrantLock;

/**
 * One task that is run in the background when it is due.
 *
 * <p><b>Threads:</b> any. <b>Invariants:</b> it never runs twice at once; after {@link #schedule}
 * it runs once more from its beginning, unless it was stopped or the executor refuses.
 */
final class BackgroundTask {
  private static final Logger LOG = System.getLogger(BackgroundTask.class.getName());

  private final Executor executor;
  private final Runnable task;
  private final AtomicBoolean due = new AtomicBoolean();
  private final ReentrantLock running = new ReentrantLock();
  private volatile boolean started;

  /** Makes one that does not run before {@link #start}. */
  BackgroundTask(Executor executor, Runnable task) {
    this.executor = executor;
    this.task = task;
  }

  /** Lets the task run, and runs it. */
  void start() {
    started = true;
    schedule();
  }

  void schedule() {
    if (started && due.compareAndSet(false, true)) {
      try {
        executor.execute(this::run);
      } catch (RejectedExecutionException e) {
        LOG.log(Level.DEBUG, "no background work any more", e);
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

  /** Waits for the end of a run under way; the task does not run any more. */
  void stop() {
    running.lock();
    try {
      started = false;
    } finally {
      running.unlock();
    }
  }
}
