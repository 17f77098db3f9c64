package io.apexstore.server.rest.body;

import io.apexstore.server.http.AnswerBudget;
import io.apexstore.server.http.json.JsonOutput;

/**
 * A JSON answer whose memory is reserved from the {@link AnswerBudget} before it is allocated.
 * Small answers stay free: the first {@link #FREE_BYTES} are not counted.
 *
 * <pre>{@code
 * try (BudgetedOutput out = new BudgetedOutput(budget)) {
 *   out.reserve(bytes);
 *   out.json()...  // writes at most this many bytes
 *   return out.take();
 * }
 * }</pre>
 *
 * <p><b>Threads:</b> confined to one thread at a time. <b>Invariants:</b> the reservation covers
 * the capacity of the output past its free bytes, up to what the request's own body leaves of the
 * budget. So an answer that is larger than that can be built while no other request has anything
 * reserved; otherwise it could never be.
 */
public final class BudgetedOutput implements AutoCloseable {
  /** The bytes of each output that are not counted: a piece of a stream and one short entry. */
  public static final int FREE_BYTES = 72 << 10;

  /** Doubled a few times, this is exactly {@link #FREE_BYTES}. */
  private static final int FIRST_BYTES = FREE_BYTES >> 5;

  private final AnswerBudget budget;
  private final long reservedMax;
  private JsonOutput json = new JsonOutput(FIRST_BYTES);

  /** What the output has allocated; it grows as {@link JsonOutput} does. */
  private long capacity = FIRST_BYTES;

  private long reserved;

  /** Creates an empty output. */
  public BudgetedOutput(AnswerBudget budget) {
    this.budget = budget;
    this.reservedMax = budget.bytesMax();
  }

  /** Returns the output. Before it is written to, {@link #tryReserve} must have made room. */
  public JsonOutput json() {
    return json;
  }

  /** Returns the number of bytes written. */
  public int length() {
    return json.length();
  }

  /** Whether this many bytes fit an empty output that needs nothing from the budget. */
  public static boolean isFree(long bytes) {
    return bytes <= FREE_BYTES;
  }

  /**
   * Whether {@link #tryReserve} would succeed now, so that a long value need not be copied in vain.
   */
  public boolean hasRoom(long bytes) {
    long wanted = reservationFor(grownCapacity(bytes)) - reserved;
    if (wanted > 0) {
      if (!budget.tryReserve(wanted)) {
        return false;
      }
      budget.release(wanted);
    }
    return true;
  }

  /**
   * Makes room for this many bytes after those that are written.
   *
   * @return false, and nothing changes, if the budget has too few bytes left
   */
  public boolean tryReserve(long bytes) {
    long grown = grownCapacity(bytes);
    long wanted = reservationFor(grown) - reserved;
    if (wanted > 0) {
      if (!budget.tryReserve(wanted)) {
        return false;
      }
      reserved += wanted;
    }
    json.ensureRoom(Math.toIntExact(bytes));
    capacity = grown;
    return true;
  }

  private long grownCapacity(long bytes) {
    long needed = json.length() + bytes;
    return needed <= capacity ? capacity : Math.max(2 * capacity, needed);
  }

  private long reservationFor(long bytes) {
    return Math.min(bytes - FREE_BYTES, reservedMax);
  }

  /**
   * Makes room for this many bytes after those that are written.
   *
   * @throws io.apexstore.server.http.ProblemException {@code OVERLOADED} if the budget has too few
   *     bytes left
   */
  public void reserve(long bytes) {
    if (!tryReserve(bytes)) {
      throw AnswerBudget.noRoom();
    }
  }

  /** Returns what was written together with its reservation; the output is empty afterwards. */
  public BudgetedBody take() {
    BudgetedBody body = new BudgetedBody(json.handOver(), budget, reserved);
    reserved = 0;
    json = new JsonOutput(0);
    capacity = 0;
    return body;
  }

  /** Releases what was reserved and not taken. */
  @Override
  public void close() {
    budget.release(reserved);
    reserved = 0;
  }
}
