package io.apexstore.server.rest.body;

import io.apexstore.server.http.Connections;
import io.apexstore.server.http.Exchange;
import io.vertx.core.Vertx;
import java.time.Duration;
import java.util.HashSet;
import java.util.Set;

/**
 * Writes a streamed answer piece by piece at the pace of its client. A client that reads nothing
 * for the time limit while the queue is full is disconnected.
 *
 * <p>The queue is measured here in bytes, because Vert.x calls its own queue full only after many
 * writes, however large they are. Two limits hold: at most 256 KiB wait to be written before the
 * next piece is asked for, and so do at most 256 KiB of reservations, so that one client does not
 * hold two large pieces at once.
 *
 * <p><b>Threads:</b> confined to the exchange's event loop. <b>Invariants:</b> each piece is
 * released once: when it has been written, or when the writer is closed.
 */
public final class PieceWriter {
  private static final int QUEUE_BYTES = 256 << 10;
  private static final int WRITE_BYTES = 128 << 10;

  private final Vertx vertx;
  private final Exchange exchange;
  private final long timeoutMs;
  private final Runnable onRoom;
  private final Set<BudgetedBody> pieces = new HashSet<>();
  private long queuedBytes;
  private long reservedBytes;
  private long stallTimer = -1;
  private boolean finished;

  /**
   * Creates a writer.
   *
   * @param timeout how long a client may read nothing
   * @param onRoom called after {@link #write} has returned false, once there is room again
   */
  public PieceWriter(Vertx vertx, Exchange exchange, Duration timeout, Runnable onRoom) {
    this.vertx = vertx;
    this.exchange = exchange;
    this.timeoutMs = timeout.toMillis();
    this.onRoom = onRoom;
  }

  /**
   * Writes a piece. It is split, so that a client that reads a large piece slowly is seen to read.
   *
   * @return whether there is room for the next piece; if not, the writer waits for the client
   */
  public boolean write(BudgetedBody piece) {
    int length = piece.bytes().length();
    if (length == 0) {
      piece.release();
    } else {
      pieces.add(piece);
      reservedBytes += piece.reservedBytes();
    }
    for (int from = 0; from < length; from += WRITE_BYTES) {
      int to = Math.min(length, from + WRITE_BYTES);
      int bytes = to - from;
      boolean last = to == length;
      queuedBytes += bytes;
      exchange
          .response()
          .write(piece.bytes().slice(from, to))
          .onComplete(
              (none, failure) -> {
                if (last) {
                  release(piece);
                }
                written(bytes, failure == null);
              });
    }
    if (isFull(QUEUE_BYTES) && stallTimer < 0) {
      startStallTimer();
    }
    return stallTimer < 0;
  }

  /** Whether the writer waits for the client to read. */
  public boolean isWaiting() {
    return stallTimer >= 0;
  }

  private void release(BudgetedBody piece) {
    if (pieces.remove(piece)) {
      reservedBytes -= piece.reservedBytes();
      piece.release();
    }
  }

  private void written(int bytes, boolean succeeded) {
    queuedBytes -= bytes;
    if (!succeeded || stallTimer < 0) {
      return;
    }
    stopStallTimer();
    if (isFull(QUEUE_BYTES / 2)) {
      startStallTimer();
    } else if (!finished) {
      onRoom.run();
    }
  }

  private boolean isFull(int queueBytes) {
    return queuedBytes > queueBytes || reservedBytes > QUEUE_BYTES;
  }

  private void startStallTimer() {
    stallTimer =
        vertx.setTimer(timeoutMs, timer -> Connections.abort(exchange.request().connection()));
  }

  private void stopStallTimer() {
    if (stallTimer >= 0) {
      vertx.cancelTimer(stallTimer);
      stallTimer = -1;
    }
  }

  /** Ends the answer after its last piece. Pieces that wait to be written stay reserved. */
  public void finish() {
    finished = true;
    exchange.endStream();
  }

  /** Releases all pieces, because the client is gone or the answer was broken off. */
  public void close() {
    finished = true;
    stopStallTimer();
    pieces.forEach(BudgetedBody::release);
    pieces.clear();
    reservedBytes = 0;
  }
}
