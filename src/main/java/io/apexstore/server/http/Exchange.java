package io.apexstore.server.http;

import io.apexstore.server.http.json.JsonOutput;
import io.netty.util.AsciiString;
import io.vertx.core.Future;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.HttpServerResponse;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * One request and its answer.
 *
 * <p><b>Threads:</b> confined to the request's event loop. <b>Invariants:</b> it is answered once;
 * what comes after that is dropped. Each answer is counted once.
 */
public final class Exchange {
  /** The media type of JSON. */
  public static final CharSequence JSON = AsciiString.cached("application/json");

  /** The media type of newline-delimited JSON. */
  public static final CharSequence NDJSON = AsciiString.cached("application/x-ndjson");

  /** The media type of bytes as they are. */
  public static final CharSequence BYTES = AsciiString.cached("application/octet-stream");

  private static final CharSequence NO_SNIFF = AsciiString.cached("X-Content-Type-Options");
  private static final CharSequence NO_SNIFF_VALUE = AsciiString.cached("nosniff");
  private static final CharSequence REQUEST_ID = AsciiString.cached("X-Request-Id");
  private static final int LINGER_MS = 2_000;

  /** Counted, never sent, where the client goes away before its answer ends. */
  private static final int CLIENT_GONE = 499;

  private final HttpServerRequest request;
  private final Endpoint endpoint;
  private final ExchangeScope scope;
  private final long startNanos = System.nanoTime();

  private @Nullable String requestId;
  private @Nullable Query query;
  private long bodyBytesTaken;
  private @Nullable Runnable bodyEndHook;
  private boolean held;
  private boolean closeAfterwards;
  private boolean ended;

  /** Makes the exchange of a request that an endpoint will answer. */
  public Exchange(HttpServerRequest request, Endpoint endpoint, ExchangeScope scope) {
    this.request = request;
    this.endpoint = endpoint;
    this.scope = scope;
  }

  /** Returns when the request's head was there, on the clock of {@link System#nanoTime}. */
  public long startNanos() {
    return startNanos;
  }

  /** Returns the request. */
  public HttpServerRequest request() {
    return request;
  }

  /** Returns the response, for what streams its answer. */
  public HttpServerResponse response() {
    return request.response();
  }

  /** Returns the endpoint that answers. */
  public Endpoint endpoint() {
    return endpoint;
  }

  /** Whether only the head of the answer is asked for. */
  public boolean isHead() {
    return request.method().equals(HttpMethod.HEAD);
  }

  /** Returns the request's name. */
  public String requestId() {
    String id = requestId;
    if (id == null) {
      id = scope.requestIds().of(request.getHeader(REQUEST_ID));
      requestId = id;
    }
    return id;
  }

  /**
   * Returns the query's parameters, all of which the operation takes.
   *
   * @throws ProblemException if the query is malformed or has a parameter of another name
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
   * Checks the query of an operation that may not look at it.
   *
   * @throws ProblemException as {@link #query} does
   */
  public void checkQuery() {
    if (request.query() != null) {
      query();
    }
  }

  /** Returns the exact bytes of the path's segment, counted from 0. */
  public byte[] pathSegment(int index) {
    String path = Objects.requireNonNull(request.path());
    int from = 1;
    for (int i = 0; i < index; i++) {
      from = path.indexOf('/', from) + 1;
    }
    int end = path.indexOf('/', from);
    return PercentCoding.decode(path, from, end < 0 ? path.length() : end, false);
  }

  /** Returns a header's value, or null. */
  public @Nullable String header(CharSequence name) {
    return request.getHeader(name);
  }

  /** Returns all lines of a header that is a list, with commas between them, or null. */
  public @Nullable String headerList(CharSequence name) {
    List<String> lines = request.headers().getAll(name);
    return lines.isEmpty() ? null : String.join(",", lines);
  }

  /** Returns the body's media type in small letters, without parameters, or an empty text. */
  public String mediaType() {
    return MediaTypes.bare(request.getHeader(HttpHeaders.CONTENT_TYPE));
  }

  /** Whether the client names the media type among those it takes. */
  public boolean accepts(String mediaType) {
    return MediaTypes.accepts(request.getHeader(HttpHeaders.ACCEPT), mediaType);
  }

  /**
   * Collects the body. The future fails with a {@link ProblemException}, and does not complete
   * where the client goes away.
   *
   * @param bytesMax the longest that is accepted
   */
  public Future<byte[]> body(int bytesMax) {
    return new BodyReader(this, bytesMax).read();
  }

  /** Collects a body of JSON; see {@link #body}. */
  public Future<byte[]> jsonBody(int bytesMax) {
    if (!mediaType().equals("application/json")) {
      return Future.failedFuture(
          Problem.of(
                  Problem.Kind.UNSUPPORTED_MEDIA_TYPE, "the Content-Type must be application/json")
              .exception());
    }
    return body(bytesMax);
  }

  /**
   * Counts bytes that are held for this exchange against those of all; they are given back when it
   * has ended.
   *
   * @return false if there is no room; nothing is counted then
   */
  public boolean takeBodyBytes(long bytes) {
    if (!scope.bodies().tryTake(bytes)) {
      return false;
    }
    bodyBytesTaken += bytes;
    return true;
  }

  /** Returns what bounds the bodies in memory, for an answer that counts what it holds itself. */
  public BodyBudget bodies() {
    return scope.bodies();
  }

  /** Adds a header to the answer. */
  public Exchange header(CharSequence name, CharSequence value) {
    request.response().putHeader(name, value);
    return this;
  }

  /** Answers with JSON. */
  public void sendJson(int status, JsonOutput body) {
    send(status, JSON, body.toBuffer());
  }

  /** Answers with a body; the future completes once that is out, or will never be. */
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

  /** Answers without a body. */
  public void sendEmpty(int status) {
    if (beginAnswer(status)) {
      finish(request.response().end());
    }
  }

  /**
   * Begins an answer of unknown length, which the caller writes to {@link #response} and ends with
   * {@link #endStream}; of a HEAD request the whole answer.
   *
   * @return whether there is something to write
   */
  public boolean beginStream(CharSequence mediaType) {
    if (!beginAnswer(200)) {
      return false;
    }
    HttpServerResponse response = request.response();
    response.putHeader(HttpHeaders.CONTENT_TYPE, mediaType);
    response.putHeader(NO_SNIFF, NO_SNIFF_VALUE);
    if (isHead()) {
      finish(response.end());
      return false;
    }
    response.setChunked(true);
    return true;
  }

  /** Ends an answer that was begun with {@link #beginStream}. */
  public void endStream() {
    if (!request.response().ended() && !request.response().closed()) {
      finish(request.response().end());
    } else {
      count(CLIENT_GONE);
    }
  }

  /** Sets what is called when the body has arrived, or nobody waits for it any more. */
  public void whenBodyEnds(Runnable hook) {
    bodyEndHook = hook;
  }

  /** To be called by whoever reads the body, when it has arrived or its client is gone. */
  public void bodyEnded() {
    Runnable hook = bodyEndHook;
    if (hook != null) {
      bodyEndHook = null;
      hook.run();
    }
  }

  /** Stops reading the body until {@link #releaseInput}. */
  public void holdInput() {
    if (!held) {
      held = true;
      request.pause();
    }
  }

  /** Reads on. */
  public void releaseInput() {
    if (held) {
      held = false;
      request.resume();
    }
  }

  /** Whether the body is not read because the server has still to do with what it has. */
  public boolean inputHeld() {
    return held;
  }

  /**
   * Answers with what went wrong. An answer that streams already gets it as its last line, and then
   * breaks off, so that nobody takes it for whole.
   */
  public void fail(Throwable failure) {
    fail(failure, 0);
  }

  /** Answers with what went wrong in a line of the body; see {@link #fail(Throwable)}. */
  public void fail(Throwable failure, long line) {
    HttpServerResponse response = request.response();
    if (response.headWritten()) {
      if (!response.ended() && !response.closed()) {
        Problem problem = Problems.of(failure, requestId());
        count(problem.kind().status());
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

  /** Ends an answer that streams with what went wrong as its last line. */
  public void endStreamWithProblem(Throwable failure, long line) {
    HttpServerResponse response = request.response();
    if (!response.ended() && !response.closed()) {
      Problem problem = Problems.of(failure, requestId());
      count(problem.kind().status());
      response.write(problem.write(line, requestId()).endLine().toBuffer());
    }
    endStream();
  }

  private boolean beginAnswer(int status) {
    HttpServerResponse response = request.response();
    if (response.ended() || response.headWritten() || response.closed()) {
      count(CLIENT_GONE);
      return false;
    }
    if (status != 200) {
      response.setStatusCode(status);
    }
    closeAfterwards = bodyIsUnread();
    if (closeAfterwards) {
      response.putHeader(HttpHeaders.CONNECTION, HttpHeaders.CLOSE);
    }
    return true;
  }

  private void finish(Future<Void> sent) {
    count(request.response().getStatusCode());
    if (closeAfterwards) {
      // Closing at once would throw away the answer together with what the client still sends.
      sent.onComplete(
          done -> {
            request.resume();
            scope.vertx().setTimer(LINGER_MS, timer -> request.connection().close());
          });
    }
  }

  /** Whether the body is waited for: it has not arrived whole, and no answer was given yet. */
  public boolean hasBodyToCome() {
    return !ended && bodyIsUnread() && !request.response().closed();
  }

  private boolean bodyIsUnread() {
    return !request.isEnded()
        && (request.headers().contains(HttpHeaders.TRANSFER_ENCODING) || announcesBody());
  }

  private boolean announcesBody() {
    String length = request.getHeader(HttpHeaders.CONTENT_LENGTH);
    return length != null && !length.equals("0");
  }

  /** Counts the exchange, the first time, under a status. */
  private void count(int status) {
    if (!ended) {
      ended = true;
      bodyEnded();
      scope.bodies().giveBack(bodyBytesTaken);
      bodyBytesTaken = 0;
      scope.recorder().ended(endpoint.operation(), status, System.nanoTime() - startNanos);
    }
  }

  /** Lets go of what the exchange holds; called when the client is gone. */
  void abandon() {
    count(CLIENT_GONE);
  }
}
