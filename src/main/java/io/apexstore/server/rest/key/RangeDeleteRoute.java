package io.apexstore.server.rest.key;

import io.apexstore.KeyRange;
import io.apexstore.WriteBatch;
import io.apexstore.options.SyncMode;
import io.apexstore.server.http.Endpoint;
import io.apexstore.server.http.Exchange;
import io.apexstore.server.http.Problem;
import io.apexstore.server.http.ProblemException;
import io.apexstore.server.http.Query;
import io.apexstore.server.operation.Operation;
import io.apexstore.server.rest.body.RangeReader;
import io.apexstore.server.rest.context.KeyPath;
import io.apexstore.server.rest.context.Preconditions;
import io.apexstore.server.rest.context.RestContext;
import io.vertx.core.http.HttpMethod;
import java.util.List;

/**
 * {@code DELETE /keys?prefix=} and {@code DELETE /keys?from=&to=}: deletes all keys of a range with
 * one range tombstone.
 */
public final class RangeDeleteRoute implements Endpoint.Group {
  private final RestContext context;
  private final KeyPath path;

  /** Creates the route. */
  public RangeDeleteRoute(RestContext context, KeyPath path) {
    this.context = context;
    this.path = path;
  }

  @Override
  public List<Endpoint> endpoints() {
    return List.of(
        new Endpoint(HttpMethod.DELETE, path.base(), Operation.DELETE_RANGE, this::deleteRange));
  }

  private void deleteRange(Exchange exchange) {
    KeyRange range = range(exchange.query());
    Preconditions.refuseOnWrite(exchange, "use a delete_range with conditions in POST /keys/batch");
    SyncMode atLeast = Preconditions.durability(exchange);
    WriteBatch batch = context.store().newBatch().deleteRange(path.keyspace(exchange), range);
    exchange.answer(
        context.gateway().write(batch, atLeast),
        version -> VersionAnswer.send(context.store(), exchange, 200, version));
  }

  private static KeyRange range(Query query) {
    byte[] prefix = query.bytes("prefix");
    byte[] from = query.bytes("from");
    byte[] to = query.bytes("to");
    if (prefix == null && from == null && to == null) {
      throw malformed("give the range to delete: prefix, or from or to or both");
    }
    if (prefix != null && (from != null || to != null)) {
      throw malformed("prefix excludes from and to");
    }
    KeyRange range = prefix == null ? new KeyRange(from, to) : KeyRange.prefix(prefix);
    if (range.isEmpty()) {
      throw malformed(RangeReader.EMPTY_RANGE);
    }
    return range;
  }

  private static ProblemException malformed(String detail) {
    return Problem.of(Problem.Kind.MALFORMED_REQUEST, detail).exception();
  }
}
