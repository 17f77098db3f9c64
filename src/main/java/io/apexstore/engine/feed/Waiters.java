package io.apexstore.engine.feed;

import io.apexstore.engine.base.SafeLogger;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.TreeSet;
import java.util.concurrent.Executor;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.LongSupplier;

/**
 * The consumers that wait for a version to become readable. They are notified on a thread of the
 * feed, never on the writer's.
 *
 * <p><b>Threads:</b> any. <b>Invariants:</b> the signal's wanted version is the lowest version that
 * anyone waits for. It is set before the readable version is read, so no notification is lost.
 */
final class Waiters {
  private static final Logger LOG = SafeLogger.of(Waiters.class);

  private final ChangeSignal signal;
  private final LongSupplier readableVersion;
  private final Executor executor;
  private final AtomicBoolean posted = new AtomicBoolean();
  private final ReentrantLock lock = new ReentrantLock();
  // Guarded by the lock; waiters for the same version in the order of their arrival.
  private final TreeSet<Waiter> waiting =
      new TreeSet<>(
          Comparator.<Waiter>comparingLong(waiter -> waiter.version)
              .thenComparingLong(waiter -> waiter.number));
  private long lastNumber;
  private volatile long wanted = Long.MAX_VALUE;
  private volatile boolean closed;

  /** A waiter for one version; it is notified once. */
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

  /** Adds a waiter, which is notified once its version is readable, possibly immediately. */
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

  /** Removes a waiter, unless its notification has begun. */
  void remove(Waiter waiter) {
    lock.lock();
    try {
      waiting.remove(waiter);
      want();
    } finally {
      lock.unlock();
    }
  }

  /** Returns the number of waiters. */
  int size() {
    lock.lock();
    try {
      return waiting.size();
    } finally {
      lock.unlock();
    }
  }

  /** Notifies all waiters, and every waiter that is added later. */
  void close() {
    closed = true;
    wakeReached();
  }

  private void check() {
    boolean reached = closed || readableVersion.getAsLong() >= wanted;
    if (reached && posted.compareAndSet(false, true)) {
      try {
        executor.execute(this::wakeReached);
      } catch (RuntimeException | Error e) {
        // The store is being closed, or no thread is left: do it here.
        wakeReached();
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
          LOG.log(Level.ERROR, "notifying a consumer of changes failed", e);
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
    // A remaining waiter's version may have become readable meanwhile without a notification.
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
