package io.apexstore.server.rest.scan;

import io.apexstore.Keyspace;
import io.apexstore.server.http.Endpoint;
import io.apexstore.server.http.Exchange;
import io.apexstore.server.http.MediaTypes;
import io.apexstore.server.operation.Operation;
import io.apexstore.server.rest.context.AnswerPump;
import io.apexstore.server.rest.context.KeyPath;
import io.apexstore.server.rest.context.RestContext;
import io.vertx.core.http.HttpMethod;
import java.util.ArrayList;
import java.util.List;

/**
 * Ranges of keys: a page as JSON, or the whole range as a stream of lines.
 *
 * <p>A page ends after its number of entries, after 4 MiB, or when the answer budget has no room
 * for the next entry. If keys are left, it has a cursor: its last key. The next page reads the
 * newest version after that key, so a cursor outlives a restart.
 */
public final class ScanRoutes implements Endpoint.Group {
  private static final String NDJSON = "application/x-ndjson";
  private static final MediaTypes MEDIA_TYPES = MediaTypes.of("application/json", NDJSON);

  private final RestContext context;
  private final KeyPath path;
  private final List<String> scanPaths;

  /**
   * Creates the routes.
   *
   * @param scanPaths the paths that answer a scan
   */
  public ScanRoutes(RestContext context, KeyPath path, List<String> scanPaths) {
    this.context = context;
    this.path = path;
    this.scanPaths = scanPaths;
  }

  @Override
  public List<Endpoint> endpoints() {
    List<Endpoint> endpoints = new ArrayList<>();
    for (String scanPath : scanPaths) {
      endpoints.add(new Endpoint(HttpMethod.GET, scanPath, Operation.SCAN, this::scan));
    }
    endpoints.add(new Endpoint(HttpMethod.POST, path.base() + "/scan", Operation.SCAN, this::scan));
    for (HttpMethod method : List.of(HttpMethod.GET, HttpMethod.POST)) {
      endpoints.add(new Endpoint(method, path.base() + "/export", Operation.EXPORT, this::stream));
    }
    return endpoints;
  }

  private void scan(Exchange exchange) {
    if (exchange.preferred(MEDIA_TYPES).equals(NDJSON)) {
      stream(exchange);
      return;
    }
    Keyspace keyspace = path.keyspace(exchange);
    NextPage next = NextPage.of(exchange, path.of(exchange) + "/scan");
    exchange.answer(
        context
            .parameters(exchange)
            .map(parameters -> ScanRequest.page(context.store(), parameters)),
        request ->
            answer(
                exchange, Exchange.JSON, new ScanPieces(context.store(), keyspace, request, next)));
  }

  private void stream(Exchange exchange) {
    Keyspace keyspace = path.keyspace(exchange);
    exchange.answer(
        context
            .parameters(exchange)
            .map(parameters -> ScanRequest.stream(context.store(), parameters)),
        request ->
            answer(
                exchange,
                Exchange.NDJSON,
                new ScanPieces(context.store(), keyspace, request, null)));
  }

  private void answer(Exchange exchange, CharSequence mediaType, ScanPieces pieces) {
    new AnswerPump(context, exchange, mediaType, pieces).start();
  }
}
