package io.apexstore.server.http;

import io.netty.handler.codec.http.HttpHeaderNames;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpServerResponse;

/** The response headers by which a program can react to a kind of problem. */
final class ProblemHeaders {
  private static final String RETRY_AFTER_S = "1";

  private ProblemHeaders() {}

  static void add(HttpServerResponse response, Problem.Kind kind) {
    switch (kind) {
      case UNAUTHORIZED -> response.putHeader(HttpHeaderNames.WWW_AUTHENTICATE, "Bearer");
      case OVERLOADED, READ_FAILED, STORAGE_UNAVAILABLE, UNAVAILABLE ->
          response.putHeader(HttpHeaders.RETRY_AFTER, RETRY_AFTER_S);
      default -> {}
    }
  }
}
