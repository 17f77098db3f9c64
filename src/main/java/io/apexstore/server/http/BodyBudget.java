package io.apexstore.server.http;

import java.util.concurrent.atomic.AtomicLong;

/**
 * The memory that request bodies may hold at once, in bytes over all connections. It keeps many
 * clients that each stay within their own limits from exhausting the heap together. Answers have an
 * {@link AnswerBudget} of their own.
 *
 * <p>An eighth is kept for small bodies: requests that hold more than 64 KiB share the rest. So
 * clients with large bodies never refuse the small writes of others.
 *
 * <p><b>Threads:</b> any. <b>Invariants:</b> bytes that are reserved are released exactly once,
 * when they are no longer held.
 */
public final class BodyBudget {
  private static final int SMALL_BYTES_MAX = 64 << 10;

  private final long bytesMax;
  private final long largeBytesMax;
  private final AtomicLong reservedBytes = new AtomicLong();

  /** Creates a budget of this many bytes. */
  public BodyBudget(long bytesMax) {
    this.bytesMax = bytesMax;
    this.largeBytesMax = bytesMax - bytesMax / 8;
  }

  /** Creates the budget of a server: half of the heap. */
  public static BodyBudget ofHeap() {
    return new BodyBudget(Runtime.getRuntime().maxMemory() / 2);
  }

  /** Returns the size of the budget in bytes. */
  public long bytesMax() {
    return bytesMax;
  }

  /** Returns the most bytes that one request can ever hold. */
  public long holderBytesMax() {
    return largeBytesMax;
  }

  /**
   * Reserves bytes, or reserves nothing and returns false if too few are left.
   *
   * @param held what the same request has reserved already
   */
  public boolean tryReserve(long bytes, long held) {
    long limit = held + bytes <= SMALL_BYTES_MAX ? bytesMax : largeBytesMax;
    if (reservedBytes.addAndGet(bytes) > limit) {
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
