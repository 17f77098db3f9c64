package io.apexstore.server.http;

import io.vertx.core.Handler;
import io.vertx.core.http.HttpMethod;
import java.util.List;

/**
 * One method of one route. Where there is a GET there is a HEAD as well.
 *
 * @param method the method
 * @param template the path; {@code {key}} stands for one segment with any bytes, percent-encoded
 * @param access what it asks of the caller
 * @param operation the name under which its requests are counted
 * @param handler answers; called on the event loop
 */
public record Endpoint(
    HttpMethod method,
    String template,
    Access access,
    String operation,
    Handler<Exchange> handler) {

  /** A feature of the server: some endpoints. */
  public interface Group {
    /** Returns the endpoints. */
    List<Endpoint> endpoints();
  }
}
