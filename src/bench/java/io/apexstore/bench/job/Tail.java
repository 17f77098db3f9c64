package io.apexstore.bench.job;

import io.apexstore.bench.pause.PauseWatch;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;

/**
 * Offers operations at a fixed rate. A latency counts from the moment at which the operation was
 * due, so that a pause is felt by all that it delayed (no coordinated omission).
 */
final class Tail {
  private Tail() {}

  /** One operation. */
  @FunctionalInterface
  interface Operation {
    /** Does it. */
    void run() throws Exception;
  }

  /** Returns how many operations a second one thread does that never waits. */
  static double rateMax(Operation operation, double seconds) throws Exception {
    long nanos = (long) (seconds * TimeUnit.SECONDS.toNanos(1));
    long start = System.nanoTime();
    long now = start;
    long done = 0;
    while (now - start < nanos) {
      operation.run();
      done++;
      now = System.nanoTime();
    }
    return done * 1e9 / (now - start);
  }

  /**
   * Offers operations at a rate until told to stop, adds their latencies, and tells the watch of
   * each moment in which it looked at the clock, so that a standstill of this thread is seen
   * whether it was in an operation or not.
   */
  static void offer(
      Operation operation,
      double perSecond,
      BooleanSupplier goOn,
      Latencies latencies,
      PauseWatch watch)
      throws Exception {
    double period = 1e9 / perSecond;
    long start = System.nanoTime();
    long now = start;
    for (long i = 0; (i & 63) != 0 || goOn.getAsBoolean(); i++) {
      long due = start + (long) (i * period);
      if (now < due) {
        watch.idle(now);
      }
      while (now < due) {
        Thread.onSpinWait();
        long before = now;
        now = System.nanoTime();
        watch.saw(before, now, false);
      }
      long begin = now;
      operation.run();
      now = System.nanoTime();
      watch.saw(begin, now, true);
      latencies.record(now - due);
    }
  }

  /** Says true for some seconds from now. */
  static BooleanSupplier forSeconds(double seconds) {
    long end = System.nanoTime() + (long) (seconds * TimeUnit.SECONDS.toNanos(1));
    return () -> System.nanoTime() - end < 0;
  }
}
