package io.apexstore.server.rest.context;

import io.apexstore.error.ApexException;
import io.apexstore.server.http.AnswerBudget;
import io.apexstore.server.http.Connections;
import io.apexstore.server.http.Exchange;
import io.apexstore.server.http.json.JsonOutput;
import io.apexstore.server.rest.body.PieceWriter;
import io.apexstore.vertx.IoPool;
import io.apexstore.vertx.OverloadedException;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpServerResponse;

/**
 * Writes an answer that is made piece by piece: makes a piece on the I/O pool, writes it on the
 * event loop, and makes the next one when the client has read enough. So no answer is ever whole in
 * memory, however long it is. One that is complete with its first piece is sent at once, with its
 * length.
 *
 * <p>If there is no memory for a piece, an answer that has not begun is refused, and one that has
 * begun waits: memory that is held by answers is released in the end, because each must be read at
 * a certain rate. An answer that holds a long value longer than ten times {@code
 * SERVER_CLIENT_TIMEOUT} is broken off.
 *
 * <p><b>Threads:</b> confined to the exchange's event loop. <b>Invariants:</b> at most one piece is
 * being made; the pieces are closed once, on the pool, while none is.
 */
public final class AnswerPump {
  /** An answer of at most this many bytes is not counted. */
  private static final int FREE_BYTES = 16 << 10;

  private static final long RETRY_MS = 50;

  /** How many client timeouts an answer may hold one long value. */
  public static final int HOLD_TIMEOUTS_MAX = 10;

  private final RestContext context;
  private final Exchange exchange;
  private final CharSequence mediaType;
  private final Pieces pieces;
  private final IoPool io;
  private final PieceWriter writer;
  private final long holdNanosMax;
  private final JsonOutput out = new JsonOutput(0);
  private long length = -1;
  private boolean busy;
  private boolean begun;
  private boolean over;
  private boolean released;

  /**
   * An answer that is made piece by piece.
   *
   * <p><b>Threads:</b> one at a time, which may wait for the disk.
   */
  public interface Pieces extends AutoCloseable {
    /**
     * Writes the next piece, which is complete once the output has {@link PieceWriter#PIECE_BYTES}.
     *
     * @return whether more follow
     * @throws ApexException {@code MEMORY_EXHAUSTED} if there is no memory for what follows; then
     *     it has written nothing, and may be called again
     */
    boolean write(JsonOutput out);

    /** Releases memory that only the next piece needs, because the client reads slowly. */
    default void pause() {}

    /**
     * Returns since when a long value has been held in memory, by {@link System#nanoTime}; 0 if
     * none is.
     */
    default long heldSinceNanos() {
      return 0;
    }

    @Override
    void close();
  }

  /** Creates an answer; {@link #start} writes it. The pump closes the pieces. */
  public AnswerPump(RestContext context, Exchange exchange, CharSequence mediaType, Pieces pieces) {
    this.context = context;
    this.exchange = exchange;
    this.mediaType = mediaType;
    this.pieces = pieces;
    this.io = context.io();
    this.writer = new PieceWriter(context.vertx(), exchange, this::read, this::slow);
    this.holdNanosMax = context.limits().clientTimeout().multipliedBy(HOLD_TIMEOUTS_MAX).toNanos();
  }

  /** Sets the length of the answer in bytes, if it is known. */
  public AnswerPump withLength(long bytes) {
    length = bytes;
    return this;
  }

  /** Starts to answer. If too many answers are being streamed, the answer is a refusal. */
  public void start() {
    try {
      context.streams().open();
    } catch (RuntimeException e) {
      io.runAlways(pieces::close);
      throw e;
    }
    HttpServerResponse response = exchange.response();
    response.exceptionHandler(failure -> stop());
    response.closeHandler(closed -> stop());
    exchange.onAnswered(this::answered);
    make();
  }

  private record Piece(Buffer bytes, boolean more) {}

  /** Makes the next piece as soon as there is memory. */
  private void read() {
    if (over || busy) {
      return;
    }
    long since = pieces.heldSinceNanos();
    if (since != 0 && System.nanoTime() - since > holdNanosMax) {
      Connections.abort(exchange.request().connection());
    } else if (writer.tryReserve()) {
      make();
    } else {
      retry();
    }
  }

  private void retry() {
    context.vertx().setTimer(RETRY_MS, timer -> read());
  }

  private void make() {
    busy = true;
    io.run(this::next).onComplete(this::made);
  }

  private Piece next() {
    out.ensureRoom(PieceWriter.PIECE_BYTES_MAX);
    boolean more = pieces.write(out);
    return new Piece(out.take(), more);
  }

  private void made(Piece piece, Throwable failure) {
    busy = false;
    if (over) {
      release();
    } else if (failure != null) {
      writer.cancelReservation();
      if (begun && isPassing(failure)) {
        retry();
      } else {
        fail(failure);
      }
    } else if (begun) {
      write(piece);
    } else {
      begin(piece);
    }
  }

  private static boolean isPassing(Throwable failure) {
    return failure instanceof OverloadedException
        || (failure instanceof ApexException store
            && store.code() == ApexException.Code.MEMORY_EXHAUSTED);
  }

  private void begin(Piece first) {
    int bytes = first.bytes().length();
    boolean counted = bytes > FREE_BYTES || first.more();
    if (counted && !writer.tryReserve(bytes)) {
      fail(AnswerBudget.noRoom());
      return;
    }
    begun = true;
    if (!first.more()) {
      over = true;
      exchange.send(200, mediaType, first.bytes()).onComplete(sent -> writer.close());
      release();
      return;
    }
    if (length >= 0) {
      exchange.header(HttpHeaders.CONTENT_LENGTH, Long.toString(length));
    }
    // The head is written only now, so that an answer that fails at once is a plain error.
    if (exchange.beginStream(mediaType, length >= 0)) {
      write(first);
    } else {
      stop();
    }
  }

  private void write(Piece piece) {
    boolean hasRoom = writer.write(piece.bytes());
    if (!piece.more()) {
      over = true;
      writer.finish();
      release();
    } else if (hasRoom) {
      read();
    }
  }

  private void slow() {
    if (!over && !busy) {
      busy = true;
      io.run(
              () -> {
                pieces.pause();
                return this;
              })
          .onComplete(
              done -> {
                busy = false;
                if (over) {
                  release();
                } else if (!writer.isWaiting()) {
                  read();
                }
              });
    }
  }

  private void fail(Throwable failure) {
    over = true;
    exchange.fail(failure);
    writer.close();
    release();
  }

  /** Ends without a complete answer, because the client is gone or asks for the head only. */
  private void stop() {
    if (!over) {
      over = true;
      exchange.endStream();
    }
    writer.close();
    if (!busy) {
      release();
    }
  }

  /** Ends without touching the answer, because another one has taken its place. */
  private void answered() {
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
      context.streams().close();
      io.runAlways(pieces::close);
    }
  }
}
