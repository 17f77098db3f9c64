package io.apexstore.server.http;

import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpServerRequest;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * Collects one request body. The body may have {@code bytesMax} bytes at most; they are reserved
 * from the {@link BodyBudget}, at once if the length is announced and else as they arrive.
 *
 * <p><b>Threads:</b> confined to the exchange's event loop.
 */
final class BodyReader {
  private static final int CHUNK_BYTES = 8 << 10;

  private final Exchange exchange;
  private final HttpServerRequest request;
  private final int bytesMax;
  private final Promise<byte[]> body = Promise.promise();
  private byte[] bytes = new byte[0];
  private int length;
  private boolean failed;

  BodyReader(Exchange exchange, int bytesMax) {
    this.exchange = exchange;
    this.request = exchange.request();
    this.bytesMax = bytesMax;
  }

  Future<byte[]> read() {
    long announced = announcedLength(request.getHeader(HttpHeaders.CONTENT_LENGTH));
    String encoding = request.getHeader(HttpHeaders.CONTENT_ENCODING);
    if (encoding != null && !encoding.equalsIgnoreCase("identity")) {
      return refused(
          Problem.of(Problem.Kind.UNSUPPORTED_MEDIA_TYPE, "compressed bodies are not supported"));
    }
    if (announced > bytesMax) {
      return refused(tooLarge());
    }
    if (!exchange.tryReserveBodyBytes(Math.max(0, announced))) {
      return Future.failedFuture(BodyBudget.noRoomForBody());
    }
    if (request.headers().contains(HttpHeaders.EXPECT)) {
      request.response().writeContinue();
    }
    request.handler(chunk -> append(chunk, announced));
    request.exceptionHandler(gone -> exchange.abandon());
    request.endHandler(end -> complete());
    request.resume();
    return body.future();
  }

  private void append(Buffer chunk, long announced) {
    int count = chunk.length();
    if (failed) {
      return;
    }
    if (count > bytesMax - length) {
      fail(tooLarge().exception());
      return;
    }
    if (announced < 0 && !exchange.tryReserveBodyBytes(count)) {
      fail(BodyBudget.noRoomForBody());
      return;
    }
    if (length == 0 && count == announced) {
      bytes = chunk.getBytes();
    } else {
      if (bytes.length - length < count) {
        int doubled = (int) Math.min(bytesMax, Math.max(CHUNK_BYTES, 2L * bytes.length));
        int size =
            Math.max(length + count, announced < 0 ? doubled : (int) Math.min(doubled, announced));
        bytes = Arrays.copyOf(bytes, size);
      }
      chunk.getBytes(bytes, length);
    }
    length += count;
  }

  private void complete() {
    exchange.bodyEnded();
    if (!failed) {
      body.complete(length == bytes.length ? bytes : Arrays.copyOf(bytes, length));
    }
  }

  private void fail(ProblemException refusal) {
    failed = true;
    bytes = new byte[0];
    body.fail(refusal);
  }

  private Problem tooLarge() {
    return Problem.of(
        Problem.Kind.PAYLOAD_TOO_LARGE, "the body may have at most " + bytesMax + " bytes");
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
