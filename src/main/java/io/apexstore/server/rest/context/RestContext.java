package io.apexstore.server.rest.context;

import io.apexstore.ApexStore;
import io.apexstore.server.http.Exchange;
import io.apexstore.server.http.Problem;
import io.apexstore.server.http.Query;
import io.apexstore.vertx.IoPool;
import io.apexstore.vertx.StoreHost;
import io.apexstore.vertx.WriteGateway;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.http.HttpMethod;
import java.util.Set;
import java.util.concurrent.Callable;

/**
 * What the REST routes of one event loop work with.
 *
 * @param vertx the event loop's Vert.x
 * @param host the store and its threads, shared by all event loops
 * @param gateway takes the writes of this event loop
 * @param keyspaces finds keyspaces by name
 * @param limits the configured limits
 * @param streams the open streams of all event loops
 */
public record RestContext(
    Vertx vertx,
    StoreHost host,
    WriteGateway gateway,
    KeyspaceLookup keyspaces,
    RestLimits limits,
    OpenStreams streams) {

  /** Returns the store. Its blocking calls must not be made on an event loop. */
  public ApexStore store() {
    return host.store();
  }

  /** Returns the pool for calls that may block. */
  public IoPool io() {
    return host.io();
  }

  /**
   * Returns the parameters of a request: those in its query or, if it is a POST, those in its JSON
   * body, where they may have any length.
   */
  public Future<Query> parameters(Exchange exchange) {
    if (!exchange.request().method().equals(HttpMethod.POST)) {
      return Future.succeededFuture(exchange.query());
    }
    if (!exchange.query().isEmpty()) {
      throw Problem.of(
              Problem.Kind.MALFORMED_REQUEST,
              "a POST of this operation has its parameters in the body, not in the query")
          .exception();
    }
    Set<String> allowed = exchange.endpoint().operation().parameters();
    return exchange
        .jsonBody(limits.jsonBytesMax())
        .compose(body -> parse(body, () -> Query.parseJson(body, allowed)))
        .map(
            query -> {
              exchange.releaseBody();
              return query;
            });
  }

  /**
   * Parses a body: here, on the event loop, if it is at most {@link RestLimits#LOOP_BYTES_MAX}
   * long, and else on the I/O pool.
   *
   * @param parser parses it; what it throws fails the future
   */
  public <T> Future<T> parse(byte[] body, Callable<T> parser) {
    if (body.length > RestLimits.LOOP_BYTES_MAX) {
      return io().run(parser);
    }
    try {
      return Future.succeededFuture(parser.call());
    } catch (Exception e) {
      return Future.failedFuture(e);
    }
  }
}
