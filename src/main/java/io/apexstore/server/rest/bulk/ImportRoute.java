package io.apexstore.server.rest.bulk;

import io.apexstore.server.http.Endpoint;
import io.apexstore.server.http.Exchange;
import io.apexstore.server.http.Problem;
import io.apexstore.server.operation.Operation;
import io.apexstore.server.rest.context.KeyPath;
import io.apexstore.server.rest.context.Preconditions;
import io.apexstore.server.rest.context.RestContext;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.vertx.core.http.HttpMethod;
import java.util.List;
import java.util.Set;

/** {@code POST /keys/import}: lines of {@code {"key", "value"}}, of any number. */
public final class ImportRoute implements Endpoint.Group {
  private static final Set<String> MEDIA_TYPES =
      Set.of("application/x-ndjson", "application/ndjson", "application/jsonl");

  private final RestContext context;
  private final KeyPath place;

  public ImportRoute(RestContext context, KeyPath place) {
    this.context = context;
    this.place = place;
  }

  @Override
  public List<Endpoint> endpoints() {
    return List.of(
        new Endpoint(HttpMethod.POST, place.base() + "/import", Operation.IMPORT, this::handle));
  }

  private void handle(Exchange exchange) {
    Preconditions.refuseOnWrite(exchange, "an import stores whatever was there before");
    if (!MEDIA_TYPES.contains(exchange.mediaType())) {
      throw Problem.of(
              Problem.Kind.UNSUPPORTED_MEDIA_TYPE, "the Content-Type must be application/x-ndjson")
          .exception();
    }
    String encoding = exchange.header(HttpHeaderNames.CONTENT_ENCODING);
    if (encoding != null && !encoding.equalsIgnoreCase("identity")) {
      throw Problem.of(Problem.Kind.UNSUPPORTED_MEDIA_TYPE, "compressed bodies are not accepted")
          .exception();
    }
    new ImportSession(context, exchange, place.keyspace(exchange)).start();
  }
}
