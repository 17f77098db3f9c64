package io.apexstore.server.http;

import io.apexstore.server.http.json.JsonOutput;
import io.netty.util.AsciiString;
import io.vertx.core.Future;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.HttpServerResponse;
import io.vertx.core.http.HttpVersion;
import java.util.List;
import java.util.Objects;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * One request and its answer.
 *
 * <p><b>Threads:</b> confined to the request's event loop. <b>Invariants:</b> the request is
 * answered once; further answers are dropped. Each answer is counted once.
 */
public final class Exchange {
  /** The media type of JSON. */
  public static final CharSequence JSON = AsciiString.cached("application/json");

  /** The media type of newline-delimited JSON. */
  public static final CharSequence NDJSON = AsciiString.cached("application/x-ndjson");

  /** The media type of a value as it is. */
  public static final CharSequence BYTES = AsciiString.cached("application/octet-stream");

  private static final CharSequence NO_SNIFF = AsciiString.cached("X-Content-Type-Options");
  private static final CharSequence NO_SNIFF_VALUE = AsciiString.cached("nosniff");
  private static final CharSequence REQUEST_ID = AsciiString.cached("X-Request-Id");

  /** A body is in memory twice: as it arrived, and in the batch that it becomes. */
  private static final int BODY_COPIES = 2;

  /** JSON is in memory three times: as it arrived, as parsed, and in the batch that it becomes. */
  private static final int JSON_COPIES = 3;

  /** The status that is counted, and never sent, if the client closes before the answer ends. */
  private static final int CLIENT_GONE = 499;

  private final HttpServerRequest request;
  private final Endpoint endpoint;
  private final ExchangeScope scope;
  private final long startNanos = System.nanoTime();

  private @Nullable String requestId;
  private @Nullable Query query;
  private long bodyBytes;
  private @Nullable Runnable bodyEndHook;
  private @Nullable Runnable answeredHook;
  private boolean inputPaused;
  private boolean collectsBody;
  private boolean closeAfterwards;
  private boolean counted;

  /** Creates the exchange of a request that the endpoint answers. */
  public Exchange(HttpServerRequest request, Endpoint endpoint, ExchangeScope scope) {
    this.request = request;
    this.endpoint = endpoint;
    this.scope = scope;
  }

  /** Returns when the request's head had arrived, on the clock of {@link System#nanoTime}. */
  public long startNanos() {
    return startNanos;
  }

  /** Returns the request. */
  public HttpServerRequest request() {
    return request;
  }

  /** Returns the response, for an answer that is streamed. */
  public HttpServerResponse response() {
    return request.response();
  }

  /** Returns the endpoint that answers. */
  public Endpoint endpoint() {
    return endpoint;
  }

  /** Whether the client asks for the head of the answer only. */
  public boolean isHead() {
    return request.method().equals(HttpMethod.HEAD);
  }

  /** Returns the request's id, which is in the header X-Request-Id and in the log. */
  public String requestId() {
    String id = requestId;
    if (id == null) {
      id = scope.requestIds().of(request.getHeader(REQUEST_ID));
      requestId = id;
    }
    return id;
  }

  /**
   * Returns the query's parameters. The operation takes all of them.
   *
   * @throws ProblemException {@code MALFORMED_REQUEST} if the query is malformed or has a parameter
   *     that the operation does not take
   */
  public Query query() {
    Query parsed = query;
    if (parsed == null) {
      parsed = Query.parse(request.query()).allow(endpoint.operation().parameters());
      query = parsed;
    }
    return parsed;
  }

  /**
   * Checks the query, also for a handler that never reads it.
   *
   * @throws ProblemException as {@link #query} does
   */
  public void checkQuery() {
    if (request.query() != null) {
      query();
    }
  }

  /** Returns the exact bytes of a segment of the path; the first one has the index 0. */
  public byte[] pathSegment(int index) {
    String path = Objects.requireNonNull(request.path());
    int from = 1;
    for (int i = 0; i < index; i++) {
      from = path.indexOf('/', from) + 1;
    }
    int end = path.indexOf('/', from);
    return PercentCoding.decode(path, from, end < 0 ? path.length() : end, false);
  }

  /** Returns the value of a header's first line, or null if there is none. */
  public @Nullable String header(CharSequence name) {
    return request.getHeader(name);
  }

  /** Returns the values of all lines of a list header, joined with commas, or null. */
  public @Nullable String headerList(CharSequence name) {
    String first = request.getHeader(name);
    if (first == null) {
      return null;
    }
    List<String> lines = request.headers().getAll(name);
    return lines.size() == 1 ? first : String.join(",", lines);
  }

  /**
   * Returns the body's media type in small letters, without parameters; empty if not given. A
   * header that is malformed, or given twice, is returned as it is and so equals no media type.
   */
  public String mediaType() {
    return MediaTypes.bare(headerList(HttpHeaders.CONTENT_TYPE));
  }

  /**
   * Returns the media type, among those that are offered, that the client prefers. The answer says
   * that it depends on the header Accept, for caches.
   */
  public String preferred(MediaTypes offers) {
    header(HttpHeaders.VARY, HttpHeaders.ACCEPT);
    return offers.choose(headerList(HttpHeaders.ACCEPT));
  }

  /**
   * Collects the body. The future fails with a {@link ProblemException}: {@code PAYLOAD_TOO_LARGE},
   * {@code OVERLOADED} or {@code UNSUPPORTED_MEDIA_TYPE}. It never completes if the client closes
   * the connection.
   *
   * @param bytesMax the length of the longest body that is accepted, in bytes
   */
  public Future<byte[]> body(int bytesMax) {
    return body(bytesMax, BODY_COPIES);
  }

  private Future<byte[]> body(int bytesMax, int copies) {
    return new BodyReader(this, bytesMax, copies).read();
  }

  /** Collects a body that must be JSON; see {@link #body}. */
  public Future<byte[]> jsonBody(int bytesMax) {
    if (!mediaType().equals("application/json")) {
      return Future.failedFuture(
          Problem.of(
                  Problem.Kind.UNSUPPORTED_MEDIA_TYPE, "the Content-Type must be application/json")
              .exception());
    }
    return body(bytesMax, JSON_COPIES);
  }

  /**
   * Reserves memory for the request's body from the {@link BodyBudget}; it is released when the
   * exchange is answered.
   *
   * @return false, and nothing is reserved, if too few bytes are left or the exchange is answered
   */
  public boolean tryReserveBodyBytes(long bytes) {
    if (counted || !scope.bodies().tryReserve(bytes, bodyBytes)) {
      return false;
    }
    bodyBytes += bytes;
    return true;
  }

  /** Releases the memory of the request's body early, because the body is no longer held. */
  public void releaseBody() {
    releaseBodyBytes(bodyBytes);
  }

  /** Releases a part of what {@link #tryReserveBodyBytes} reserved, which is no longer held. */
  public void releaseBodyBytes(long bytes) {
    if (!counted) {
      bodyBytes -= bytes;
      scope.bodies().release(bytes);
    }
  }

  /** Returns the budget from which the request's body reserves its memory. */
  public BodyBudget bodies() {
    return scope.bodies();
  }

  /** Called when the server begins to hold the body until all of it has arrived. */
  void collectBody() {
    collectsBody = true;
  }

  /** Whether the server holds the body until all of it has arrived, so that it must come soon. */
  public boolean collectsBody() {
    return collectsBody;
  }

  /** Returns the budget from which a large answer reserves its memory. */
  public AnswerBudget answers() {
    return scope.answers();
  }

  /** Adds a header to the answer. */
  public Exchange header(CharSequence name, CharSequence value) {
    // After an answer to a body that timed out, this one is dropped.
    if (!request.response().headWritten()) {
      request.response().putHeader(name, value);
    }
    return this;
  }

  /**
   * Answers once a future has completed: with {@link #fail} if it failed, or if the handler throws,
   * and else as the handler does.
   *
   * @param result a future that completes on this exchange's event loop
   * @param handler answers with the result
   */
  public <T extends @Nullable Object> void answer(Future<T> result, Consumer<? super T> handler) {
    result.onComplete(
        (value, failure) -> {
          if (failure != null) {
            fail(failure);
            return;
          }
          try {
            handler.accept(value);
          } catch (RuntimeException e) {
            fail(e);
          }
        });
  }

  /** Answers with JSON. */
  public void sendJson(int status, JsonOutput body) {
    send(status, JSON, body.toBuffer());
  }

  /**
   * Answers with a body. The future completes when the body has been written to the connection, or
   * never will be.
   */
  public Future<Void> send(int status, CharSequence mediaType, Buffer body) {
    if (!beginAnswer(status)) {
      return Future.succeededFuture();
    }
    HttpServerResponse response = request.response();
    response.putHeader(HttpHeaders.CONTENT_TYPE, mediaType);
    response.putHeader(NO_SNIFF, NO_SNIFF_VALUE);
    if (isHead()) {
      response.putHeader(HttpHeaders.CONTENT_LENGTH, Integer.toString(body.length()));
    }
    Future<Void> sent = isHead() ? response.end() : response.end(body);
    finish(sent);
    return sent;
  }

  /**
   * Answers with a body that exists already, and counts its memory until it is written.
   *
   * @throws ProblemException {@code OVERLOADED} if other answers hold too much memory
   */
  public void sendCounted(int status, CharSequence mediaType, Buffer body) {
    int bytes = body.length();
    if (!scope.answers().tryReserve(bytes)) {
      throw AnswerBudget.noRoom();
    }
    send(status, mediaType, body).onComplete(sent -> scope.answers().release(bytes));
  }

  /** Answers without a body. */
  public void sendEmpty(int status) {
    if (beginAnswer(status)) {
      finish(request.response().end());
    }
  }

  /**
   * Begins an answer of unknown length, status 200. The caller writes it to {@link #response} and
   * ends it with {@link #endStream}. A HEAD request is answered completely.
   *
   * @return whether a body is to be written
   */
  public boolean beginStream(CharSequence mediaType) {
    return beginStream(mediaType, false);
  }

  /**
   * Begins an answer that is written in pieces.
   *
   * @param hasLength whether the header Content-Length has been set
   * @return whether a body is to be written
   */
  public boolean beginStream(CharSequence mediaType, boolean hasLength) {
    if (!beginAnswer(200, true)) {
      return false;
    }
    HttpServerResponse response = request.response();
    response.putHeader(HttpHeaders.CONTENT_TYPE, mediaType);
    response.putHeader(NO_SNIFF, NO_SNIFF_VALUE);
    if (isHead()) {
      finish(response.end());
      return false;
    }
    response.setChunked(!hasLength);
    return true;
  }

  /** Ends an answer that {@link #beginStream} began. */
  public void endStream() {
    if (!request.response().ended() && !request.response().closed()) {
      finish(request.response().end());
    } else {
      count(CLIENT_GONE);
    }
  }

  /**
   * Sets a hook that runs once when the exchange is answered or the client is gone, whoever
   * answers: a streamed answer may have been overtaken by the answer to a body that timed out.
   */
  public void onAnswered(Runnable hook) {
    answeredHook = hook;
  }

  /** Sets a hook that runs once the body has arrived or is no longer waited for. */
  public void onBodyEnd(Runnable hook) {
    bodyEndHook = hook;
  }

  /** Runs the hook of {@link #onBodyEnd}. The reader of the body calls this at the body's end. */
  public void bodyEnded() {
    Runnable hook = bodyEndHook;
    if (hook != null) {
      bodyEndHook = null;
      hook.run();
    }
  }

  /** Stops reading the body until {@link #resumeInput}. */
  public void pauseInput() {
    if (!inputPaused) {
      inputPaused = true;
      request.pause();
    }
  }

  /** Continues to read the body after {@link #pauseInput}. */
  public void resumeInput() {
    if (inputPaused) {
      inputPaused = false;
      request.resume();
    }
  }

  /** Whether the server has paused the body, so that the client is not to blame for the delay. */
  public boolean isInputPaused() {
    return inputPaused;
  }

  /**
   * Answers with the problem of a failure. If the answer is being streamed already, the problem is
   * written as its last line and the connection is closed without the end of the answer, so that
   * the client cannot take it for complete.
   */
  public void fail(Throwable failure) {
    fail(failure, 0);
  }

  /**
   * Answers with the problem of a failure in one line of the body; see {@link #fail(Throwable)}.
   *
   * @param line the line, counted from 1, or 0
   */
  public void fail(Throwable failure, long line) {
    HttpServerResponse response = request.response();
    if (response.headWritten()) {
      if (!response.ended() && !response.closed()) {
        Problem problem = Problems.of(failure, requestId());
        count(problem.kind().status());
        if (!response.isChunked()) {
          // The problem would pass for the rest of the value.
          Connections.abort(request.connection());
          return;
        }
        Buffer body = problem.write(line, requestId()).endLine().toBuffer();
        response.write(body).onComplete(sent -> request.connection().close());
      }
      count(CLIENT_GONE);
      return;
    }
    Problem problem = Problems.of(failure, requestId());
    ProblemHeaders.add(response, problem.kind());
    response.putHeader(REQUEST_ID, requestId());
    send(problem.kind().status(), Problem.MEDIA_TYPE, problem.write(line, requestId()).toBuffer());
  }

  private boolean beginAnswer(int status) {
    return beginAnswer(status, false);
  }

  private boolean beginAnswer(int status, boolean isStream) {
    HttpServerResponse response = request.response();
    if (response.ended() || response.headWritten() || response.closed()) {
      count(CLIENT_GONE);
      return false;
    }
    if (status != 200) {
      response.setStatusCode(status);
    }
    // A stream may be written while the body is read, as that of an import is.
    closeAfterwards = !isStream && isBodyUnread();
    if (closeAfterwards) {
      Connections.serveNoMore(request.connection());
      response.putHeader(HttpHeaders.CONNECTION, HttpHeaders.CLOSE);
    }
    return true;
  }

  private void finish(Future<Void> sent) {
    count(request.response().getStatusCode());
    if (!closeAfterwards && isBodyUnread()) {
      closeAfterwards = true;
      Connections.serveNoMore(request.connection());
    }
    if (closeAfterwards) {
      sent.onComplete(done -> request.connection().close());
    }
  }

  /** Whether the exchange waits for its body: neither has it arrived nor was it answered. */
  public boolean isBodyPending() {
    return !counted && isBodyUnread() && !request.response().closed();
  }

  private boolean isBodyUnread() {
    return !request.isEnded()
        && (request.headers().contains(HttpHeaders.TRANSFER_ENCODING) || announcesBody());
  }

  private boolean announcesBody() {
    String length = request.getHeader(HttpHeaders.CONTENT_LENGTH);
    return length != null && !length.equals("0");
  }

  /** Counts the exchange under a status and releases its body; later calls do nothing. */
  private void count(int status) {
    if (!counted) {
      counted = true;
      bodyEnded();
      scope.bodies().release(bodyBytes);
      bodyBytes = 0;
      scope.recorder().ended(endpoint.operation(), status, System.nanoTime() - startNanos);
      Runnable hook = answeredHook;
      if (hook != null) {
        answeredHook = null;
        hook.run();
      }
    }
  }

  /**
   * Tells the client that it may send the body, if it waits for that: with {@code Expect:
   * 100-continue}, which HTTP/1.0 does not have.
   */
  public void continueIfExpected() {
    if (request.headers().contains(HttpHeaders.EXPECT)
        && request.version() == HttpVersion.HTTP_1_1) {
      request.response().writeContinue();
    }
  }

  /**
   * Ends the exchange because its body will not arrive: answers with the problem if the body is
   * malformed, and not at all if the client has closed the connection.
   *
   * @param cause what the request's exception handler was given
   */
  public void failBody(Throwable cause) {
    if (cause instanceof ProblemException) {
      fail(cause);
    } else {
      count(CLIENT_GONE);
    }
  }
}
