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

/** {@code POST /keys/import}: stores any number of lines {@code {"key": …, "value": …}}. */
public final class ImportRoute implements Endpoint.Group {
  private static final Set<String> MEDIA_TYPES =
      Set.of("application/x-ndjson", "application/ndjson", "application/jsonl");

  private final RestContext context;
  private final KeyPath path;

  /** Creates the route. */
  public ImportRoute(RestContext context, KeyPath path) {
    this.context = context;
    this.path = path;
  }

  @Override
  public List<Endpoint> endpoints() {
    return List.of(
        new Endpoint(
            HttpMethod.POST, path.base() + "/import", Operation.IMPORT, this::importLines));
  }

  private void importLines(Exchange exchange) {
    Preconditions.refuseOnWrite(exchange, "an import replaces every value that exists");
    if (!MEDIA_TYPES.contains(exchange.mediaType())) {
      throw Problem.of(
              Problem.Kind.UNSUPPORTED_MEDIA_TYPE, "the Content-Type must be application/x-ndjson")
          .exception();
    }
    String encoding = exchange.header(HttpHeaderNames.CONTENT_ENCODING);
    if (encoding != null && !encoding.equalsIgnoreCase("identity")) {
      throw Problem.of(Problem.Kind.UNSUPPORTED_MEDIA_TYPE, "compressed bodies are not supported")
          .exception();
    }
    new ImportSession(context, exchange, path.keyspace(exchange)).start();
  }
}
