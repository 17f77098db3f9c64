package io.apexstore.bench.pause;

import java.lang.management.ManagementFactory;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.locks.LockSupport;

/**
 * A thread that does nothing but wake up every millisecond and note when it woke late (the idea of
 * Gil Tene's jHiccup). What stops this thread is not the store's doing, unless the store's threads
 * kept all cores busy meanwhile; so it notes how much of the cores the process had.
 *
 * <p><b>Threads:</b> started and stopped by one, which reads the gaps after it has stopped it.
 */
final class Hiccups implements AutoCloseable {
  private static final long PERIOD_NANOS = 1_000_000;
  private static final long GAP_NANOS_MIN = 3_000_000;
  private static final double ALL_CORES_SHARE = 0.75;

  /**
   * A time in which the thread should have woken and did not.
   *
   * @param fromNanos when it should have, as {@link System#nanoTime} counts
   * @param toNanos when it did
   * @param coresShare share of all cores' time that this process had meanwhile
   */
  record Gap(long fromNanos, long toNanos, double coresShare) {
    /** Whether something outside this process had the cores, or nobody had. */
    boolean isOfMachine() {
      return coresShare < ALL_CORES_SHARE;
    }

    /** ns that it has in common with another stretch of time. */
    long common(long from, long to) {
      return Math.max(0, Math.min(to, toNanos) - Math.max(from, fromNanos));
    }
  }

  private final com.sun.management.OperatingSystemMXBean system =
      ManagementFactory.getPlatformMXBean(com.sun.management.OperatingSystemMXBean.class);
  private final int cores = Runtime.getRuntime().availableProcessors();
  private final List<Gap> gaps = new ArrayList<>();
  private final Thread thread = new Thread(this::watch, "bench-hiccups");
  private volatile boolean stopped;

  Hiccups() {
    thread.setDaemon(true);
    thread.start();
  }

  private void watch() {
    long before = System.nanoTime();
    long cpuBefore = system.getProcessCpuTime();
    while (!stopped) {
      LockSupport.parkNanos(PERIOD_NANOS);
      long now = System.nanoTime();
      long cpu = system.getProcessCpuTime();
      if (now - before >= PERIOD_NANOS + GAP_NANOS_MIN) {
        double share = (double) (cpu - cpuBefore) / cores / (now - before);
        gaps.add(new Gap(before + PERIOD_NANOS, now, share));
      }
      before = now;
      cpuBefore = cpu;
    }
  }

  /** What was noted, once it was closed. */
  List<Gap> gaps() {
    return gaps;
  }

  @Override
  public void close() {
    stopped = true;
    LockSupport.unpark(thread);
    try {
      thread.join();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
