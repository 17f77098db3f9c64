package io.apexstore.server.http;

import io.apexstore.server.operation.Operation;
import io.vertx.core.Handler;
import io.vertx.core.http.HttpMethod;
import java.util.List;

/**
 * A route: one method of one path, bound to the operation that it calls. A GET route answers HEAD,
 * too.
 *
 * @param method the method
 * @param template the path; {@code {key}} matches one segment of any bytes, percent-encoded
 * @param operation the operation; it determines who may call and with which query parameters
 * @param handler answers the exchange; called on its event loop
 */
public record Endpoint(
    HttpMethod method, String template, Operation operation, Handler<Exchange> handler) {

  /** A feature of the server: a group of routes. */
  public interface Group {
    /** Returns the routes. */
    List<Endpoint> endpoints();
  }
}
