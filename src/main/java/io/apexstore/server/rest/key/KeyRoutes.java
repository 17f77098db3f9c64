package io.apexstore.server.rest.key;

import io.apexstore.ApexStore;
import io.apexstore.CachedRead;
import io.apexstore.IncrementResult;
import io.apexstore.Keyspace;
import io.apexstore.Snapshot;
import io.apexstore.VersionedValue;
import io.apexstore.WriteBatch;
import io.apexstore.options.SyncMode;
import io.apexstore.server.http.Endpoint;
import io.apexstore.server.http.Exchange;
import io.apexstore.server.http.PercentCoding;
import io.apexstore.server.http.Problem;
import io.apexstore.server.http.ProblemException;
import io.apexstore.server.http.Query;
import io.apexstore.server.http.json.JsonInput;
import io.apexstore.server.http.json.JsonOutput;
import io.apexstore.server.operation.Operation;
import io.apexstore.server.rest.body.BudgetedBody;
import io.apexstore.server.rest.body.EntryReader;
import io.apexstore.server.rest.body.Ttl;
import io.apexstore.server.rest.body.ValueLimit;
import io.apexstore.server.rest.body.WriteOptionsReader;
import io.apexstore.server.rest.context.KeyCondition;
import io.apexstore.server.rest.context.KeyPath;
import io.apexstore.server.rest.context.Preconditions;
import io.apexstore.server.rest.context.RestContext;
import io.apexstore.vertx.OutcomeUnknownException;
import io.vertx.core.Future;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpMethod;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * One key at a time: {@code POST /keys} and {@code GET}, {@code PUT}, {@code DELETE /keys/{key}}.
 */
public final class KeyRoutes implements Endpoint.Group {
  private static final int INCREMENT_BYTES_MAX = 1024;

  /** A longer path would not fit into a request line. */
  private static final int LOCATION_CHARS_MAX = 4_000;

  /** Kept for the search to come; a key of that name is read with {@code POST /keys/get}. */
  private static final String SEARCH = "/keys/search";

  /** What stands in a path in the place of a key and means something else. */
  private static final Set<String> NO_KEYS =
      Set.of(".", "..", "batch", "export", "get", "import", "search");

  private static final Problem NOT_FOUND = Problem.of(Problem.Kind.KEY_NOT_FOUND);

  private final RestContext context;
  private final ApexStore store;
  private final KeyPath place;

  public KeyRoutes(RestContext context, KeyPath place) {
    this.context = context;
    this.store = context.host().store();
    this.place = place;
  }

  @Override
  public List<Endpoint> endpoints() {
    String all = place.base();
    String one = all + "/{key}";
    return List.of(
        new Endpoint(HttpMethod.POST, all, Operation.PUT, this::post),
        new Endpoint(HttpMethod.GET, one, Operation.GET, this::get),
        new Endpoint(HttpMethod.PUT, one, Operation.PUT, this::put),
        new Endpoint(HttpMethod.DELETE, one, Operation.DELETE, this::delete),
        new Endpoint(HttpMethod.POST, one + "/increment", Operation.INCREMENT, this::increment));
  }

  private void get(Exchange exchange) {
    if (SEARCH.equals(exchange.request().path())) {
      throw Problem.of(Problem.Kind.NOT_SUPPORTED, "search is not supported by this version")
          .exception();
    }
    Query query = exchange.query();
    Keyspace keyspace = place.keyspace(exchange);
    byte[] key = place.key(exchange);
    if (query.has("at")) {
      getAt(exchange, keyspace, key, query.whole("at", 1, Long.MAX_VALUE));
      return;
    }
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

  private void getAt(Exchange exchange, Keyspace keyspace, byte[] key, long version) {
    context
        .host()
        .io()
        .run(
            () -> {
              try (Snapshot past = store.snapshotAt(version)) {
                return past.getVersioned(keyspace, key);
              }
            })
        .onComplete(
            (value, failure) -> {
              if (failure != null) {
                exchange.fail(failure);
              } else {
                answer(exchange, key, value);
              }
            });
  }

  private void answer(Exchange exchange, byte[] key, @Nullable VersionedValue found) {
    if (found == null) {
      exchange.fail(NOT_FOUND.exception());
      return;
    }
    String entityTag = entityTag(found.version());
    try {
      Preconditions.requireMatch(exchange, entityTag);
    } catch (ProblemException e) {
      exchange.fail(e);
      return;
    }
    exchange.header(HttpHeaders.ETAG, entityTag);
    if (Preconditions.isNotModified(exchange, entityTag)) {
      exchange.sendEmpty(304);
    } else if (exchange.accepts("application/octet-stream")) {
      answerBytes(exchange, found.value());
    } else if (found.value().length > RestContext.LOOP_BYTES_MAX) {
      context
          .host()
          .io()
          .run(() -> BudgetedBody.of(exchange.bodies(), key, found))
          .onComplete(
              (answer, failure) -> {
                if (failure != null) {
                  exchange.fail(failure);
                } else {
                  answer.send(exchange, Exchange.JSON);
                }
              });
    } else {
      exchange.sendJson(200, json(new JsonOutput(64), key, found));
    }
  }

  private static void answerBytes(Exchange exchange, byte[] value) {
    if (value.length <= RestContext.LOOP_BYTES_MAX) {
      exchange.send(200, Exchange.BYTES, Buffer.buffer(value));
      return;
    }
    try {
      BudgetedBody.of(exchange.bodies(), value).send(exchange, Exchange.BYTES);
    } catch (ProblemException e) {
      exchange.fail(e);
    }
  }

  public static JsonOutput json(JsonOutput out, byte[] key, VersionedValue found) {
    out.ensureRoom(key.length + found.value().length + 64).beginObject();
    out.bytes("key", key).bytes("value", found.value());
    out.name("version").number(found.version());
    if (found.expiresMs() != 0) {
      out.name("expires_at_ms").number(found.expiresMs());
    }
    return out.endObject();
  }

  private static String entityTag(long version) {
    return '"' + Long.toString(version) + '"';
  }

  private void put(Exchange exchange) {
    Query query = exchange.query();
    KeyCondition condition = Preconditions.ofWrite(exchange);
    Duration ttl = Ttl.of(query);
    SyncMode atLeast = Preconditions.durability(exchange);
    Keyspace keyspace = place.keyspace(exchange);
    byte[] key = place.key(exchange);
    answerWrite(
        exchange,
        condition.isAbsent() ? 201 : 200,
        exchange
            .body(context.limits().rawBytesMax())
            .compose(value -> write(batch(keyspace, key, value, ttl, condition), atLeast)));
  }

  private WriteBatch batch(
      Keyspace keyspace, byte[] key, byte[] value, @Nullable Duration ttl, KeyCondition condition) {
    WriteBatch batch = store.newBatch();
    condition.addTo(batch, keyspace, key);
    return ttl == null ? batch.put(keyspace, key, value) : batch.put(keyspace, key, value, ttl);
  }

  private void post(Exchange exchange) {
    KeyCondition condition = Preconditions.ofWrite(exchange);
    Duration ttl = Ttl.of(exchange.query());
    SyncMode atLeast = Preconditions.durability(exchange);
    Keyspace keyspace = place.keyspace(exchange);
    exchange
        .jsonBody(context.limits().jsonBytesMax())
        .compose(
            body ->
                body.length > RestContext.LOOP_BYTES_MAX
                    ? context
                        .host()
                        .io()
                        .run(() -> keyed(keyspace, body, condition, ttl))
                        .compose(put -> write(put, atLeast, exchange))
                    : write(keyed(keyspace, body, condition, ttl), atLeast, exchange))
        .onComplete(
            (version, failure) ->
                answerWrite(exchange, condition.isAbsent() ? 201 : 200, version, failure));
  }

  /** A put whose key the path does not name. */
  @SuppressWarnings("ArrayRecordComponent") // Compared by nobody.
  private record KeyedPut(byte[] key, WriteBatch batch, boolean makes) {}

  // What is made is found where the answer says, if a path can say it.
  private Future<Long> write(KeyedPut put, @Nullable SyncMode atLeast, Exchange exchange) {
    Future<Long> written = write(put.batch, atLeast);
    String segment = PercentCoding.encode(put.key);
    String location = exchange.request().path() + '/' + segment;
    boolean isPath = location.length() <= LOCATION_CHARS_MAX && !NO_KEYS.contains(segment);
    return put.makes && isPath
        ? written.onSuccess(version -> exchange.header(HttpHeaders.LOCATION, location))
        : written;
  }

  private KeyedPut keyed(
      Keyspace keyspace, byte[] body, KeyCondition condition, @Nullable Duration ttl) {
    EntryReader entry = new EntryReader();
    WriteOptionsReader write = new WriteOptionsReader(condition, ttl);
    JsonInput.read(body, 0, body.length, input -> readEntry(input, entry, write));
    byte[] key = entry.key();
    byte[] value = entry.value();
    ValueLimit.check(value);
    WriteBatch batch = batch(keyspace, key, value, write.ttl(), condition);
    return new KeyedPut(key, batch, condition.isAbsent());
  }

  private static void readEntry(JsonInput input, EntryReader entry, WriteOptionsReader write) {
    input.object(
        "",
        member -> {
          if (!entry.take(member, input) && !write.take(member, input)) {
            throw EntryReader.unknown(member);
          }
        });
  }

  /** {@code POST /keys/{key}/increment}, with {@code {"by": n}} or without a body. */
  private void increment(Exchange exchange) {
    Preconditions.refuseOnWrite(exchange, "an increment always counts");
    SyncMode atLeast = Preconditions.durability(exchange);
    Keyspace keyspace = place.keyspace(exchange);
    byte[] key = place.key(exchange);
    Future<byte[]> body =
        exchange.header(HttpHeaders.CONTENT_TYPE) == null
            ? exchange.body(0)
            : exchange.jsonBody(INCREMENT_BYTES_MAX);
    body.map(KeyRoutes::readBy)
        .compose(by -> context.gateway().increment(keyspace, key, by))
        .compose(counted -> asCarefully(counted, atLeast))
        .onComplete(
            (counted, failure) -> {
              if (failure != null) {
                exchange.fail(failure);
              } else {
                exchange.header(HttpHeaders.ETAG, entityTag(counted.version()));
                JsonOutput out = new JsonOutput(96).beginObject().bytes("key", key);
                out.name("value").number(counted.sum());
                exchange.sendJson(200, out.name("version").number(counted.version()).endObject());
              }
            });
  }

  // An empty commit with more care than the store's takes along what was committed before it.
  private Future<IncrementResult> asCarefully(IncrementResult counted, @Nullable SyncMode atLeast) {
    if (atLeast == null || atLeast.compareTo(store.options().syncMode()) >= 0) {
      return Future.succeededFuture(counted);
    }
    return write(store.newBatch(), atLeast)
        .map(version -> counted)
        .recover(
            failure ->
                Future.failedFuture(
                    new OutcomeUnknownException(
                        "it was counted, and may be lost again: " + failure.getMessage())));
  }

  private static long readBy(byte[] body) {
    long[] by = {1};
    if (body.length == 0) {
      return 1;
    }
    JsonInput.read(
        body,
        0,
        body.length,
        input ->
            input.object(
                "",
                member -> {
                  if (!member.equals("by")) {
                    throw EntryReader.unknown(member);
                  }
                  by[0] = input.whole("by");
                }));
    return by[0];
  }

  private void delete(Exchange exchange) {
    KeyCondition condition = Preconditions.ofWrite(exchange);
    SyncMode atLeast = Preconditions.durability(exchange);
    Keyspace keyspace = place.keyspace(exchange);
    byte[] key = place.key(exchange);
    WriteBatch batch = store.newBatch();
    condition.addTo(batch, keyspace, key);
    write(batch.delete(keyspace, key), atLeast)
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

  private static void answerWrite(Exchange exchange, int status, Future<Long> written) {
    written.onComplete((version, failure) -> answerWrite(exchange, status, version, failure));
  }

  private static void answerWrite(
      Exchange exchange, int status, @Nullable Long version, @Nullable Throwable failure) {
    if (version == null) {
      exchange.fail(java.util.Objects.requireNonNull(failure));
      return;
    }
    exchange.header(HttpHeaders.ETAG, entityTag(version));
    exchange.sendJson(
        status, new JsonOutput(32).beginObject().name("version").number(version).endObject());
  }
}
