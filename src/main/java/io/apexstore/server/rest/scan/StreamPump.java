package io.apexstore.server.rest.scan;

import io.apexstore.server.http.Connections;
import io.apexstore.server.http.Exchange;
import io.apexstore.server.http.Problem;
import io.apexstore.server.rest.context.RestContext;
import io.apexstore.vertx.IoPool;
import io.vertx.core.http.HttpServerResponse;

/**
 * Moves an {@link EntryStream} into an answer: reads a piece on the I/O pool, writes it on the
 * event loop, and reads the next one only when the client has taken enough.
 *
 * <p><b>Threads:</b> confined to the exchange's event loop. <b>Invariants:</b> at most one piece is
 * being read; the stream is closed once, on the pool, when none is.
 */
final class StreamPump {
  private static final int STREAMS_MAX = 512;
  private static final int QUEUE_BYTES = 256 << 10;

  private final RestContext context;
  private final Exchange exchange;
  private final EntryStream stream;
  private final IoPool io;
  private boolean reading;
  private boolean over;
  private boolean released;
  private long stallTimer = -1;

  StreamPump(RestContext context, Exchange exchange, EntryStream stream) {
    this.context = context;
    this.exchange = exchange;
    this.stream = stream;
    this.io = context.host().io();
  }

  void start() {
    if (context.shared().streams().incrementAndGet() > STREAMS_MAX) {
      context.shared().streams().decrementAndGet();
      exchange.fail(
          Problem.of(Problem.Kind.OVERLOADED, "more answers stream than may at once").exception());
      return;
    }
    HttpServerResponse response = exchange.response();
    response.setWriteQueueMaxSize(QUEUE_BYTES);
    response.exceptionHandler(failure -> stop());
    response.closeHandler(closed -> stop());
    response.drainHandler(drained -> resume());
    read();
  }

  private void read() {
    reading = true;
    io.run(stream::next)
        .onComplete(
            (piece, failure) -> {
              reading = false;
              if (over) {
                release();
              } else if (failure != null) {
                exchange.fail(failure);
                stop();
              } else {
                write(piece);
              }
            });
  }

  private void write(EntryStream.Piece piece) {
    HttpServerResponse response = exchange.response();
    // Only now, so that a scan that fails at once is a plain error.
    if (!response.headWritten() && !exchange.beginStream(Exchange.NDJSON)) {
      stop();
      return;
    }
    if (piece.lines().length() > 0) {
      response.write(piece.lines());
    }
    if (piece.last()) {
      exchange.endStream();
      stop();
    } else if (response.writeQueueFull()) {
      stallTimer =
          context
              .vertx()
              .setTimer(
                  context.limits().clientTimeout().toMillis(),
                  timer -> Connections.abort(exchange.request().connection()));
    } else {
      read();
    }
  }

  private void resume() {
    if (stallTimer >= 0) {
      context.vertx().cancelTimer(stallTimer);
      stallTimer = -1;
      if (!over) {
        read();
      }
    }
  }

  private void stop() {
    if (!over) {
      over = true;
      exchange.endStream();
      if (stallTimer >= 0) {
        context.vertx().cancelTimer(stallTimer);
        stallTimer = -1;
      }
    }
    if (!reading) {
      release();
    }
  }

  private void release() {
    if (!released) {
      released = true;
      context.shared().streams().decrementAndGet();
      io.runAlways(stream::close);
    }
  }
}
