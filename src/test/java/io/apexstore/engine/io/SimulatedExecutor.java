package io.apexstore.engine.io;

import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.Executor;

/**
 * An executor that runs tasks only on request, on the requesting thread, in an order determined by
 * its seed. The same seed and the same tasks give the same order.
 *
 * <p><b>Threads:</b> any thread may submit tasks; one thread runs them.
 */
public final class SimulatedExecutor implements Executor {
  private final SplittableRandom random;
  private final List<Runnable> tasks = new ArrayList<>();

  /** Creates an executor without tasks. */
  public SimulatedExecutor(long seed) {
    random = new SplittableRandom(seed);
  }

  @Override
  public synchronized void execute(Runnable task) {
    tasks.add(task);
  }

  /** Returns the number of waiting tasks. */
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

  /** Runs tasks, and those that they submit, until none is waiting; returns their number. */
  public int runAll() {
    int ran = 0;
    while (step()) {
      ran++;
    }
    return ran;
  }

  /** Drops all waiting tasks, as the end of the process does. */
  public synchronized void discardAll() {
    tasks.clear();
  }
}
