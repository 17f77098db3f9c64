package io.apexstore.server.rest.feed;

import io.apexstore.server.http.Endpoint;
import io.apexstore.server.http.Exchange;
import io.apexstore.server.operation.Operation;
import io.apexstore.server.rest.context.RestContext;
import io.vertx.core.http.HttpMethod;
import java.util.List;

/**
 * {@code GET /changes} and {@code POST /changes}: the change feed, as server-sent events, as lines
 * of JSON, or a page at a time.
 */
public final class ChangeRoutes implements Endpoint.Group {
  private final RestContext context;

  /** Creates the route. */
  public ChangeRoutes(RestContext context) {
    this.context = context;
  }

  @Override
  public List<Endpoint> endpoints() {
    return List.of(
        new Endpoint(HttpMethod.GET, "/changes", Operation.CHANGES, this::changes),
        new Endpoint(HttpMethod.POST, "/changes", Operation.CHANGES, this::changes));
  }

  private void changes(Exchange exchange) {
    exchange.answer(
        context.parameters(exchange),
        parameters -> start(exchange, ChangeRequest.of(exchange, parameters)));
  }

  private void start(Exchange exchange, ChangeRequest request) {
    if (request.format() == ChangeRequest.Format.JSON) {
      new ChangePage(context, exchange, request).start();
    } else {
      new ChangePump(context, exchange, request).start();
    }
  }
}
