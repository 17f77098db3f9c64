package io.apexstore.server.rest.key;

import io.apexstore.ApexStore;
import io.apexstore.CachedRead;
import io.apexstore.IncrementResult;
import io.apexstore.Keyspace;
import io.apexstore.LentValue;
import io.apexstore.Snapshot;
import io.apexstore.VersionedValue;
import io.apexstore.WriteBatch;
import io.apexstore.options.SyncMode;
import io.apexstore.server.http.Endpoint;
import io.apexstore.server.http.Exchange;
import io.apexstore.server.http.MediaTypes;
import io.apexstore.server.http.PercentCoding;
import io.apexstore.server.http.Problem;
import io.apexstore.server.http.Query;
import io.apexstore.server.http.json.JsonInput;
import io.apexstore.server.http.json.JsonOutput;
import io.apexstore.server.operation.Operation;
import io.apexstore.server.rest.body.EntryJson;
import io.apexstore.server.rest.body.EntryReader;
import io.apexstore.server.rest.body.KeyCondition;
import io.apexstore.server.rest.body.Ttl;
import io.apexstore.server.rest.body.ValueLimit;
import io.apexstore.server.rest.body.WriteOptionsReader;
import io.apexstore.server.rest.context.AnswerPump;
import io.apexstore.server.rest.context.KeyPath;
import io.apexstore.server.rest.context.PastVersion;
import io.apexstore.server.rest.context.Preconditions;
import io.apexstore.server.rest.context.RestContext;
import io.apexstore.vertx.OutcomeUnknownException;
import io.vertx.core.Future;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpMethod;
import java.lang.foreign.ValueLayout;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * One key at a time: {@code POST /keys}, {@code GET}, {@code PUT} and {@code DELETE /keys/{key}},
 * {@code POST /keys/{key}/increment}, {@code POST /keys/increment}.
 *
 * <p>A read is answered on the event loop if the key is in memory, and else on the I/O pool. A
 * value longer than {@link LentValue#HEAP_BYTES_MAX} is never whole on the heap: it is lent and
 * written in pieces.
 */
public final class KeyRoutes implements Endpoint.Group {
  private static final int INCREMENT_BYTES_MAX = 1024;

  /** Only longer answers are counted: the budget is shared by all event loops. */
  private static final int UNCOUNTED_BYTES_MAX = 16 << 10;

  /** A longer path would not fit into a request line. */
  private static final int LOCATION_CHARS_MAX = 4_000;

  /** Reserved for a search in a later version; POST /keys/get reads a key of that name. */
  private static final String SEARCH = "/keys/search";

  /** Segments that mean something else than a key after {@code /keys/}. */
  private static final Set<String> NOT_KEYS =
      Set.of(".", "..", "batch", "export", "get", "import", "search");

  private static final String BYTES = "application/octet-stream";
  private static final MediaTypes MEDIA_TYPES = MediaTypes.of("application/json", BYTES);
  private static final Problem NOT_FOUND = Problem.of(Problem.Kind.KEY_NOT_FOUND);

  private final RestContext context;
  private final ApexStore store;
  private final KeyPath path;

  /** Creates the routes. */
  public KeyRoutes(RestContext context, KeyPath path) {
    this.context = context;
    this.store = context.store();
    this.path = path;
  }

  @Override
  public List<Endpoint> endpoints() {
    String all = path.base();
    String one = all + "/{key}";
    return List.of(
        new Endpoint(HttpMethod.POST, all, Operation.PUT, this::post),
        new Endpoint(HttpMethod.GET, one, Operation.GET, this::get),
        new Endpoint(HttpMethod.PUT, one, Operation.PUT, this::put),
        new Endpoint(HttpMethod.DELETE, one, Operation.DELETE, this::delete),
        new Endpoint(HttpMethod.POST, one + "/increment", Operation.INCREMENT, this::increment),
        new Endpoint(
            HttpMethod.POST, all + "/increment", Operation.INCREMENT, this::incrementKeyOfBody));
  }

  private void get(Exchange exchange) {
    if (SEARCH.equals(exchange.request().path())) {
      throw Problem.of(Problem.Kind.NOT_SUPPORTED, "search is not supported by this version")
          .exception();
    }
    Query query = exchange.query();
    Keyspace keyspace = path.keyspace(exchange);
    byte[] key = path.key(exchange);
    long version = PastVersion.of(store, query);
    if (version != 0) {
      exchange.answer(
          context.io().run(() -> lendAt(keyspace, key, version)),
          found -> answerLent(exchange, key, found));
      return;
    }
    switch (keyspace.getCached(key, LentValue.HEAP_BYTES_MAX)) {
      case CachedRead.Found found -> sendEntry(exchange, key, found.value());
      case CachedRead.Absent absent -> throw NOT_FOUND.exception();
      case CachedRead.NeedsDisk disk ->
          exchange.answer(
              context.io().run(() -> keyspace.lend(key)),
              found -> answerLent(exchange, key, found));
    }
  }

  private @Nullable LentValue lendAt(Keyspace keyspace, byte[] key, long version) {
    try (Snapshot past = store.snapshotAt(version)) {
      return past.lend(keyspace, key);
    }
  }

  private void answerLent(Exchange exchange, byte[] key, @Nullable LentValue found) {
    if (found == null) {
      throw NOT_FOUND.exception();
    }
    if (found.length() > LentValue.HEAP_BYTES_MAX) {
      sendLong(exchange, key, found);
    } else {
      byte[] value = found.bytes().toArray(ValueLayout.JAVA_BYTE);
      sendEntry(exchange, key, new VersionedValue(value, found.version(), found.expiresMs()));
    }
  }

  /** Answers with a long value, which is closed in the end. */
  private void sendLong(Exchange exchange, byte[] key, LentValue found) {
    boolean answers = false;
    try {
      boolean raw = exchange.preferred(MEDIA_TYPES).equals(BYTES);
      if (beginEntry(exchange, found.version(), raw)) {
        AnswerPump pump =
            raw
                ? new AnswerPump(context, exchange, Exchange.BYTES, EntryPieces.raw(found))
                    .withLength(found.length())
                : new AnswerPump(context, exchange, Exchange.JSON, EntryPieces.json(key, found));
        answers = true;
        pump.start();
      }
    } finally {
      if (!answers) {
        found.close();
      }
    }
  }

  /** Sets the entity tag; false if the client has this version already, which is then answered. */
  private boolean beginEntry(Exchange exchange, long version, boolean raw) {
    String entityTag =
        raw
            ? Preconditions.entityTag(store, version)
            : Preconditions.entityTagOfJson(store, version);
    Preconditions.checkMatch(exchange, entityTag);
    exchange.header(HttpHeaders.ETAG, entityTag);
    if (Preconditions.isNotModified(exchange, entityTag)) {
      exchange.sendEmpty(304);
      return false;
    }
    return true;
  }

  private void sendEntry(Exchange exchange, byte[] key, VersionedValue found) {
    boolean raw = exchange.preferred(MEDIA_TYPES).equals(BYTES);
    if (!beginEntry(exchange, found.version(), raw)) {
      return;
    }
    Buffer body;
    CharSequence mediaType;
    if (raw) {
      mediaType = Exchange.BYTES;
      body = Buffer.buffer(found.value());
    } else {
      mediaType = Exchange.JSON;
      JsonOutput out = new JsonOutput(key.length + found.value().length + 128);
      body = EntryJson.write(out, key, found).toBuffer();
    }
    if (body.length() <= UNCOUNTED_BYTES_MAX) {
      exchange.send(200, mediaType, body);
    } else {
      exchange.sendCounted(200, mediaType, body);
    }
  }

  private void put(Exchange exchange) {
    KeyCondition condition = Preconditions.ofWrite(store, exchange);
    Duration ttl = Ttl.of(exchange.query());
    SyncMode atLeast = Preconditions.durability(exchange);
    Keyspace keyspace = path.keyspace(exchange);
    byte[] key = path.key(exchange);
    exchange.answer(
        exchange
            .body(context.limits().rawBytesMax())
            .compose(value -> write(putBatch(keyspace, key, value, ttl, condition), atLeast)),
        version -> VersionAnswer.send(store, exchange, putStatus(condition), version));
  }

  private static int putStatus(KeyCondition condition) {
    return condition.requiresAbsent() ? 201 : 200;
  }

  private WriteBatch putBatch(
      Keyspace keyspace, byte[] key, byte[] value, @Nullable Duration ttl, KeyCondition condition) {
    WriteBatch batch = store.newBatch();
    condition.addTo(batch, keyspace, key);
    return ttl == null ? batch.put(keyspace, key, value) : batch.put(keyspace, key, value, ttl);
  }

  private void post(Exchange exchange) {
    KeyCondition condition = Preconditions.ofWrite(store, exchange);
    Duration ttl = Ttl.of(exchange.query());
    SyncMode atLeast = Preconditions.durability(exchange);
    Keyspace keyspace = path.keyspace(exchange);
    exchange.answer(
        exchange
            .jsonBody(context.limits().jsonBytesMax())
            .compose(body -> context.parse(body, () -> readPut(keyspace, body, ttl, condition)))
            .compose(put -> write(put.batch, atLeast).map(version -> new Committed(put, version))),
        committed -> {
          if (condition.requiresAbsent()) {
            addLocation(exchange, committed.put.key);
          }
          VersionAnswer.send(store, exchange, putStatus(condition), committed.version);
        });
  }

  /** A put whose key is in the body. */
  @SuppressWarnings("ArrayRecordComponent") // Never compared.
  private record BodyPut(byte[] key, WriteBatch batch) {}

  private record Committed(BodyPut put, long version) {}

  private BodyPut readPut(
      Keyspace keyspace, byte[] body, @Nullable Duration ttl, KeyCondition condition) {
    EntryReader entry = new EntryReader();
    WriteOptionsReader options = new WriteOptionsReader(condition, ttl);
    JsonInput.read(
        body,
        0,
        body.length,
        input ->
            input.object(
                "",
                member -> {
                  if (!entry.read(member, input) && !options.read(member, input)) {
                    throw EntryReader.unknownMember(member);
                  }
                }));
    byte[] key = entry.key();
    byte[] value = ValueLimit.check(entry.value());
    return new BodyPut(key, putBatch(keyspace, key, value, options.ttl(), condition));
  }

  /** Adds the path of a created key, unless no path can name the key. */
  private static void addLocation(Exchange exchange, byte[] key) {
    String segment = PercentCoding.encode(key);
    String location = exchange.request().path() + '/' + segment;
    if (location.length() <= LOCATION_CHARS_MAX && !NOT_KEYS.contains(segment)) {
      exchange.header(HttpHeaders.LOCATION, location);
    }
  }

  private void delete(Exchange exchange) {
    KeyCondition condition = Preconditions.ofWrite(store, exchange);
    SyncMode atLeast = Preconditions.durability(exchange);
    Keyspace keyspace = path.keyspace(exchange);
    byte[] key = path.key(exchange);
    WriteBatch batch = store.newBatch();
    condition.addTo(batch, keyspace, key);
    exchange.answer(
        write(batch.delete(keyspace, key), atLeast), version -> exchange.sendEmpty(204));
  }

  private Future<Long> write(WriteBatch batch, @Nullable SyncMode atLeast) {
    return context.gateway().write(batch, atLeast);
  }

  /** Adds {@code {"by": n}} to a counter; 1 without a body. */
  private void increment(Exchange exchange) {
    byte[] key = path.key(exchange);
    boolean hasBody = exchange.header(HttpHeaders.CONTENT_TYPE) != null;
    answerIncrement(
        exchange,
        (hasBody ? exchange.jsonBody(INCREMENT_BYTES_MAX) : exchange.body(0))
            .map(body -> body.length == 0 ? new Increment(key, 1) : readIncrement(body, key)));
  }

  /** Adds {@code {"key": …, "by": n}} to a counter whose key may be too long for a path. */
  private void incrementKeyOfBody(Exchange exchange) {
    answerIncrement(
        exchange,
        exchange
            .jsonBody(context.limits().jsonBytesMax())
            .compose(body -> context.parse(body, () -> readIncrement(body, null))));
  }

  private void answerIncrement(Exchange exchange, Future<Increment> request) {
    Preconditions.refuseOnWrite(exchange, "an increment has no conditions");
    SyncMode atLeast = Preconditions.durability(exchange);
    Keyspace keyspace = path.keyspace(exchange);
    exchange.answer(
        request.compose(
            increment ->
                context
                    .gateway()
                    .increment(keyspace, increment.key(), increment.by())
                    .compose(result -> makeDurable(result, atLeast))
                    .map(result -> new Counted(increment.key(), result))),
        counted -> {
          IncrementResult result = counted.result();
          exchange.header(HttpHeaders.ETAG, Preconditions.entityTag(store, result.version()));
          JsonOutput out = new JsonOutput(96).beginObject().bytes("key", counted.key());
          out.name("value").number(result.sum());
          exchange.sendJson(200, out.name("version").number(result.version()).endObject());
        });
  }

  @SuppressWarnings("ArrayRecordComponent") // Never compared.
  private record Increment(byte[] key, long by) {}

  @SuppressWarnings("ArrayRecordComponent") // Never compared.
  private record Counted(byte[] key, IncrementResult result) {}

  /**
   * Reads the body of an increment.
   *
   * @param keyOfPath the key, or null if the body has it
   */
  private static Increment readIncrement(byte[] body, byte @Nullable [] keyOfPath) {
    long[] by = {1};
    EntryReader entry = new EntryReader();
    JsonInput.read(
        body,
        0,
        body.length,
        input ->
            input.object(
                "",
                member -> {
                  if (member.equals("by")) {
                    by[0] = input.whole("by");
                  } else if (keyOfPath != null || !entry.read(member, input) || entry.hasValue()) {
                    throw EntryReader.unknownMember(member);
                  }
                }));
    return new Increment(keyOfPath == null ? entry.key() : keyOfPath, by[0]);
  }

  // An empty commit in a stricter mode makes all earlier commits durable, too.
  private Future<IncrementResult> makeDurable(IncrementResult result, @Nullable SyncMode atLeast) {
    if (atLeast == null || atLeast.compareTo(store.options().syncMode()) >= 0) {
      return Future.succeededFuture(result);
    }
    return write(store.newBatch(), atLeast)
        .map(version -> result)
        .recover(
            failure ->
                Future.failedFuture(
                    new OutcomeUnknownException(
                        "the increment was committed but may be lost: " + failure.getMessage())));
  }
}
