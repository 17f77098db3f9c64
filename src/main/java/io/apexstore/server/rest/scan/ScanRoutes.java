package io.apexstore.server.rest.scan;

import io.apexstore.ApexStore;
import io.apexstore.Cursor;
import io.apexstore.Keyspace;
import io.apexstore.server.http.Endpoint;
import io.apexstore.server.http.Exchange;
import io.apexstore.server.http.json.JsonOutput;
import io.apexstore.server.operation.Operation;
import io.apexstore.server.rest.context.KeyPath;
import io.apexstore.server.rest.context.RestContext;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpMethod;
import java.util.ArrayList;
import java.util.List;

/**
 * Ranges of keys: a page as JSON, or all of it as a stream of lines.
 *
 * <p>A page ends after its number of entries, or once it is long, and then has a cursor: the last
 * key. The next page reads the newest version from behind that key, so it outlives a restart.
 */
public final class ScanRoutes implements Endpoint.Group {
  private static final int PAGE_BYTES = 4 << 20;

  private final RestContext context;
  private final KeyPath place;
  private final List<String> paths;

  public ScanRoutes(RestContext context, KeyPath place, List<String> paths) {
    this.context = context;
    this.place = place;
    this.paths = paths;
  }

  @Override
  public List<Endpoint> endpoints() {
    List<Endpoint> endpoints = new ArrayList<>();
    for (String path : paths) {
      endpoints.add(new Endpoint(HttpMethod.GET, path, Operation.SCAN, this::scan));
    }
    endpoints.add(
        new Endpoint(HttpMethod.GET, place.base() + "/export", Operation.EXPORT, this::stream));
    return endpoints;
  }

  private void scan(Exchange exchange) {
    if (exchange.accepts("application/x-ndjson")) {
      stream(exchange);
      return;
    }
    Keyspace keyspace = place.keyspace(exchange);
    ScanRequest request = ScanRequest.page(exchange.query());
    context
        .host()
        .io()
        .run(() -> page(context.host().store(), keyspace, request))
        .onComplete(
            (page, failure) -> {
              if (failure != null) {
                exchange.fail(failure);
              } else {
                exchange.send(200, Exchange.JSON, page);
              }
            });
  }

  private static Buffer page(ApexStore store, Keyspace keyspace, ScanRequest request) {
    JsonOutput out = new JsonOutput(8 << 10).beginObject().name("entries").beginArray();
    byte[] last = null;
    boolean more = false;
    if (!request.isEmpty()) {
      try (Cursor cursor = request.open(store, keyspace)) {
        long count = 0;
        while (cursor.next()) {
          if (count == request.limit() || out.length() > PAGE_BYTES) {
            more = true;
            break;
          }
          last = cursor.key();
          EntryStream.write(out, last, cursor, request.options().keysOnly());
          count++;
        }
      }
    }
    out.endArray();
    if (more && last != null) {
      out.name("cursor").string(ScanRequest.cursorBehind(last));
    }
    return out.endObject().toBuffer();
  }

  private void stream(Exchange exchange) {
    Keyspace keyspace = place.keyspace(exchange);
    ScanRequest request = ScanRequest.stream(exchange.query());
    new StreamPump(context, exchange, new EntryStream(context.host().store(), keyspace, request))
        .start();
  }
}
