package io.apexstore.server.rest.scan;

import io.apexstore.server.http.Exchange;
import io.apexstore.server.rest.body.PieceWriter;
import io.apexstore.server.rest.context.RestContext;
import io.apexstore.vertx.IoPool;
import io.vertx.core.http.HttpServerResponse;

/**
 * Moves an {@link EntryStream} into an answer: reads a piece on the I/O pool, writes it on the
 * event loop, and reads the next one when the client has read enough.
 *
 * <p><b>Threads:</b> confined to the exchange's event loop. <b>Invariants:</b> at most one piece is
 * being read; the stream is closed once, on the pool, while none is.
 */
final class StreamPump {
  private final RestContext context;
  private final Exchange exchange;
  private final EntryStream stream;
  private final IoPool io;
  private final PieceWriter writer;
  private boolean reading;
  private boolean over;
  private boolean released;

  StreamPump(RestContext context, Exchange exchange, EntryStream stream) {
    this.context = context;
    this.exchange = exchange;
    this.stream = stream;
    this.io = context.io();
    this.writer =
        new PieceWriter(
            context.vertx(), exchange, context.limits().clientTimeout(), this::readUnlessOver);
  }

  /**
   * Starts to answer.
   *
   * @throws io.apexstore.server.http.ProblemException {@code OVERLOADED} if too many answers are
   *     being streamed
   */
  void start() {
    context.streams().open();
    HttpServerResponse response = exchange.response();
    response.exceptionHandler(failure -> stop());
    response.closeHandler(closed -> stop());
    exchange.onAnswered(this::abandon);
    read();
  }

  private void readUnlessOver() {
    if (!over) {
      read();
    }
  }

  private void read() {
    reading = true;
    io.run(stream::next)
        .onComplete(
            (piece, failure) -> {
              reading = false;
              if (over) {
                if (failure == null) {
                  piece.body().release();
                }
                release();
              } else if (failure != null) {
                fail(failure);
              } else {
                write(piece);
              }
            });
  }

  private void write(EntryStream.Piece piece) {
    // The head is written only now, so that a scan that fails at once is a plain error.
    if (!exchange.response().headWritten() && !exchange.beginStream(Exchange.NDJSON)) {
      piece.body().release();
      stop();
      return;
    }
    boolean hasRoom = writer.write(piece.body());
    if (piece.last()) {
      over = true;
      writer.finish();
      release();
    } else if (hasRoom) {
      readUnlessOver();
    }
  }

  private void fail(Throwable failure) {
    over = true;
    exchange.fail(failure);
    release();
  }

  /** Ends without a complete answer, because the client is gone or asks for the head only. */
  private void stop() {
    if (!over) {
      over = true;
      exchange.endStream();
    }
    writer.close();
    if (!reading) {
      release();
    }
  }

  /** Ends without touching the answer, because another one has taken its place. */
  private void abandon() {
    if (!over) {
      over = true;
      writer.close();
      if (!reading) {
        release();
      }
    }
  }

  private void release() {
    if (!released) {
      released = true;
      context.streams().close();
      io.runAlways(stream::close);
    }
  }
}
