package io.apexstore.engine.background;

import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;

/**
 * The signal that background work has made progress, and the way to wait for it. In a simulation,
 * where one thread does everything, a waiting thread does some of the work itself.
 *
 * <p><b>Threads:</b> any. A thread that is interrupted goes on waiting and stays interrupted.
 */
public final class WorkSignal {
  private final ReentrantLock lock = new ReentrantLock();
  private final Condition changed = lock.newCondition();
  private final @Nullable Runnable instead;

  /**
   * @param instead what to do repeatedly instead of waiting, until the condition holds; null: wait
   */
  public WorkSignal(@Nullable Runnable instead) {
    this.instead = instead;
  }

  /** Waits until the condition holds. It is evaluated again after every {@link #wakeAll}. */
  public void until(BooleanSupplier condition) {
    Runnable step = instead;
    if (step != null) {
      while (!condition.getAsBoolean()) {
        step.run();
      }
      return;
    }
    lock.lock();
    try {
      while (!condition.getAsBoolean()) {
        changed.awaitUninterruptibly();
      }
    } finally {
      lock.unlock();
    }
  }

  /** Wakes all waiters, so that they evaluate their conditions again. */
  public void wakeAll() {
    lock.lock();
    try {
      changed.signalAll();
    } finally {
      lock.unlock();
    }
  }
}
