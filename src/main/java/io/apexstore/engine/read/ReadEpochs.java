package io.apexstore.engine.read;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.util.concurrent.locks.LockSupport;
import java.util.concurrent.locks.ReentrantLock;

/**
 * Tells when the readers that may still see something have left, without a lock and without a
 * counter that all of them share. After sleepable read-copy-update (McKenney: Sleepable RCU, 2006).
 *
 * <p>A reader counts itself in under the current phase and out under the same. {@link #synchronize}
 * turns the phase and waits until as many have left the old one as entered it; twice, because a
 * reader may have read the phase before it turned and count itself in only afterwards.
 *
 * <p><b>Threads:</b> {@link #enter}, {@link #enterForGet} and {@link #exit} by any, never waiting;
 * {@link #synchronize} by any, one after another. <b>Invariants:</b> what was unlinked before
 * {@code synchronize} began is reachable by no reader after it returned; a reader exits with the
 * ticket it was given.
 */
public final class ReadEpochs {
  private static final int STRIPES = 32;
  // Longs between two counters, so that no two share a cache line or its prefetched neighbour.
  private static final int SPACING = 16;
  private static final VarHandle LONGS = MethodHandles.arrayElementVarHandle(long[].class);

  // Point reads of callers are counted apart from all others, so that counting them costs nothing.
  private final long[] enteredForGet = new long[2 * STRIPES * SPACING + SPACING];
  private final long[] entered = new long[2 * STRIPES * SPACING + SPACING];
  private final long[] left = new long[2 * STRIPES * SPACING + SPACING];
  private final ReentrantLock turning = new ReentrantLock();
  private volatile int phase;

  /** Counts the caller in; returns the ticket to leave with. */
  public int enter() {
    return enter(entered);
  }

  /** Counts the caller in for a point read that {@link #gets} counts; as {@link #enter} else. */
  public int enterForGet() {
    return enter(enteredForGet);
  }

  private int enter(long[] counters) {
    int stripe = (int) Thread.currentThread().threadId() & (STRIPES - 1);
    int ticket = (phase * STRIPES + stripe + 1) * SPACING - 1;
    LONGS.getAndAdd(counters, ticket, 1L);
    return ticket;
  }

  /** Counts the caller out. */
  public void exit(int ticket) {
    LONGS.getAndAdd(left, ticket, 1L);
  }

  /** Waits until every reader that entered before this call has left. */
  public void synchronize() {
    turning.lock();
    try {
      awaitPhase(turn());
      awaitPhase(turn());
    } finally {
      turning.unlock();
    }
  }

  /** Returns how often {@link #enterForGet} was called. */
  public long gets() {
    return sum(enteredForGet, 0) + sum(enteredForGet, 1);
  }

  private int turn() {
    int old = phase;
    phase = 1 - old;
    return old;
  }

  private void awaitPhase(int old) {
    long pauseNanos = 1_000;
    while (!isEmpty(old)) {
      LockSupport.parkNanos(pauseNanos);
      pauseNanos = Math.min(pauseNanos * 2, 1_000_000);
    }
  }

  // Leavers are read first: whoever is counted as having left is then counted as having entered.
  private boolean isEmpty(int ofPhase) {
    long out = sum(left, ofPhase);
    return out == sum(enteredForGet, ofPhase) + sum(entered, ofPhase);
  }

  private static long sum(long[] counters, int ofPhase) {
    long sum = 0;
    for (int stripe = 0; stripe < STRIPES; stripe++) {
      sum += (long) LONGS.getVolatile(counters, (ofPhase * STRIPES + stripe + 1) * SPACING - 1);
    }
    return sum;
  }
}
