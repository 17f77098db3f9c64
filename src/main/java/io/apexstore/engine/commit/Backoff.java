package io.apexstore.engine.commit;

import io.apexstore.engine.base.EngineException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Retry limit and backoff of optimistic writes that lost a race.
 *
 * <p>In a simulation there are no real pauses: one thread does all work, in an order that the seed
 * determines.
 *
 * <p><b>Threads:</b> any.
 */
public final class Backoff {
  /** Most attempts of one write. */
  public static final int ATTEMPTS_MAX = 1_000;

  private static final long PAUSE_NANOS_MIN = 1_000;
  private static final long PAUSE_NANOS_MAX = 2_000_000;

  private final @Nullable Runnable insteadOfWaiting;

  /**
   * Creates a backoff.
   *
   * @param insteadOfWaiting one step of a simulation; null: real time
   */
  public Backoff(@Nullable Runnable insteadOfWaiting) {
    this.insteadOfWaiting = insteadOfWaiting;
  }

  /**
   * Waits before the next attempt. An interrupted thread continues at once and stays interrupted.
   *
   * @param attempts number of failed attempts
   */
  void pause(int attempts) {
    if (insteadOfWaiting == null) {
      LockSupport.parkNanos(pauseNanos(attempts));
    }
  }

  /**
   * Runs a task after a pause, on a thread that must not block; without attempts, at once on the
   * calling thread.
   *
   * @param attempts number of failed attempts
   */
  void afterPause(int attempts, Runnable task) {
    if (attempts == 0 || insteadOfWaiting != null) {
      task.run();
    } else {
      CompletableFuture.delayedExecutor(pauseNanos(attempts), TimeUnit.NANOSECONDS, Runnable::run)
          .execute(task);
    }
  }

  /** Returns once a condition holds that other threads bring about. */
  void await(BooleanSupplier condition) {
    boolean interrupted = false;
    while (!condition.getAsBoolean()) {
      if (insteadOfWaiting != null) {
        insteadOfWaiting.run();
      } else {
        LockSupport.parkNanos(this, 100_000);
        interrupted |= Thread.interrupted();
      }
    }
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
  }

  // A random time below a bound that doubles up to 2 ms.
  private static long pauseNanos(int attempts) {
    long bound = Math.min(PAUSE_NANOS_MAX, PAUSE_NANOS_MIN << Math.min(attempts, 20));
    return ThreadLocalRandom.current().nextLong(bound);
  }

  /** Returns the failure of a write that lost every race. */
  static EngineException conflict(@Nullable Throwable last) {
    return new EngineException(
        EngineException.Failure.CONFLICT,
        "gave up after " + ATTEMPTS_MAX + " attempts: other writers overtook each of them",
        last);
  }
}
