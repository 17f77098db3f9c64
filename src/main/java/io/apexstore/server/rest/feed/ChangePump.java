package io.apexstore.server.rest.feed;

import io.apexstore.server.http.AnswerBudget;
import io.apexstore.server.http.Connections;
import io.apexstore.server.http.Exchange;
import io.apexstore.server.http.Problem;
import io.apexstore.server.http.Problems;
import io.apexstore.server.http.json.JsonOutput;
import io.apexstore.server.rest.body.PieceWriter;
import io.apexstore.server.rest.context.AnswerPump;
import io.apexstore.server.rest.context.OpenStreams;
import io.apexstore.server.rest.context.RestContext;
import io.apexstore.vertx.IoPool;
import io.apexstore.vertx.OverloadedException;
import io.vertx.core.Context;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpServerResponse;
import java.time.Duration;

/**
 * Moves a {@link ChangeStream} into an answer that does not end: reads a piece on the I/O pool,
 * writes it on the event loop, and reads the next one when the client has read enough and there is
 * one. A client that reads nothing for too long is disconnected; it can resume from its last token.
 *
 * <p><b>Threads:</b> confined to the exchange's event loop, except {@link #end}. <b>Invariants:</b>
 * at most one piece is being read; the stream is closed once, on the pool, while none is.
 */
final class ChangePump implements OpenStreams.Endless {
  private static final long POLL_MS_MAX = 5_000;
  private static final long HEARTBEAT_MS_MAX = 15_000;
  private static final long RETRY_MS = 50;
  private static final int FIRST_BYTES = 1 << 10;

  private final RestContext context;
  private final Exchange exchange;
  private final ChangeRequest request;
  private final ChangeStream stream;
  private final AnswerBudget budget;
  private final IoPool io;
  private final Context loop;
  private final PieceWriter writer;
  private final long heartbeatMs;
  private final long holdNanosMax;
  private final JsonOutput out = new JsonOutput(0);
  private boolean busy;
  private boolean readAgain;
  private boolean over;
  private boolean released;

  /** What is reserved for the buffers that the stream keeps; used by one read after the other. */
  private long readerBytes;

  private long pollTimer = -1;

  ChangePump(RestContext context, Exchange exchange, ChangeRequest request) {
    this.context = context;
    this.exchange = exchange;
    this.request = request;
    this.budget = exchange.answers();
    this.io = context.io();
    this.loop = context.vertx().getOrCreateContext();
    this.writer = new PieceWriter(context.vertx(), exchange, this::poll, this::slow);
    this.holdNanosMax =
        context.limits().clientTimeout().multipliedBy(AnswerPump.HOLD_TIMEOUTS_MAX).toNanos();
    // Often enough that the connection is not closed as silent.
    this.heartbeatMs = Math.min(HEARTBEAT_MS_MAX, context.limits().keepAlive().toMillis() / 2);
    this.stream =
        new ChangeStream(
            new FeedReader(context.store(), request),
            budget,
            request.format(),
            Duration.ofMillis(heartbeatMs).toNanos(),
            () -> loop.runOnContext(ready -> poll()));
  }

  /**
   * Starts to answer.
   *
   * @throws io.apexstore.server.http.ProblemException {@code OVERLOADED} if too many answers are
   *     being streamed
   */
  void start() {
    context.streams().open(this);
    HttpServerResponse response = exchange.response();
    response.exceptionHandler(failure -> stop());
    response.closeHandler(closed -> stop());
    exchange.onAnswered(this::abandon);
    Connections.endWithInput(exchange.request().connection());
    // Bookmarks and heartbeats become due as time passes.
    pollTimer = context.vertx().setPeriodic(Math.min(POLL_MS_MAX, heartbeatMs / 2), tick -> poll());
    read();
  }

  /** Reads, now or after the read that is running, because there may be more. */
  private void poll() {
    if (busy) {
      readAgain = true;
    } else if (!over && !writer.isWaiting()) {
      read();
    }
  }

  private void read() {
    readAgain = false;
    long since = stream.heldSinceNanos();
    if (since != 0 && System.nanoTime() - since > holdNanosMax) {
      Connections.abort(exchange.request().connection());
      return;
    }
    if (!writer.tryReserve()) {
      if (exchange.response().headWritten()) {
        retry();
      } else {
        fail(AnswerBudget.noRoom());
      }
      return;
    }
    busy = true;
    io.run(() -> budget.runUncounted(this::next))
        .onComplete(
            (piece, failure) -> {
              busy = false;
              if (over) {
                release();
              } else if (failure == null) {
                write(piece);
              } else if (failure instanceof OverloadedException
                  && exchange.response().headWritten()) {
                writer.cancelReservation();
                retry();
              } else {
                fail(failure);
              }
            });
  }

  private void retry() {
    context.vertx().setTimer(RETRY_MS, timer -> poll());
  }

  private record Piece(Buffer bytes, ChangeStream.Next next) {}

  private Piece next() {
    // Mostly there is little to write: room for a whole piece is made when it is needed.
    out.ensureRoom(FIRST_BYTES);
    ChangeStream.Next next = stream.write(out);
    keepOrPause();
    return new Piece(out.take(), next);
  }

  private void keepOrPause() {
    long bytes = stream.heldBytes();
    long more = bytes - readerBytes;
    if (more > 0 && !budget.tryReserveReader(more)) {
      pauseStream();
    } else if (more > 0) {
      readerBytes = bytes;
    }
  }

  private void pauseStream() {
    stream.pause();
    releaseReader();
  }

  private void closeStream() {
    stream.close();
    releaseReader();
  }

  private void releaseReader() {
    budget.releaseReader(readerBytes);
    readerBytes = 0;
  }

  private void write(Piece piece) {
    // The head is written only now, so that an expired token is a plain error.
    if (!exchange.response().headWritten()) {
      exchange.header("Cache-Control", "no-store");
      if (!exchange.beginStream(request.format().mediaType())) {
        stop();
        return;
      }
    }
    boolean hasRoom = writer.write(piece.bytes());
    if (over || !hasRoom) {
      return;
    }
    if (piece.next() == ChangeStream.Next.NO_MEMORY) {
      retry();
    } else if (piece.next() == ChangeStream.Next.MORE || readAgain) {
      read();
    }
  }

  /** Holds a position only while the client is waited for. */
  private void slow() {
    if (over || busy) {
      return;
    }
    busy = true;
    io.run(
            () -> {
              pauseStream();
              return this;
            })
        .onComplete(
            done -> {
              busy = false;
              if (over) {
                release();
              } else {
                poll();
              }
            });
  }

  private void fail(Throwable failure) {
    over = true;
    writer.cancelReservation();
    if (exchange.response().headWritten() && request.format() == ChangeRequest.Format.SSE) {
      String id = exchange.requestId();
      exchange
          .response()
          .write(
              Buffer.buffer("event: problem\ndata: ")
                  .appendBuffer(Problems.of(failure, id).write(0, id).toBuffer())
                  .appendString("\n\n"));
      writer.finish();
    } else {
      exchange.fail(failure);
    }
    release();
  }

  @Override
  public void end() {
    loop.runOnContext(ended -> stop());
  }

  /** Ends the answer, because the server stops or the client is gone. */
  private void stop() {
    if (!over) {
      over = true;
      if (exchange.response().headWritten()) {
        exchange.endStream();
      } else {
        exchange.fail(Problem.of(Problem.Kind.UNAVAILABLE).exception());
      }
    }
    writer.close();
    if (!busy) {
      release();
    }
  }

  /** Ends without touching the answer, because another one has taken its place. */
  private void abandon() {
    if (!over) {
      over = true;
      writer.close();
      if (!busy) {
        release();
      }
    }
  }

  private void release() {
    if (!released) {
      released = true;
      context.vertx().cancelTimer(pollTimer);
      context.streams().close(this);
      io.runAlways(this::closeStream);
    }
  }
}
