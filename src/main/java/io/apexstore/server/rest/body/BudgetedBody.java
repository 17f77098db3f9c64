package io.apexstore.server.rest.body;

import io.apexstore.server.http.AnswerBudget;
import io.apexstore.server.http.Exchange;
import io.netty.buffer.Unpooled;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.internal.buffer.BufferInternal;
import java.util.concurrent.atomic.AtomicLong;

/**
 * An answer, or a piece of one, together with its reservation from the {@link AnswerBudget}. It
 * stays reserved until it has been written to the connection: a client that reads slowly keeps it
 * in memory.
 *
 * <p><b>Threads:</b> any. <b>Invariants:</b> the reservation is released once.
 */
public final class BudgetedBody {
  private final Buffer bytes;
  private final AnswerBudget budget;
  private final AtomicLong reserved;

  BudgetedBody(Buffer bytes, AnswerBudget budget, long reserved) {
    this.bytes = bytes;
    this.budget = budget;
    this.reserved = new AtomicLong(reserved);
  }

  /**
   * Creates an answer of a value as it is. The value is not copied.
   *
   * @throws io.apexstore.server.http.ProblemException {@code OVERLOADED} if the budget has too few
   *     bytes left
   */
  public static BudgetedBody ofValue(AnswerBudget budget, byte[] value) {
    // A value that is larger than the budget is sent while nothing else is reserved.
    long wanted = Math.min(value.length, budget.bytesMax());
    if (!budget.tryReserve(wanted)) {
      throw AnswerBudget.noRoom();
    }
    return new BudgetedBody(BufferInternal.buffer(Unpooled.wrappedBuffer(value)), budget, wanted);
  }

  /** Returns the bytes. */
  public Buffer bytes() {
    return bytes;
  }

  /** Returns how many bytes are reserved; 0 once they are released. */
  public long reservedBytes() {
    return reserved.get();
  }

  /** Answers with these bytes and releases them once they are written. */
  public void send(Exchange exchange, CharSequence mediaType) {
    exchange.send(200, mediaType, bytes).onComplete(sent -> release());
  }

  /** Releases the reservation; further calls do nothing. */
  public void release() {
    budget.release(reserved.getAndSet(0));
  }
}
