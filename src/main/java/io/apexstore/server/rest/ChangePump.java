package io.apexstore.server.rest;

import io.apexstore.server.http.Connections;
import io.apexstore.server.http.Exchange;
import io.apexstore.server.http.Problems;
import io.apexstore.vertx.IoPool;
import io.vertx.core.Context;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpServerResponse;

/**
 * Moves a {@link ChangeStream} into an answer that does not end: reads a piece on the I/O pool,
 * writes it on the event loop, and reads the next one when the client has taken enough and there is
 * one. A client that takes nothing for long is cut off; it can go on from its last token.
 *
 * <p><b>Threads:</b> confined to the exchange's event loop, but {@link #end}. <b>Invariants:</b> at
 * most one piece is being read; the stream is closed once, on the pool, when none is.
 */
final class ChangePump implements OpenFeeds.Feed {
  private static final int QUEUE_BYTES = 256 << 10;
  private static final long LOOK_MS = 5_000;
  private static final long HEARTBEAT_MS = 15_000;

  private final RestContext context;
  private final Exchange exchange;
  private final ChangeRequest request;
  private final ChangeStream stream;
  private final IoPool io;
  private final Context loop;
  private boolean reading;
  private boolean readAgain;
  private boolean over;
  private boolean released;
  private long stallTimer = -1;
  private long lookTimer = -1;
  private long writtenNanos;

  ChangePump(RestContext context, Exchange exchange, ChangeRequest request) {
    this.context = context;
    this.exchange = exchange;
    this.request = request;
    this.io = context.host().io();
    this.loop = context.vertx().getOrCreateContext();
    this.stream =
        new ChangeStream(context.host().store(), request, () -> loop.runOnContext(ready -> more()));
  }

  void start() {
    if (!context.shared().feeds().tryAdd(this, context.shared().streams())) {
      exchange.fail(OpenFeeds.refusal());
      return;
    }
    HttpServerResponse response = exchange.response();
    response.setWriteQueueMaxSize(QUEUE_BYTES);
    response.exceptionHandler(failure -> stop());
    response.closeHandler(closed -> stop());
    response.drainHandler(drained -> drained());
    // Bookmarks are due by time, and so are heartbeats.
    lookTimer = context.vertx().setPeriodic(LOOK_MS, tick -> more());
    read();
  }

  /** There may be more, or it is time to look. */
  private void more() {
    if (reading) {
      readAgain = true;
    } else if (!over && stallTimer < 0) {
      read();
    }
  }

  private void read() {
    reading = true;
    readAgain = false;
    io.run(stream::next)
        .onComplete(
            (piece, failure) -> {
              reading = false;
              if (over) {
                release();
              } else if (failure != null) {
                fail(failure);
              } else {
                write(piece);
              }
            });
  }

  private void write(ChangeStream.Piece piece) {
    HttpServerResponse response = exchange.response();
    // Only now, so that a token that has expired is a plain error.
    if (!response.headWritten()) {
      exchange.header("Cache-Control", "no-store");
      if (!exchange.beginStream(request.format().mediaType())) {
        stop();
        return;
      }
      send(ChangeStream.heartbeat(request.format(), piece.token()));
    }
    if (piece.count() > 0) {
      send(piece.bytes());
    } else if (System.nanoTime() - writtenNanos > HEARTBEAT_MS * 1_000_000) {
      send(ChangeStream.heartbeat(request.format(), piece.token()));
    }
    if (response.writeQueueFull()) {
      stallTimer =
          context
              .vertx()
              .setTimer(
                  context.limits().clientTimeout().toMillis(),
                  timer -> Connections.abort(exchange.request().connection()));
    } else if (!piece.end() || readAgain) {
      read();
    }
  }

  private void send(Buffer bytes) {
    writtenNanos = System.nanoTime();
    exchange.response().write(bytes);
  }

  private void drained() {
    if (stallTimer >= 0) {
      context.vertx().cancelTimer(stallTimer);
      stallTimer = -1;
      more();
    }
  }

  private void fail(Throwable failure) {
    if (exchange.response().headWritten() && request.format() == ChangeRequest.Format.SSE) {
      String id = exchange.requestId();
      send(
          Buffer.buffer("event: error\ndata: ")
              .appendBuffer(Problems.of(failure, id).write(0, id).toBuffer())
              .appendString("\n\n"));
    } else {
      exchange.fail(failure);
    }
    stop();
  }

  @Override
  public void end() {
    loop.runOnContext(ended -> stop());
  }

  private void stop() {
    if (!over) {
      over = true;
      if (exchange.response().headWritten()) {
        exchange.endStream();
      } else {
        exchange.fail(OpenFeeds.stopping());
      }
      if (stallTimer >= 0) {
        context.vertx().cancelTimer(stallTimer);
        stallTimer = -1;
      }
      context.vertx().cancelTimer(lookTimer);
    }
    if (!reading) {
      release();
    }
  }

  private void release() {
    if (!released) {
      released = true;
      context.shared().feeds().remove(this, context.shared().streams());
      io.runAlways(stream::close);
    }
  }
}
