package io.apexstore.server.rest.admin;

import io.apexstore.server.http.Endpoint;
import io.apexstore.server.http.Exchange;
import io.apexstore.server.operation.Operation;
import io.apexstore.server.rest.context.RestContext;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpMethod;
import java.util.List;

/** {@code GET /metrics}: the figures for Prometheus. */
public final class MetricsRoute implements Endpoint.Group {
  private static final String MEDIA_TYPE = "text/plain; version=0.0.4; charset=utf-8";

  private final RestContext context;

  public MetricsRoute(RestContext context) {
    this.context = context;
  }

  @Override
  public List<Endpoint> endpoints() {
    return List.of(new Endpoint(HttpMethod.GET, "/metrics", Operation.METRICS, this::answer));
  }

  private void answer(Exchange exchange) {
    context
        .host()
        .io()
        .run(() -> context.shared().prometheus().get().scrape(context.host().store().stats()))
        .onComplete(
            (page, failure) -> {
              if (failure != null) {
                exchange.fail(failure);
              } else {
                exchange.send(200, MEDIA_TYPE, Buffer.buffer(page));
              }
            });
  }
}
