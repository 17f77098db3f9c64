package io.apexstore.bench.job;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.atomic.LongAdder;

/** Runs operations on threads that start together, and counts them. */
final class Loop {
  private Loop() {}

  /** One thread's work. */
  @FunctionalInterface
  interface Chunk {
    /** Runs some operations, a few microseconds to milliseconds of them; returns how many. */
    long run() throws Exception;
  }

  /** Runs each chunk on a thread of its own over and over; returns operations a second of all. */
  static double perSecond(List<? extends Chunk> chunks, double seconds) throws Exception {
    long nanos = (long) (seconds * TimeUnit.SECONDS.toNanos(1));
    LongAdder operations = new LongAdder();
    List<Work> works = new ArrayList<>();
    for (Chunk chunk : chunks) {
      works.add(
          start -> {
            long done = 0;
            while (System.nanoTime() - start < nanos) {
              done += chunk.run();
            }
            operations.add(done);
          });
    }
    long taken = together(works);
    return operations.sum() * 1e9 / taken;
  }

  /** One thread's whole work; gets the moment at which all began. */
  @FunctionalInterface
  interface Work {
    /** Does it. */
    void run(long startNanos) throws Exception;
  }

  /** Runs all works at once, one on each thread; returns the ns from the start to the last end. */
  static long together(List<Work> works) throws Exception {
    CountDownLatch ready = new CountDownLatch(works.size());
    CountDownLatch go = new CountDownLatch(1);
    AtomicReference<Throwable> failure = new AtomicReference<>();
    long[] start = new long[1];
    List<Thread> threads = new ArrayList<>();
    for (Work work : works) {
      Thread thread =
          new Thread(
              () -> {
                try {
                  ready.countDown();
                  go.await();
                  work.run(start[0]);
                } catch (Throwable e) {
                  failure.compareAndSet(null, e);
                }
              },
              "bench-" + threads.size());
      thread.start();
      threads.add(thread);
    }
    ready.await();
    start[0] = System.nanoTime();
    go.countDown();
    for (Thread thread : threads) {
      thread.join();
    }
    final long end = System.nanoTime();
    Throwable failed = failure.get();
    if (failed != null) {
      throw new IllegalStateException("a measured thread failed: " + failed, failed);
    }
    return end - start[0];
  }
}
