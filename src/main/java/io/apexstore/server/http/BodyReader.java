package io.apexstore.server.http;

import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpServerRequest;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Collects one request body. Its memory is reserved from the {@link BodyBudget} piece by piece as
 * it arrives, whatever length was announced: a client that announces much and sends little holds
 * little.
 *
 * <p>The pieces are joined at the end, and what becomes of the body is another copy of it. So a
 * body counts {@code copies} times from its end on, and a body that could never be counted that
 * often is refused as too large.
 *
 * <p><b>Threads:</b> confined to the exchange's event loop.
 */
final class BodyReader {
  private static final int PIECE_BYTES_MIN = 8 << 10;

  /** Below what the garbage collector gives whole regions of its own in a small heap. */
  private static final int PIECE_BYTES_MAX = 256 << 10;

  private final Exchange exchange;
  private final HttpServerRequest request;
  private final int bytesMax;
  private final int copies;
  private final Promise<byte[]> body = Promise.promise();

  /** Pieces that are full. */
  private List<byte[]> full = List.of();

  private byte[] piece = new byte[0];
  private int pieceLength;
  private int length;
  private boolean failed;

  /**
   * Creates a reader.
   *
   * @param bytesMax the length of the longest body that the route accepts
   * @param copies how often the bytes of the body are in memory while it is worked on
   */
  BodyReader(Exchange exchange, int bytesMax, int copies) {
    this.exchange = exchange;
    this.request = exchange.request();
    this.bytesMax = bytesMax;
    this.copies = copies;
  }

  Future<byte[]> read() {
    long announced = announcedLength(request.getHeader(HttpHeaders.CONTENT_LENGTH));
    String encoding = request.getHeader(HttpHeaders.CONTENT_ENCODING);
    if (encoding != null && !encoding.equalsIgnoreCase("identity")) {
      return refused(
          Problem.of(Problem.Kind.UNSUPPORTED_MEDIA_TYPE, "compressed bodies are not supported"));
    }
    if (announced > lengthMax()) {
      return refused(tooLarge());
    }
    exchange.continueIfExpected();
    exchange.collectBody();
    request.handler(chunk -> append(chunk, announced));
    request.exceptionHandler(exchange::failBody);
    request.endHandler(end -> complete());
    request.resume();
    return body.future();
  }

  private long lengthMax() {
    return Math.min(bytesMax, exchange.bodies().holderBytesMax() / copies);
  }

  private void append(Buffer chunk, long announced) {
    int count = chunk.length();
    if (failed) {
      return;
    }
    if (count > lengthMax() - length) {
      fail(tooLarge().exception());
      return;
    }
    int from = 0;
    while (from < count) {
      if (pieceLength == piece.length && !addPiece(count - from, announced)) {
        fail(BodyBudget.noRoomForBody());
        return;
      }
      int step = Math.min(count - from, piece.length - pieceLength);
      chunk.getBytes(from, from + step, piece, pieceLength);
      pieceLength += step;
      length += step;
      from += step;
    }
  }

  /** Begins a piece; pieces grow with the body, and end with one whose length was announced. */
  private boolean addPiece(int wanted, long announced) {
    int size =
        Math.clamp(length, Math.clamp(wanted, PIECE_BYTES_MIN, PIECE_BYTES_MAX), PIECE_BYTES_MAX);
    if (announced >= 0) {
      size = (int) Math.min(size, announced - length);
    }
    if (!exchange.tryReserveBodyBytes(size)) {
      return false;
    }
    if (length > 0) {
      if (full.isEmpty()) {
        full = new ArrayList<>();
      }
      full.add(piece);
    }
    piece = new byte[size];
    pieceLength = 0;
    return true;
  }

  private void complete() {
    exchange.bodyEnded();
    if (failed) {
      return;
    }
    // What handles the body must not find another copy of it here.
    request.handler(null);
    request.endHandler(null);
    if (!exchange.tryReserveBodyBytes((copies - 1L) * length)) {
      fail(BodyBudget.noRoomForBody());
      return;
    }
    body.complete(join());
  }

  private byte[] join() {
    byte[] last = piece;
    if (full.isEmpty() && last.length == length) {
      return last;
    }
    byte[] whole = new byte[length];
    int at = 0;
    for (byte[] next : full) {
      System.arraycopy(next, 0, whole, at, next.length);
      at += next.length;
    }
    System.arraycopy(last, 0, whole, at, pieceLength);
    drop();
    return whole;
  }

  private void fail(ProblemException refusal) {
    failed = true;
    drop();
    body.fail(refusal);
  }

  private void drop() {
    full = List.of();
    piece = new byte[0];
  }

  private Problem tooLarge() {
    long max = lengthMax();
    return Problem.of(
        Problem.Kind.PAYLOAD_TOO_LARGE,
        "the body may have at most "
            + max
            + " bytes"
            + (max < bytesMax
                ? ": the server's memory for bodies, a part of its heap, allows no more"
                : ""));
  }

  private static Future<byte[]> refused(Problem problem) {
    return Future.failedFuture(problem.exception());
  }

  private static long announcedLength(@Nullable String header) {
    if (header == null) {
      return -1;
    }
    try {
      return Long.parseLong(header);
    } catch (NumberFormatException e) {
      return -1; // Netty has refused a header that is not a number.
    }
  }
}
