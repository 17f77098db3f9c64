package io.apexstore.bench.job;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.atomic.LongAdder;

/** Loops of operations on threads that start together. */
final class Loop {
  private Loop() {}

  /** One thread's work. */
  @FunctionalInterface
  interface Chunk {
    /** Runs operations for some microseconds to milliseconds; returns their number. */
    long run() throws Exception;
  }

  /** Repeats each chunk on its own thread; returns the operations per second of all threads. */
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

  /** The whole work of one thread. */
  @FunctionalInterface
  interface Work {
    /** Does the work; the argument is the moment at which all threads began. */
    void run(long startNanos) throws Exception;
  }

  /** Runs all works at once, each on its own thread; returns the ns until the last one ends. */
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
