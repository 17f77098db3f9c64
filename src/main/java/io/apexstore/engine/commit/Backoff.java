package io.apexstore.engine.commit;

import io.apexstore.engine.base.EngineException;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.locks.LockSupport;

/**
 * How often, and after which pauses, a write is tried again that another one overtook.
 *
 * <p><b>Threads:</b> any.
 */
public final class Backoff {
  /** How often a write is tried before it is given up. */
  public static final int ATTEMPTS_MAX = 1_000;

  private static final long PAUSE_NANOS_MIN = 1_000;
  private static final long PAUSE_NANOS_MAX = 2_000_000;

  private Backoff() {}

  /**
   * Waits before another attempt. Whoever is interrupted in it goes on at once; the interrupt is
   * kept.
   *
   * @param attempt how many attempts there were before
   */
  public static void pause(int attempt) {
    LockSupport.parkNanos(pauseNanos(attempt));
  }

  /**
   * Returns how long to wait, in ns: a random time below a bound that doubles up to 2 ms.
   *
   * @param attempt how many attempts there were before
   */
  public static long pauseNanos(int attempt) {
    long most = Math.min(PAUSE_NANOS_MAX, PAUSE_NANOS_MIN << Math.min(attempt, 20));
    return ThreadLocalRandom.current().nextLong(most);
  }

  /** Returns the failure of a write that was overtaken every time. */
  public static EngineException conflict(Throwable last) {
    return new EngineException(EngineException.Failure.CONFLICT, givenUp(), last);
  }

  /** Says that a write was given up. */
  public static String givenUp() {
    return "given up after " + ATTEMPTS_MAX + " attempts, each overtaken by another writer";
  }
}
