package io.apexstore.server.rest.admin;

import io.apexstore.server.http.Problem;
import io.apexstore.vertx.IoPool;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * The long work that administrators have started: all jobs that run, and the last ones that have
 * ended, 100 together.
 *
 * <p><b>Threads:</b> any. <b>Invariants:</b> at most one job of a kind runs, so that jobs do not
 * take all threads of the pool. A job that runs is always found; only ended jobs are forgotten, the
 * oldest first.
 */
public final class Jobs {
  static final int JOBS_MAX = 100;

  private final ReentrantLock lock = new ReentrantLock();

  /** By id, in the order in which they were started. */
  private final Map<Long, Job> jobs = new LinkedHashMap<>();

  private final LongSupplier clockMs;
  private long lastId;

  /** Creates an empty registry with a clock in ms since the epoch. */
  public Jobs(LongSupplier clockMs) {
    this.clockMs = clockMs;
  }

  /** The state of a job. */
  enum State {
    RUNNING,
    DONE,
    FAILED
  }

  /**
   * A job.
   *
   * @param id its id, counted from 1
   * @param kind what it does
   * @param target what it works on; equal to the targets of jobs that do the same
   * @param state its state
   * @param startedMs when it was started, in ms since the epoch
   * @param endedMs when it ended, or 0 while it runs
   * @param startCount the counter of its work when it was started
   * @param endCount the counter of its work when it ended, or 0 while it runs
   * @param failure why it failed, or null
   */
  record Job(
      long id,
      String kind,
      Object target,
      State state,
      long startedMs,
      long endedMs,
      long startCount,
      long endCount,
      @Nullable Throwable failure) {

    boolean isRunning() {
      return state == State.RUNNING;
    }
  }

  /**
   * Starts a job on the pool. If a job of this kind runs already, that one is returned, and its
   * target may be another one.
   *
   * @param counter counts the job's work; read when the job starts and when it ends
   * @throws io.apexstore.server.http.ProblemException {@code OVERLOADED} if as many jobs run as are
   *     kept
   */
  Job start(String kind, Object target, IoPool pool, LongSupplier counter, Runnable work) {
    long startCount = counter.getAsLong();
    Job job;
    lock.lock();
    try {
      for (Job known : jobs.values()) {
        if (known.kind.equals(kind) && known.isRunning()) {
          return known;
        }
      }
      makeRoom();
      lastId++;
      job =
          new Job(lastId, kind, target, State.RUNNING, clockMs.getAsLong(), 0, startCount, 0, null);
      jobs.put(job.id, job);
    } finally {
      lock.unlock();
    }
    Job started = job;
    pool.runAlways(() -> run(started, counter, work));
    return started;
  }

  /** Forgets the oldest job that has ended if there is no room for another one. */
  private void makeRoom() {
    if (jobs.size() < JOBS_MAX) {
      return;
    }
    Long oldest =
        jobs.values().stream()
            .filter(job -> !job.isRunning())
            .map(Job::id)
            .findFirst()
            .orElseThrow(
                () ->
                    Problem.of(Problem.Kind.OVERLOADED, JOBS_MAX + " jobs are running")
                        .exception());
    jobs.remove(oldest);
  }

  private void run(Job job, LongSupplier counter, Runnable work) {
    Throwable failure = null;
    try {
      work.run();
    } catch (RuntimeException | Error e) {
      failure = e;
    }
    long endCount = job.startCount;
    try {
      endCount = counter.getAsLong();
    } catch (RuntimeException | Error e) {
      failure = failure == null ? e : failure;
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
            endCount,
            failure);
    lock.lock();
    try {
      jobs.put(job.id, ended);
    } finally {
      lock.unlock();
    }
  }

  /** Returns the job of this id, or null. */
  @Nullable Job find(long id) {
    lock.lock();
    try {
      return jobs.get(id);
    } finally {
      lock.unlock();
    }
  }
}
