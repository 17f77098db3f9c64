package io.apexstore.engine.background;

import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Waiting for background work. In a simulation, where one thread does everything, waiting means
 * doing some of that work oneself.
 *
 * <p><b>Threads:</b> any. Interrupts are kept for after the wait.
 */
public final class WorkSignal {
  private final ReentrantLock lock = new ReentrantLock();
  private final Condition changed = lock.newCondition();
  private final @Nullable Runnable instead;

  /**
   * Makes one.
   *
   * @param instead what to do in place of waiting, again and again until the condition holds; null
   *     to wait
   */
  public WorkSignal(@Nullable Runnable instead) {
    this.instead = instead;
  }

  /** Returns once the condition holds. It is looked at again after every {@link #wakeAll}. */
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

  /** Makes every waiter look at its condition again. */
  public void wakeAll() {
    lock.lock();
    try {
      changed.signalAll();
    } finally {
      lock.unlock();
    }
  }
}
