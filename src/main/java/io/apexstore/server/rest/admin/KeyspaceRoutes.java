package io.apexstore.server.rest.admin;

import io.apexstore.ApexStore;
import io.apexstore.Keyspace;
import io.apexstore.options.KeyspaceOptions;
import io.apexstore.server.http.Endpoint;
import io.apexstore.server.http.Exchange;
import io.apexstore.server.http.Problem;
import io.apexstore.server.http.Quoted;
import io.apexstore.server.http.json.JsonOutput;
import io.apexstore.server.operation.Operation;
import io.apexstore.server.rest.context.KeyspaceLookup;
import io.apexstore.server.rest.context.RestContext;
import io.vertx.core.Future;
import io.vertx.core.http.HttpMethod;
import java.nio.charset.StandardCharsets;
import java.util.List;

/** Keyspaces: list, describe, create, change and drop. */
public final class KeyspaceRoutes implements Endpoint.Group {
  private static final String KEYSPACES = "/keyspaces";
  private static final String KEYSPACE = KEYSPACES + "/{name}";

  private final RestContext context;
  private final ApexStore store;
  private final KeyspaceLookup keyspaces;

  /** Creates the routes. */
  public KeyspaceRoutes(RestContext context) {
    this.context = context;
    this.store = context.store();
    this.keyspaces = context.keyspaces();
  }

  @Override
  public List<Endpoint> endpoints() {
    return List.of(
        new Endpoint(HttpMethod.GET, KEYSPACES, Operation.KEYSPACE_LIST, this::list),
        new Endpoint(HttpMethod.GET, KEYSPACE, Operation.KEYSPACE_GET, this::get),
        new Endpoint(HttpMethod.PUT, KEYSPACE, Operation.KEYSPACE_PUT, this::put),
        new Endpoint(HttpMethod.DELETE, KEYSPACE, Operation.KEYSPACE_DROP, this::drop));
  }

  private void list(Exchange exchange) {
    JsonOutput out = new JsonOutput(256).beginObject().name("keyspaces").beginArray();
    for (String name : store.keyspaceNames()) {
      Keyspace keyspace = store.existingKeyspace(name);
      if (keyspace != null) { // Else it has just been dropped.
        describe(out, keyspace);
      }
    }
    exchange.sendJson(200, out.endArray().endObject());
  }

  private void get(Exchange exchange) {
    send(exchange, keyspaces.existing(name(exchange)));
  }

  private void drop(Exchange exchange) {
    String name = keyspaces.existing(name(exchange)).name();
    exchange.answer(
        context.io().run(() -> store.dropKeyspace(name)),
        dropped -> {
          if (!dropped) { // Another request has just dropped it.
            throw KeyspaceLookup.notFound(name).exception();
          }
          exchange.sendEmpty(204);
        });
  }

  /**
   * Creates the keyspace if it does not exist. With a body, the keyspace has exactly the body's
   * options afterwards; without one, an existing keyspace keeps its options.
   */
  private void put(Exchange exchange) {
    String name = name(exchange);
    if (!KeyspaceLookup.isLegalName(name)) {
      throw Problem.of(
              Problem.Kind.MALFORMED_REQUEST,
              "a keyspace's name is 1 to 64 letters, digits, dots, dashes and underscores, the"
                  + " first one a letter or digit; not "
                  + Quoted.of(name))
          .exception();
    }
    String type = exchange.mediaType();
    exchange.answer(
        exchange
            .body(context.limits().jsonBytesMax())
            .compose(body -> createOrChange(name, body, type)),
        keyspace -> send(exchange, keyspace));
  }

  private Future<Keyspace> createOrChange(String name, byte[] body, String type) {
    if (body.length == 0 && type.isEmpty()) {
      return context.io().run(() -> store.keyspace(name));
    }
    if (!type.equals("application/json")) {
      throw Problem.of(
              Problem.Kind.UNSUPPORTED_MEDIA_TYPE, "the Content-Type must be application/json")
          .exception();
    }
    KeyspaceOptions options = KeyspaceOptionsJson.read(body, store.options().compaction());
    return context.io().run(() -> store.keyspace(name, options));
  }

  private static String name(Exchange exchange) {
    return new String(exchange.pathSegment(1), StandardCharsets.UTF_8);
  }

  private static void send(Exchange exchange, Keyspace keyspace) {
    JsonOutput out = new JsonOutput(256);
    describe(out, keyspace);
    exchange.sendJson(200, out);
  }

  private static void describe(JsonOutput out, Keyspace keyspace) {
    out.beginObject().name("name").string(keyspace.name());
    KeyspaceOptionsJson.write(out, keyspace.options());
    out.endObject();
  }
}
