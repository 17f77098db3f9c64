package io.apexstore.server.http;

import java.util.concurrent.Semaphore;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Supplier;

/**
 * The memory that large answers may hold at once, in bytes over all connections. Request bodies
 * have a {@link BodyBudget} of their own, so a client that does not read its answer takes nothing
 * that a write needs.
 *
 * <p><b>Threads:</b> any. <b>Invariants:</b> bytes that are reserved are released exactly once,
 * when they are no longer held.
 */
public final class AnswerBudget {
  /** The memory of one uncounted read: the largest value and what it is read from. */
  private static final long UNCOUNTED_BYTES = 128L << 20;

  private final long bytesMax;
  private final AtomicLong reservedBytes = new AtomicLong();
  private final AtomicLong readerBytes = new AtomicLong();
  private final Semaphore uncounted;

  /** Creates a budget of this many bytes. */
  public AnswerBudget(long bytesMax) {
    this.bytesMax = bytesMax;
    this.uncounted = new Semaphore(Math.clamp(bytesMax / UNCOUNTED_BYTES, 1, 64));
  }

  /**
   * Runs work that reads something whose size is not known beforehand and therefore not counted.
   * Only as many such pieces of work run at once as fit the budget with 128 MiB each, at least one
   * and at most 64. Waits for its turn, so it must not be called on an event loop.
   */
  public <T> T runUncounted(Supplier<T> work) {
    uncounted.acquireUninterruptibly();
    try {
      return work.get();
    } finally {
      uncounted.release();
    }
  }

  /**
   * Reserves memory for a reader of the log that keeps its buffers until its next piece. A quarter
   * of the budget is for them; a reader without a reservation reads from the log again.
   */
  public boolean tryReserveReader(long bytes) {
    if (readerBytes.addAndGet(bytes) > bytesMax / 4) {
      readerBytes.addAndGet(-bytes);
      return false;
    }
    return true;
  }

  /** Releases what {@link #tryReserveReader} has reserved. */
  public void releaseReader(long bytes) {
    readerBytes.addAndGet(-bytes);
  }

  /** Returns the size of the budget in bytes. */
  public long bytesMax() {
    return bytesMax;
  }

  /** Reserves bytes, or reserves nothing and returns false if too few are left. */
  public boolean tryReserve(long bytes) {
    if (reservedBytes.addAndGet(bytes) > bytesMax) {
      reservedBytes.addAndGet(-bytes);
      return false;
    }
    return true;
  }

  /**
   * Reserves more bytes, also beyond the budget, or releases some: what was reserved for an answer
   * turns out to need a little more or less.
   */
  public void adjust(long bytes) {
    reservedBytes.addAndGet(bytes);
  }

  /** Releases bytes that were reserved. */
  public void release(long bytes) {
    reservedBytes.addAndGet(-bytes);
  }

  /** Returns the number of bytes that are reserved. */
  public long reservedBytes() {
    return reservedBytes.get();
  }

  /** Returns the refusal of an answer for which too few bytes are left. */
  public static ProblemException noRoom() {
    return Problem.of(Problem.Kind.OVERLOADED, "other answers hold too much memory; try later")
        .exception();
  }
}
