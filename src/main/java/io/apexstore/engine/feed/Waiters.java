package io.apexstore.engine.feed;

import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.TreeSet;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.LongSupplier;

/**
 * Those who wait for a version to become readable, woken on a thread of the feed's, never on the
 * writer's.
 *
 * <p><b>Threads:</b> any. <b>Invariants:</b> the signal wants the least version that anybody waits
 * for, set before the readable version is looked at; so a waiter is woken, or sees for itself.
 */
final class Waiters {
  private static final Logger LOG = System.getLogger(Waiters.class.getName());

  private final ChangeSignal signal;
  private final LongSupplier readableVersion;
  private final Executor executor;
  private final AtomicBoolean posted = new AtomicBoolean();
  private final ReentrantLock lock = new ReentrantLock();
  // Guarded by the lock; those of a version as they came.
  private final TreeSet<Waiter> waiting =
      new TreeSet<>(
          Comparator.<Waiter>comparingLong(waiter -> waiter.version)
              .thenComparingLong(waiter -> waiter.number));
  private long lastNumber;
  private volatile long wanted = Long.MAX_VALUE;
  private volatile boolean closed;

  /** Somebody who waits for a version; is woken once. */
  static final class Waiter {
    private final long version;
    private final Runnable wake;
    // Guarded by the lock; 0 until it waits.
    private long number;

    Waiter(long version, Runnable wake) {
      this.version = version;
      this.wake = wake;
    }
  }

  Waiters(ChangeSignal signal, LongSupplier readableVersion, Executor executor) {
    this.signal = signal;
    this.readableVersion = readableVersion;
    this.executor = executor;
    signal.onReached(this::check);
  }

  /** Wakes the waiter once its version is readable, perhaps at once. */
  void add(Waiter waiter) {
    lock.lock();
    try {
      waiter.number = ++lastNumber;
      waiting.add(waiter);
      want();
    } finally {
      lock.unlock();
    }
    check();
  }

  /** Does not wake the waiter any more, unless that is under way. */
  void remove(Waiter waiter) {
    lock.lock();
    try {
      waiting.remove(waiter);
      want();
    } finally {
      lock.unlock();
    }
  }

  /** How many wait. */
  int size() {
    lock.lock();
    try {
      return waiting.size();
    } finally {
      lock.unlock();
    }
  }

  /** Wakes all, now and whoever comes later. */
  void close() {
    closed = true;
    wakeReached();
  }

  private void check() {
    boolean reached = closed || readableVersion.getAsLong() >= wanted;
    if (reached && posted.compareAndSet(false, true)) {
      try {
        executor.execute(this::wakeReached);
      } catch (RejectedExecutionException e) {
        wakeReached(); // The store is being closed; few are left.
      }
    }
  }

  private void wakeReached() {
    posted.set(false);
    List<Waiter> reached = takeReached();
    while (!reached.isEmpty()) {
      for (Waiter waiter : reached) {
        try {
          waiter.wake.run();
        } catch (RuntimeException | Error e) {
          LOG.log(Level.ERROR, "waking a consumer of changes failed", e);
        }
      }
      reached = takeReached();
    }
  }

  private List<Waiter> takeReached() {
    List<Waiter> reached = new ArrayList<>();
    lock.lock();
    try {
      long readable = closed ? Long.MAX_VALUE : readableVersion.getAsLong();
      while (!waiting.isEmpty() && waiting.first().version <= readable) {
        reached.add(waiting.removeFirst());
      }
      want();
    } finally {
      lock.unlock();
    }
    // Whoever is left must not have been reached meanwhile without anybody to tell.
    if (reached.isEmpty() && readableVersion.getAsLong() >= wanted) {
      return takeReached();
    }
    return reached;
  }

  private void want() {
    long least = waiting.isEmpty() ? Long.MAX_VALUE : waiting.first().version;
    wanted = least;
    signal.want(least);
  }
}
