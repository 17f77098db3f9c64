package io.apexstore.server.rest.feed;

import io.apexstore.server.http.BodyBudget;
import io.apexstore.server.http.Connections;
import io.apexstore.server.http.Exchange;
import io.apexstore.server.http.Problems;
import io.apexstore.server.rest.context.RestContext;
import io.apexstore.vertx.IoPool;
import io.vertx.core.Context;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpServerResponse;
import java.time.Duration;

/**
 * Moves a {@link ChangeStream} into an answer that does not end: reads a piece on the I/O pool,
 * writes it on the event loop, and reads the next one when the client has taken enough and there is
 * one. A client that takes nothing for long is cut off; it can go on from its last token.
 *
 * <p>What is not out yet is counted here in bytes: Vert.x takes its queue for full only when many
 * writes wait, however large they are.
 *
 * <p><b>Threads:</b> confined to the exchange's event loop, but {@link #end}. <b>Invariants:</b> at
 * most one piece is being read; the stream is closed once, on the pool, when none is; what was
 * counted for pieces is given back once they are out, or with the stream.
 */
final class ChangePump implements OpenFeeds.Feed {
  private static final int QUEUE_BYTES = 256 << 10;
  private static final int WRITE_BYTES = 128 << 10;
  private static final long LOOK_MS_MAX = 5_000;
  private static final long HEARTBEAT_MS_MAX = 15_000;

  private final RestContext context;
  private final Exchange exchange;
  private final ChangeRequest request;
  private final ChangeStream stream;
  private final BodyBudget bodies;
  private final IoPool io;
  private final Context loop;
  private final long heartbeatMs;
  private boolean reading;
  private boolean readAgain;
  private boolean over;
  private boolean released;
  private long stallTimer = -1;
  private long lookTimer = -1;
  // Bytes that are counted for pieces which are not out yet.
  private long counted;
  private long queuedBytes;

  ChangePump(RestContext context, Exchange exchange, ChangeRequest request) {
    this.context = context;
    this.exchange = exchange;
    this.request = request;
    this.bodies = exchange.bodies();
    this.io = context.host().io();
    this.loop = context.vertx().getOrCreateContext();
    // Before the connection is closed because it is silent.
    this.heartbeatMs = Math.min(HEARTBEAT_MS_MAX, context.limits().keepAlive().toMillis() / 2);
    this.stream =
        new ChangeStream(
            new FeedReader(context.host().store(), request, bodies),
            request.format(),
            Duration.ofMillis(heartbeatMs).toNanos(),
            () -> loop.runOnContext(ready -> more()));
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
    // Bookmarks are due by time, and so are heartbeats.
    lookTimer = context.vertx().setPeriodic(Math.min(LOOK_MS_MAX, heartbeatMs / 2), tick -> more());
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
    io.run(() -> bodies.oneOfFew(stream::next))
        .onComplete(
            (piece, failure) -> {
              reading = false;
              if (failure == null) {
                counted += piece.counted();
              }
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
    }
    send(piece);
    if (isFull(QUEUE_BYTES)) {
      awaitClient();
    } else if (!piece.end() || readAgain) {
      read();
    }
  }

  /** Writes a piece in parts, so that a client that takes a large one slowly is seen to take it. */
  private void send(ChangeStream.Piece piece) {
    int length = piece.bytes().length();
    for (int from = 0; from < length; from += WRITE_BYTES) {
      int to = Math.min(length, from + WRITE_BYTES);
      int bytes = to - from;
      long giveBack = to == length ? piece.counted() : 0;
      queuedBytes += bytes;
      exchange
          .response()
          .write(piece.bytes().slice(from, to))
          .onComplete((none, failure) -> wentOut(bytes, giveBack, failure == null));
    }
  }

  private void wentOut(int bytes, long giveBack, boolean taken) {
    queuedBytes -= bytes;
    if (!released) {
      counted -= giveBack;
      bodies.giveBack(giveBack);
    }
    if (taken && stallTimer >= 0) {
      context.vertx().cancelTimer(stallTimer);
      stallTimer = -1;
      if (isFull(QUEUE_BYTES / 2)) {
        awaitClient();
      } else {
        more();
      }
    }
  }

  /** Whether the client must take more first: all of a piece that counts, for the next may too. */
  private boolean isFull(int bytesMax) {
    return counted > 0 || queuedBytes > bytesMax;
  }

  private void awaitClient() {
    stallTimer =
        context
            .vertx()
            .setTimer(
                context.limits().clientTimeout().toMillis(),
                timer -> Connections.abort(exchange.request().connection()));
  }

  private void fail(Throwable failure) {
    if (exchange.response().headWritten() && request.format() == ChangeRequest.Format.SSE) {
      String id = exchange.requestId();
      exchange
          .response()
          .write(
              Buffer.buffer("event: problem\ndata: ")
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
      bodies.giveBack(counted);
      released = true;
      context.shared().feeds().remove(this, context.shared().streams());
      io.runAlways(stream::close);
    }
  }
}
