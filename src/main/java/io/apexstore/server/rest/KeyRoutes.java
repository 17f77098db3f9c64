package io.apexstore.server.rest;

import io.apexstore.ApexStore;
import io.apexstore.CachedRead;
import io.apexstore.Keyspace;
import io.apexstore.SyncMode;
import io.apexstore.VersionedValue;
import io.apexstore.WriteBatch;
import io.apexstore.server.http.Access;
import io.apexstore.server.http.Endpoint;
import io.apexstore.server.http.Exchange;
import io.apexstore.server.http.Problem;
import io.apexstore.server.http.json.JsonInput;
import io.apexstore.server.http.json.JsonOutput;
import io.vertx.core.Future;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpMethod;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * One key at a time: {@code POST /keys} and {@code GET}, {@code PUT}, {@code DELETE /keys/{key}}.
 */
final class KeyRoutes implements Endpoint.Group {
  /** Kept for the search to come; a key of that name is read with {@code POST /keys/get}. */
  private static final String SEARCH = "/keys/search";

  private static final Problem NOT_FOUND = Problem.of(Problem.Kind.KEY_NOT_FOUND);

  private final RestContext context;
  private final ApexStore store;
  private final KeyPlace place;

  KeyRoutes(RestContext context, KeyPlace place) {
    this.context = context;
    this.store = context.host().store();
    this.place = place;
  }

  @Override
  public List<Endpoint> endpoints() {
    String all = place.base();
    String one = all + "/{key}";
    return List.of(
        new Endpoint(HttpMethod.POST, all, Access.WRITE, "put", this::post),
        new Endpoint(HttpMethod.GET, one, Access.READ, "get", this::get),
        new Endpoint(HttpMethod.PUT, one, Access.WRITE, "put", this::put),
        new Endpoint(HttpMethod.DELETE, one, Access.WRITE, "delete", this::delete));
  }

  private void get(Exchange exchange) {
    if (SEARCH.equals(exchange.request().path())) {
      throw Problem.of(Problem.Kind.NOT_SUPPORTED, "search is not supported by this version")
          .exception();
    }
    exchange.query().refuse("at").allow();
    Keyspace keyspace = place.keyspace(exchange);
    byte[] key = place.key(exchange);
    switch (keyspace.getCached(key)) {
      case CachedRead.Found found -> answer(exchange, key, found.value());
      case CachedRead.Absent absent -> answer(exchange, key, null);
      case CachedRead.NeedsDisk disk ->
          context
              .host()
              .io()
              .run(() -> keyspace.getVersioned(key))
              .onComplete(
                  (value, failure) -> {
                    if (failure != null) {
                      exchange.fail(failure);
                    } else {
                      answer(exchange, key, value);
                    }
                  });
    }
  }

  private void answer(Exchange exchange, byte[] key, @Nullable VersionedValue found) {
    if (found == null) {
      exchange.fail(NOT_FOUND.exception());
      return;
    }
    String entityTag = '"' + Long.toString(found.version()) + '"';
    exchange.header(HttpHeaders.ETAG, entityTag);
    if (Preconditions.isNotModified(exchange, entityTag)) {
      exchange.sendEmpty(304);
    } else if (exchange.accepts("application/octet-stream")) {
      exchange.send(200, Exchange.BYTES, Buffer.buffer(found.value()));
    } else if (found.value().length > RestContext.LOOP_BYTES_MAX) {
      context
          .host()
          .io()
          .run(() -> json(key, found).toBuffer())
          .onComplete(
              (json, failure) -> {
                if (failure != null) {
                  exchange.fail(failure);
                } else {
                  exchange.send(200, Exchange.JSON, json);
                }
              });
    } else {
      exchange.sendJson(200, json(key, found));
    }
  }

  private static JsonOutput json(byte[] key, VersionedValue found) {
    JsonOutput out = new JsonOutput(key.length + found.value().length + 64).beginObject();
    out.bytes("key", key).bytes("value", found.value());
    return out.name("version").number(found.version()).endObject();
  }

  private void put(Exchange exchange) {
    exchange.query().refuse("ttl", "if_version", "if_absent").allow();
    Preconditions.refuseOnWrite(exchange);
    SyncMode atLeast = Preconditions.durability(exchange);
    Keyspace keyspace = place.keyspace(exchange);
    byte[] key = place.key(exchange);
    answerWrite(
        exchange,
        exchange
            .body(context.limits().rawBytesMax())
            .compose(value -> write(store.newBatch().put(keyspace, key, value), atLeast)));
  }

  private void post(Exchange exchange) {
    exchange.query().allow();
    Preconditions.refuseOnWrite(exchange);
    SyncMode atLeast = Preconditions.durability(exchange);
    Keyspace keyspace = place.keyspace(exchange);
    answerWrite(
        exchange,
        exchange
            .jsonBody(context.limits().jsonBytesMax())
            .compose(
                body ->
                    body.length > RestContext.LOOP_BYTES_MAX
                        ? context
                            .host()
                            .io()
                            .run(() -> batchOf(keyspace, body))
                            .compose(batch -> write(batch, atLeast))
                        : write(batchOf(keyspace, body), atLeast)));
  }

  private WriteBatch batchOf(Keyspace keyspace, byte[] body) {
    Entries entry = new Entries();
    JsonInput.read(body, 0, body.length, input -> readEntry(input, entry));
    byte[] key = entry.key();
    byte[] value = entry.value();
    Values.check(value);
    return store.newBatch().put(keyspace, key, value);
  }

  private static void readEntry(JsonInput input, Entries entry) {
    input.object(
        "",
        member -> {
          if (!entry.take(member, input)) {
            throw Entries.unknown(member);
          }
        });
  }

  private void delete(Exchange exchange) {
    exchange.query().refuse("if_version").allow();
    Preconditions.refuseOnWrite(exchange);
    SyncMode atLeast = Preconditions.durability(exchange);
    Keyspace keyspace = place.keyspace(exchange);
    byte[] key = place.key(exchange);
    write(store.newBatch().delete(keyspace, key), atLeast)
        .onComplete(
            (version, failure) -> {
              if (failure != null) {
                exchange.fail(failure);
              } else {
                exchange.sendEmpty(204);
              }
            });
  }

  private Future<Long> write(WriteBatch batch, @Nullable SyncMode atLeast) {
    return context.gateway().write(batch, atLeast);
  }

  private static void answerWrite(Exchange exchange, Future<Long> written) {
    written.onComplete(
        (version, failure) -> {
          if (failure != null) {
            exchange.fail(failure);
          } else {
            exchange.header(HttpHeaders.ETAG, '"' + Long.toString(version) + '"');
            exchange.sendJson(
                200, new JsonOutput(32).beginObject().name("version").number(version).endObject());
          }
        });
  }
}
