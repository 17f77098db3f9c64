package io.apexstore.bench.pause;

import java.lang.management.ManagementFactory;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.locks.LockSupport;

/**
 * A thread that wakes up every millisecond and notes when it woke late (the idea of Gil Tene's
 * jHiccup). The store does not cause a pause of this thread, unless the threads of the store keep
 * all cores busy. So it also notes the share of the cores that the process used.
 *
 * <p><b>Threads:</b> one thread starts and stops it, and reads the gaps afterwards.
 */
final class Hiccups implements AutoCloseable {
  private static final long PERIOD_NANOS = 1_000_000;
  private static final long GAP_NANOS_MIN = 3_000_000;
  private static final double ALL_CORES_SHARE = 0.75;

  /**
   * A period in which the thread should have woken up and did not.
   *
   * @param fromNanos the time at which it should have woken up, of {@link System#nanoTime}
   * @param toNanos the time at which it woke up
   * @param coresShare the share of the time of all cores that this process used in the period
   */
  record Gap(long fromNanos, long toNanos, double coresShare) {
    /** Whether this process did not use most of the cores: another one did, or none. */
    boolean isOfMachine() {
      return coresShare < ALL_CORES_SHARE;
    }

    /** The overlap with another period, in ns. */
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

  /** The gaps; call it after {@link #close}. */
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
