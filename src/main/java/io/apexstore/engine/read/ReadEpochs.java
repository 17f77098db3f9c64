package io.apexstore.engine.read;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.util.concurrent.locks.LockSupport;
import java.util.concurrent.locks.ReentrantLock;

/**
 * Read epochs: a way to wait until all readers that may still see an unlinked object have left,
 * without a lock and without a counter that all readers share. After sleepable read-copy-update
 * (McKenney: Sleepable RCU, 2006).
 *
 * <p>A reader increments a counter of the current phase when it enters, and a counter of the same
 * phase when it leaves. {@link #synchronize} flips the phase and waits until as many readers have
 * left the old phase as have entered it. It does so twice, because a reader may have read the phase
 * before the flip and increment its counter only afterwards.
 *
 * <p><b>Threads:</b> {@link #enter}, {@link #enterForGet} and {@link #exit} by any, never waiting;
 * {@link #synchronize} by any, one after another. <b>Invariants:</b> no reader can reach an object
 * after {@code synchronize} has returned if it was unlinked before {@code synchronize} began; a
 * reader exits with the ticket that it got.
 */
public final class ReadEpochs {
  private static final int STRIPES = 32;
  // Longs between two counters, so that no two share a cache line or its prefetched neighbor.
  private static final int SPACING = 16;
  private static final VarHandle LONGS = MethodHandles.arrayElementVarHandle(long[].class);

  // Point reads of callers have counters of their own, so counting them costs nothing.
  private final long[] enteredForGet = new long[2 * STRIPES * SPACING + SPACING];
  private final long[] entered = new long[2 * STRIPES * SPACING + SPACING];
  private final long[] left = new long[2 * STRIPES * SPACING + SPACING];
  private final ReentrantLock flipping = new ReentrantLock();
  private volatile int phase;

  /** Enters a read section. Returns the ticket for {@link #exit}. */
  public int enter() {
    return enter(entered);
  }

  /**
   * Enters a read section for a point read that {@link #gets} counts; otherwise as {@link #enter}.
   */
  public int enterForGet() {
    return enter(enteredForGet);
  }

  private int enter(long[] counters) {
    int stripe = (int) Thread.currentThread().threadId() & (STRIPES - 1);
    int ticket = (phase * STRIPES + stripe + 1) * SPACING - 1;
    LONGS.getAndAdd(counters, ticket, 1L);
    return ticket;
  }

  /** Leaves a read section. */
  public void exit(int ticket) {
    LONGS.getAndAdd(left, ticket, 1L);
  }

  /** Waits until every reader that entered before this call has left. */
  public void synchronize() {
    flipping.lock();
    try {
      awaitPhase(flip());
      awaitPhase(flip());
    } finally {
      flipping.unlock();
    }
  }

  /** Returns the number of sections entered with {@link #enterForGet}. */
  public long gets() {
    return sum(enteredForGet, 0) + sum(enteredForGet, 1);
  }

  private int flip() {
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

  // The leave counters are read first: a reader counted there is then counted as entered, too.
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
