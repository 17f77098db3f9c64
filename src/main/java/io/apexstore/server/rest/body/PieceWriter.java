package io.apexstore.server.rest.body;

import io.apexstore.server.http.AnswerBudget;
import io.apexstore.server.http.Exchange;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;

/**
 * Writes a streamed answer piece by piece at the pace of its client. The memory of each piece is
 * reserved from the {@link AnswerBudget} before the piece is made, and stays reserved until the
 * piece has been written.
 *
 * <p>The queue is measured here in bytes, because Vert.x calls its own queue full only after many
 * writes, however large they are. A client that takes too little of it is disconnected with its
 * connection; see {@link io.apexstore.server.limit.SlowClients}.
 *
 * <p><b>Threads:</b> confined to the exchange's event loop. <b>Invariants:</b> what is reserved is
 * released once: when it has been written, or when the writer is closed.
 */
public final class PieceWriter {
  /** A piece is complete as soon as it has this many bytes. */
  public static final int PIECE_BYTES = 64 << 10;

  /** The most bytes of a piece: the last slice of a value or a short entry may go beyond. */
  public static final int PIECE_BYTES_MAX = 112 << 10;

  private static final int QUEUE_BYTES = 128 << 10;

  /** A client that is waited for this long is taken for one that reads slowly. */
  private static final long SLOW_MS = 100;

  private final Vertx vertx;
  private final Exchange exchange;
  private final AnswerBudget budget;
  private final Runnable onRoom;
  private final Runnable onSlow;
  private long queuedBytes;
  private long reservedBytes;
  private long slowTimer = -1;
  private boolean waiting;
  private boolean closed;

  /**
   * Creates a writer.
   *
   * @param onRoom called after {@link #write} has returned false, once there is room again
   * @param onSlow called when the client has been waited for a while, so that memory may be
   *     released that is needed for the next piece only
   */
  public PieceWriter(Vertx vertx, Exchange exchange, Runnable onRoom, Runnable onSlow) {
    this.vertx = vertx;
    this.exchange = exchange;
    this.budget = exchange.answers();
    this.onRoom = onRoom;
    this.onSlow = onSlow;
  }

  /** Reserves the memory of the next piece; false, and nothing is reserved, if there is none. */
  public boolean tryReserve() {
    return tryReserve(PIECE_BYTES_MAX);
  }

  /** Reserves the memory of a piece that exists already, the first one of an answer. */
  public boolean tryReserve(int bytes) {
    if (closed || !budget.tryReserve(bytes)) {
      return false;
    }
    reservedBytes += bytes;
    return true;
  }

  /** Releases what was reserved and is not queued, because a piece was not made. */
  public void cancelReservation() {
    release(reservedBytes - queuedBytes);
  }

  private void release(long bytes) {
    if (!closed) {
      reservedBytes -= bytes;
      budget.release(bytes);
    }
  }

  /**
   * Writes a piece whose memory is reserved.
   *
   * @return whether there is room for the next piece; if not, the writer waits for the client
   */
  public boolean write(Buffer piece) {
    int length = piece.length();
    if (!closed) {
      queuedBytes += length;
      // A piece with the rest of a long part may be longer than what was reserved for it.
      long change = queuedBytes - reservedBytes;
      reservedBytes += change;
      budget.adjust(change);
    }
    if (length > 0) {
      exchange.response().write(piece).onComplete((none, failure) -> written(length));
    }
    if (queuedBytes > QUEUE_BYTES) {
      waiting = true;
      slowTimer = vertx.setTimer(SLOW_MS, timer -> slow());
    }
    return !waiting;
  }

  private void slow() {
    slowTimer = -1;
    if (waiting && !closed) {
      onSlow.run();
    }
  }

  private void written(int bytes) {
    queuedBytes -= bytes;
    release(bytes);
    if (waiting && queuedBytes <= QUEUE_BYTES / 2) {
      waiting = false;
      stopTimer();
      if (!closed) {
        onRoom.run();
      }
    }
  }

  /** Whether the writer waits for the client to read. */
  public boolean isWaiting() {
    return waiting;
  }

  /** Ends the answer after its last piece. Pieces that wait to be written stay reserved. */
  public void finish() {
    waiting = false;
    stopTimer();
    exchange.endStream();
  }

  /** Releases all pieces, because the client is gone or the answer was broken off. */
  public void close() {
    stopTimer();
    release(reservedBytes);
    closed = true;
  }

  private void stopTimer() {
    if (slowTimer >= 0) {
      vertx.cancelTimer(slowTimer);
      slowTimer = -1;
    }
  }
}
