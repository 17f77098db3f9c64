package io.apexstore.engine.io;

import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.Executor;

/**
 * An executor that runs nothing until it is asked to, and then on the thread that asks, in an order
 * that its seed decides. The same seed and the same tasks give the same order.
 *
 * <p><b>Threads:</b> any may hand in tasks; one runs them.
 */
public final class SimulatedExecutor implements Executor {
  private final SplittableRandom random;
  private final List<Runnable> tasks = new ArrayList<>();

  /** Makes one with nothing to do. */
  public SimulatedExecutor(long seed) {
    random = new SplittableRandom(seed);
  }

  @Override
  public synchronized void execute(Runnable task) {
    tasks.add(task);
  }

  /** Returns how many tasks wait. */
  public synchronized int waiting() {
    return tasks.size();
  }

  /** Runs one of the waiting tasks; returns false if there was none. */
  public boolean step() {
    Runnable task;
    synchronized (this) {
      if (tasks.isEmpty()) {
        return false;
      }
      task = tasks.remove(random.nextInt(tasks.size()));
    }
    task.run();
    return true;
  }

  /** Runs tasks, and those they hand in, until none waits; returns how many. */
  public int runAll() {
    int ran = 0;
    while (step()) {
      ran++;
    }
    return ran;
  }

  /** Forgets all waiting tasks, as the end of the process does. */
  public synchronized void discardAll() {
    tasks.clear();
  }
}
