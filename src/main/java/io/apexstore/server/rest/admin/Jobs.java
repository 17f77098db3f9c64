package io.apexstore.server.rest.admin;

import io.apexstore.server.http.Problem;
import io.apexstore.vertx.IoPool;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Long work that an administrator asked for, while it runs and for a while after.
 *
 * <p><b>Threads:</b> any. <b>Invariants:</b> of each kind one runs at a time, so that they do not
 * take all threads of the pool; asking again for the same while it does gives the one that runs.
 */
public final class Jobs {
  private static final int KEPT_MAX = 100;

  private final ReentrantLock lock = new ReentrantLock();
  private final Deque<Job> jobs = new ArrayDeque<>();
  private final LongSupplier clockMs;
  private long lastId;

  /** Makes a registry with a clock in ms since the epoch. */
  public Jobs(LongSupplier clockMs) {
    this.clockMs = clockMs;
  }

  /** How a job stands. */
  enum State {
    RUNNING,
    DONE,
    FAILED
  }

  /**
   * A job.
   *
   * @param id its number
   * @param kind what it does
   * @param target what it does that to, or an empty text
   * @param state how it stands
   * @param startedMs when it began, in ms since the epoch
   * @param endedMs when it ended, or 0
   * @param startCount the work's counter when it began
   * @param endCount the work's counter when it ended, or 0
   * @param failure why it failed, or null
   */
  public record Job(
      long id,
      String kind,
      String target,
      State state,
      long startedMs,
      long endedMs,
      long startCount,
      long endCount,
      @Nullable Throwable failure) {}

  /**
   * Starts a job on the pool, or returns the one of the kind and target that runs.
   *
   * @throws io.apexstore.server.http.ProblemException if one of the kind and another target runs
   */
  public Job start(String kind, String target, IoPool pool, LongSupplier counter, Runnable work) {
    Job job;
    lock.lock();
    try {
      for (Job known : jobs) {
        if (known.kind.equals(kind) && known.state == State.RUNNING) {
          if (known.target.equals(target)) {
            return known;
          }
          throw Problem.of(
                  Problem.Kind.OVERLOADED,
                  "job " + known.id + " of the kind " + kind + " runs; try again when it is done")
              .exception();
        }
      }
      lastId++;
      job =
          new Job(
              lastId,
              kind,
              target,
              State.RUNNING,
              clockMs.getAsLong(),
              0,
              counter.getAsLong(),
              0,
              null);
      jobs.addLast(job);
      if (jobs.size() > KEPT_MAX) {
        jobs.removeFirst();
      }
    } finally {
      lock.unlock();
    }
    Job running = job;
    pool.runAlways(() -> run(running, counter, work));
    return job;
  }

  private void run(Job job, LongSupplier counter, Runnable work) {
    Throwable failure = null;
    try {
      work.run();
    } catch (RuntimeException | Error e) {
      failure = e;
    }
    Job ended =
        new Job(
            job.id,
            job.kind,
            job.target,
            failure == null ? State.DONE : State.FAILED,
            job.startedMs,
            clockMs.getAsLong(),
            job.startCount,
            counter.getAsLong(),
            failure);
    lock.lock();
    try {
      if (jobs.remove(job)) {
        jobs.addLast(ended);
      }
    } finally {
      lock.unlock();
    }
  }

  /** Returns the job of that number, or null. */
  @Nullable Job find(long id) {
    lock.lock();
    try {
      return jobs.stream().filter(job -> job.id == id).findFirst().orElse(null);
    } finally {
      lock.unlock();
    }
  }
}
