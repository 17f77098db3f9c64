package io.apexstore.bench.job;

import io.apexstore.bench.pause.PauseWatch;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;

/**
 * Operations at a fixed rate. A latency is measured from the moment at which the operation was due,
 * so that a pause adds to the latency of every operation that it delays (no coordinated omission).
 */
final class Tail {
  private Tail() {}

  /** One operation. */
  @FunctionalInterface
  interface Operation {
    /** Runs the operation. */
    void run() throws Exception;
  }

  /** Returns the operations per second of one thread that never waits. */
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
   * Runs operations at a rate until the condition is false, and adds their latencies. Reports each
   * reading of the clock to the watch, which so notices every pause of this thread, within an
   * operation or between two.
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

  /** Returns a condition that is true for this many seconds from now. */
  static BooleanSupplier forSeconds(double seconds) {
    long end = System.nanoTime() + (long) (seconds * TimeUnit.SECONDS.toNanos(1));
    return () -> System.nanoTime() - end < 0;
  }
}
