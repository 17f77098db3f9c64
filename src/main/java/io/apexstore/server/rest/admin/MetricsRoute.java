package io.apexstore.server.rest.admin;

import io.apexstore.server.http.Endpoint;
import io.apexstore.server.http.Exchange;
import io.apexstore.server.operation.Operation;
import io.apexstore.server.rest.context.RestContext;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpMethod;
import java.util.List;

/** {@code GET /metrics}: the metrics for Prometheus. */
public final class MetricsRoute implements Endpoint.Group {
  private static final String MEDIA_TYPE = "text/plain; version=0.0.4; charset=utf-8";

  private final RestContext context;
  private final ServerInfo info;

  /** Creates the route. */
  public MetricsRoute(RestContext context, ServerInfo info) {
    this.context = context;
    this.info = info;
  }

  @Override
  public List<Endpoint> endpoints() {
    return List.of(new Endpoint(HttpMethod.GET, "/metrics", Operation.METRICS, this::metrics));
  }

  private void metrics(Exchange exchange) {
    exchange.answer(
        context.io().run(() -> info.prometheus().get().scrape(context.store().stats())),
        page -> exchange.send(200, MEDIA_TYPE, Buffer.buffer(page)));
  }
}
