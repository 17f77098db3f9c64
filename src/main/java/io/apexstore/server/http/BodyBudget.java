package io.apexstore.server.http;

import java.util.concurrent.atomic.AtomicLong;

/**
 * The memory that request bodies may hold at once, in bytes over all connections. It keeps many
 * clients that each stay within their own limits from exhausting the heap together. Answers have an
 * {@link AnswerBudget} of their own.
 *
 * <p><b>Threads:</b> any. <b>Invariants:</b> bytes that are reserved are released exactly once,
 * when they are no longer held.
 */
public final class BodyBudget {
  private final long bytesMax;
  private final AtomicLong reservedBytes = new AtomicLong();

  /** Creates a budget of this many bytes. */
  public BodyBudget(long bytesMax) {
    this.bytesMax = bytesMax;
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

  /** Releases bytes that were reserved. */
  public void release(long bytes) {
    reservedBytes.addAndGet(-bytes);
  }

  /** Returns the number of bytes that are reserved. */
  public long reservedBytes() {
    return reservedBytes.get();
  }

  /** Returns the refusal of a request body for which too few bytes are left. */
  public static ProblemException noRoomForBody() {
    return Problem.of(Problem.Kind.OVERLOADED, "other bodies hold too much memory; try later")
        .exception();
  }
}
