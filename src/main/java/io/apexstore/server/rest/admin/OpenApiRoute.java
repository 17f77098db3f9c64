package io.apexstore.server.rest.admin;

import io.apexstore.server.http.Endpoint;
import io.apexstore.server.http.Exchange;
import io.apexstore.server.operation.Operation;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpMethod;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.List;

/** {@code GET /openapi.json}: the description of every route, as OpenAPI 3.1. */
public final class OpenApiRoute implements Endpoint.Group {
  private static final Buffer DOCUMENT = load();

  @Override
  public List<Endpoint> endpoints() {
    return List.of(
        new Endpoint(
            HttpMethod.GET,
            "/openapi.json",
            Operation.OPENAPI,
            exchange -> exchange.send(200, Exchange.JSON, DOCUMENT)));
  }

  private static Buffer load() {
    try (InputStream in = OpenApiRoute.class.getResourceAsStream("openapi.json")) {
      if (in == null) {
        throw new IllegalStateException("the class path does not have openapi.json");
      }
      return Buffer.buffer(in.readAllBytes());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
