package io.apexstore.server.rest;

import io.apexstore.ApexStore;
import io.apexstore.server.http.Access;
import io.apexstore.server.http.Endpoint;
import io.apexstore.server.http.Exchange;
import io.apexstore.server.http.Problem;
import io.apexstore.server.http.json.JsonOutput;
import io.vertx.core.http.HttpMethod;
import java.nio.charset.StandardCharsets;
import java.util.List;

/** Keyspaces: listed, looked up and made. */
final class KeyspaceRoutes implements Endpoint.Group {
  private final RestContext context;
  private final ApexStore store;
  private final Keyspaces keyspaces;

  KeyspaceRoutes(RestContext context, Keyspaces keyspaces) {
    this.context = context;
    this.store = context.host().store();
    this.keyspaces = keyspaces;
  }

  @Override
  public List<Endpoint> endpoints() {
    return List.of(
        new Endpoint(HttpMethod.GET, "/keyspaces", Access.READ, "keyspace", this::list),
        new Endpoint(HttpMethod.GET, "/keyspaces/{name}", Access.READ, "keyspace", this::get),
        new Endpoint(HttpMethod.PUT, "/keyspaces/{name}", Access.ADMIN, "keyspace", this::make));
  }

  private void list(Exchange exchange) {
    exchange.query().allow();
    JsonOutput out = new JsonOutput(256).beginObject().name("keyspaces").beginArray();
    for (String name : store.keyspaceNames()) {
      out.beginObject().name("name").string(name).endObject();
    }
    exchange.sendJson(200, out.endArray().endObject());
  }

  private void get(Exchange exchange) {
    exchange.query().allow();
    String name = name(exchange);
    exchange.sendJson(200, describe(keyspaces.existing(name).name()));
  }

  private void make(Exchange exchange) {
    exchange.query().allow();
    String name = name(exchange);
    if (!Keyspaces.isAllowed(name)) {
      throw Problem.of(
              Problem.Kind.MALFORMED_REQUEST,
              "a keyspace's name is 1 to 64 letters, digits, dots, dashes and underscores, and"
                  + " begins with a letter or digit")
          .exception();
    }
    context
        .host()
        .io()
        .run(() -> store.keyspace(name))
        .onComplete(
            (keyspace, failure) -> {
              if (failure != null) {
                exchange.fail(failure);
              } else {
                exchange.sendJson(200, describe(keyspace.name()));
              }
            });
  }

  private static String name(Exchange exchange) {
    return new String(exchange.pathSegment(1), StandardCharsets.UTF_8);
  }

  private static JsonOutput describe(String name) {
    return new JsonOutput(64).beginObject().name("name").string(name).endObject();
  }
}
