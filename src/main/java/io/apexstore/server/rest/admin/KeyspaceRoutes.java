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

/** Keyspaces: listed, looked up, made, changed and dropped. */
public final class KeyspaceRoutes implements Endpoint.Group {
  private final RestContext context;
  private final ApexStore store;
  private final KeyspaceLookup keyspaces;

  public KeyspaceRoutes(RestContext context, KeyspaceLookup keyspaces) {
    this.context = context;
    this.store = context.host().store();
    this.keyspaces = keyspaces;
  }

  @Override
  public List<Endpoint> endpoints() {
    return List.of(
        new Endpoint(HttpMethod.GET, "/keyspaces", Operation.KEYSPACE_LIST, this::list),
        new Endpoint(HttpMethod.GET, "/keyspaces/{name}", Operation.KEYSPACE_GET, this::get),
        new Endpoint(HttpMethod.PUT, "/keyspaces/{name}", Operation.KEYSPACE_PUT, this::make),
        new Endpoint(HttpMethod.DELETE, "/keyspaces/{name}", Operation.KEYSPACE_DROP, this::drop));
  }

  private void list(Exchange exchange) {
    JsonOutput out = new JsonOutput(256).beginObject().name("keyspaces").beginArray();
    for (String name : store.keyspaceNames()) {
      Keyspace keyspace = store.existingKeyspace(name);
      if (keyspace != null) { // Else it was dropped meanwhile.
        describe(out, keyspace);
      }
    }
    exchange.sendJson(200, out.endArray().endObject());
  }

  private void get(Exchange exchange) {
    answer(exchange, keyspaces.existing(name(exchange)));
  }

  private void drop(Exchange exchange) {
    String name = keyspaces.existing(name(exchange)).name();
    context
        .host()
        .io()
        .run(() -> store.dropKeyspace(name))
        .onComplete(
            (dropped, failure) -> {
              if (failure != null) {
                exchange.fail(failure);
              } else if (dropped) {
                exchange.sendEmpty(204);
              } else {
                // Somebody else did so meanwhile.
                exchange.fail(KeyspaceLookup.absent(name).exception());
              }
            });
  }

  /**
   * Without a body, makes it where there is none; with one, it has those options then, and no
   * others.
   */
  private void make(Exchange exchange) {
    String name = name(exchange);
    if (!KeyspaceLookup.isAllowed(name)) {
      throw Problem.of(
              Problem.Kind.MALFORMED_REQUEST,
              "a keyspace's name is 1 to 64 letters, digits, dots, dashes and underscores, and"
                  + " begins with a letter or digit; given is "
                  + Quoted.of(name))
          .exception();
    }
    String type = exchange.mediaType();
    exchange
        .body(context.limits().jsonBytesMax())
        .compose(body -> made(name, body, type))
        .onComplete(
            (keyspace, failure) -> {
              if (failure != null) {
                exchange.fail(failure);
              } else {
                answer(exchange, keyspace);
              }
            });
  }

  private Future<Keyspace> made(String name, byte[] body, String type) {
    if (body.length == 0 && type.isEmpty()) {
      return context.host().io().run(() -> store.keyspace(name));
    }
    if (!type.equals("application/json")) {
      throw Problem.of(
              Problem.Kind.UNSUPPORTED_MEDIA_TYPE, "the Content-Type must be application/json")
          .exception();
    }
    KeyspaceOptions options = KeyspaceOptionsReader.read(body, store.options().compaction());
    return context.host().io().run(() -> store.keyspace(name, options));
  }

  private static String name(Exchange exchange) {
    return new String(exchange.pathSegment(1), StandardCharsets.UTF_8);
  }

  private static void answer(Exchange exchange, Keyspace keyspace) {
    JsonOutput out = new JsonOutput(256);
    describe(out, keyspace);
    exchange.sendJson(200, out);
  }

  private static void describe(JsonOutput out, Keyspace keyspace) {
    out.beginObject().name("name").string(keyspace.name());
    KeyspaceOptionsReader.write(out, keyspace.options());
    out.endObject();
  }
}
