package io.apexstore.server.rest.key;

import io.apexstore.ApexStore;
import io.apexstore.KeyRange;
import io.apexstore.Keyspace;
import io.apexstore.options.SyncMode;
import io.apexstore.server.http.Endpoint;
import io.apexstore.server.http.Exchange;
import io.apexstore.server.http.Problem;
import io.apexstore.server.http.ProblemException;
import io.apexstore.server.http.Query;
import io.apexstore.server.http.json.JsonOutput;
import io.apexstore.server.operation.Operation;
import io.apexstore.server.rest.body.RangeReader;
import io.apexstore.server.rest.context.KeyPath;
import io.apexstore.server.rest.context.Preconditions;
import io.apexstore.server.rest.context.RestContext;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpMethod;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * {@code DELETE /keys?prefix=} and {@code DELETE /keys?from=&to=}: all keys of a range, at once.
 */
public final class RangeDeleteRoute implements Endpoint.Group {
  private final RestContext context;
  private final ApexStore store;
  private final KeyPath place;

  public RangeDeleteRoute(RestContext context, KeyPath place) {
    this.context = context;
    this.store = context.host().store();
    this.place = place;
  }

  @Override
  public List<Endpoint> endpoints() {
    return List.of(
        new Endpoint(HttpMethod.DELETE, place.base(), Operation.DELETE_RANGE, this::handle));
  }

  private void handle(Exchange exchange) {
    KeyRange range = range(exchange.query());
    Preconditions.refuseOnWrite(exchange, "a delete_range of POST /keys/batch can have conditions");
    SyncMode atLeast = Preconditions.durability(exchange);
    Keyspace keyspace = place.keyspace(exchange);
    context
        .gateway()
        .write(store.newBatch().deleteRange(keyspace, range), atLeast)
        .onComplete(
            (version, failure) -> {
              if (failure != null) {
                exchange.fail(failure);
              } else {
                exchange.header(HttpHeaders.ETAG, '"' + Long.toString(version) + '"');
                exchange.sendJson(
                    200,
                    new JsonOutput(32).beginObject().name("version").number(version).endObject());
              }
            });
  }

  // A parameter that is there and empty was left out by mistake, as far as one can tell.
  private static KeyRange range(Query query) {
    byte[] prefix = query.bytes("prefix");
    byte[] from = query.bytes("from");
    byte[] to = query.bytes("to");
    refuseEmpty(prefix);
    refuseEmpty(from);
    refuseEmpty(to);
    if (prefix == null && from == null && to == null) {
      throw malformed("a prefix, or from or to or both, must say which keys are deleted");
    }
    if (prefix != null && (from != null || to != null)) {
      throw malformed("prefix excludes from and to");
    }
    KeyRange range = prefix == null ? new KeyRange(from, to) : KeyRange.prefix(prefix);
    if (range.isEmpty()) {
      throw malformed(RangeReader.NOTHING_BETWEEN);
    }
    return range;
  }

  private static void refuseEmpty(byte @Nullable [] bound) {
    if (bound != null && bound.length == 0) {
      throw malformed("an empty bound is none; leave it out, and give another one");
    }
  }

  private static ProblemException malformed(String detail) {
    return Problem.of(Problem.Kind.MALFORMED_REQUEST, detail).exception();
  }
}
