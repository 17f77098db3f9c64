package io.apexstore.server.rest.key;

import io.apexstore.WriteBatch;
import io.apexstore.options.SyncMode;
import io.apexstore.server.http.Endpoint;
import io.apexstore.server.http.Exchange;
import io.apexstore.server.http.json.JsonOutput;
import io.apexstore.server.operation.Operation;
import io.apexstore.server.rest.context.Preconditions;
import io.apexstore.server.rest.context.RestContext;
import io.vertx.core.http.HttpMethod;
import java.util.List;

/**
 * {@code POST /keys/batch}: commits writes to one or several keyspaces atomically; see {@link
 * BatchRequest} for the body.
 */
public final class BatchRoute implements Endpoint.Group {
  private final RestContext context;

  /** Creates the route. */
  public BatchRoute(RestContext context) {
    this.context = context;
  }

  @Override
  public List<Endpoint> endpoints() {
    return List.of(new Endpoint(HttpMethod.POST, "/keys/batch", Operation.BATCH, this::commit));
  }

  private void commit(Exchange exchange) {
    Preconditions.refuseOnWrite(exchange, "give conditions in the body");
    SyncMode atLeast = Preconditions.durability(exchange);
    WriteBatch batch = context.store().newBatch();
    BatchRequest reader = new BatchRequest(context.keyspaces(), batch);
    exchange.answer(
        exchange
            .jsonBody(context.limits().jsonBytesMax())
            .compose(body -> context.parse(body, () -> reader.read(body)))
            .compose(read -> context.gateway().write(read, atLeast)),
        version -> {
          JsonOutput out = new JsonOutput(64).beginObject().name("version").number(version);
          exchange.sendJson(200, out.name("operations").number(batch.size()).endObject());
        });
  }
}
