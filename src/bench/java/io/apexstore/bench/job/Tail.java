package io.apexstore.bench.job;

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

  /** Offers operations at a rate until told to stop, and adds their latencies. */
  static void offer(
      Operation operation, double perSecond, BooleanSupplier goOn, Latencies latencies)
      throws Exception {
    double period = 1e9 / perSecond;
    long start = System.nanoTime();
    for (long i = 0; (i & 63) != 0 || goOn.getAsBoolean(); i++) {
      long due = start + (long) (i * period);
      while (System.nanoTime() < due) {
        Thread.onSpinWait();
      }
      operation.run();
      latencies.record(System.nanoTime() - due);
    }
  }

  /** Says true for some seconds from now. */
  static BooleanSupplier forSeconds(double seconds) {
    long end = System.nanoTime() + (long) (seconds * TimeUnit.SECONDS.toNanos(1));
    return () -> System.nanoTime() - end < 0;
  }
}
