package io.apexstore.server.rest.scan;

import io.apexstore.ApexStore;
import io.apexstore.Cursor;
import io.apexstore.Keyspace;
import io.apexstore.server.http.AnswerBudget;
import io.apexstore.server.http.Endpoint;
import io.apexstore.server.http.Exchange;
import io.apexstore.server.http.MediaTypes;
import io.apexstore.server.http.json.JsonOutput;
import io.apexstore.server.operation.Operation;
import io.apexstore.server.rest.body.BudgetedBody;
import io.apexstore.server.rest.body.BudgetedOutput;
import io.apexstore.server.rest.body.EntryJson;
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

  private static final int PAGE_BYTES = 4 << 20;

  /** Upper bound on the end of a page besides the cursor. */
  private static final int PAGE_END_BYTES = 48;

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
    AnswerBudget budget = exchange.answers();
    NextPage next = NextPage.of(exchange, path.of(exchange) + "/scan");
    exchange.answer(
        context
            .parameters(exchange)
            .map(parameters -> ScanRequest.page(context.store(), parameters))
            .compose(
                request ->
                    context.io().run(() -> page(context.store(), keyspace, request, next, budget))),
        page -> page.send(exchange, Exchange.JSON));
  }

  private static BudgetedBody page(
      ApexStore store, Keyspace keyspace, ScanRequest request, NextPage next, AnswerBudget budget) {
    try (BudgetedOutput out = new BudgetedOutput(budget)) {
      JsonOutput json = out.json().beginObject().name("entries").beginArray();
      byte[] last = null;
      boolean more = false;
      if (!request.isEmpty()) {
        try (Cursor cursor = request.open(store, keyspace)) {
          long count = 0;
          while (cursor.next()) {
            byte[] key = cursor.key();
            if (count == request.limit()
                || out.length() > PAGE_BYTES
                || !EntryJson.tryWrite(out, key, cursor, request.options().keysOnly())) {
              more = true;
              break;
            }
            last = key;
            count++;
          }
        }
      }
      json.endArray();
      if (more) {
        if (last == null) {
          throw AnswerBudget.noRoom();
        }
        String cursor = ScanRequest.cursorAfter(last);
        out.reserve(PAGE_END_BYTES + cursor.length() + next.post().length());
        json.name("cursor").string(cursor);
        String post = next.forCursor(cursor);
        if (post != null) {
          json.name("next").string(post);
        }
      }
      json.endObject();
      return out.take();
    }
  }

  private void stream(Exchange exchange) {
    Keyspace keyspace = path.keyspace(exchange);
    exchange.answer(
        context
            .parameters(exchange)
            .map(parameters -> ScanRequest.stream(context.store(), parameters)),
        request -> {
          EntryStream stream =
              new EntryStream(context.store(), keyspace, request, exchange.answers());
          new StreamPump(context, exchange, stream).start();
        });
  }
}
