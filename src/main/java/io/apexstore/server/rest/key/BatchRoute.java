package io.apexstore.server.rest.key;

import io.apexstore.ApexStore;
import io.apexstore.KeyRange;
import io.apexstore.Keyspace;
import io.apexstore.WriteBatch;
import io.apexstore.options.SyncMode;
import io.apexstore.server.http.Endpoint;
import io.apexstore.server.http.Exchange;
import io.apexstore.server.http.Problem;
import io.apexstore.server.http.Quoted;
import io.apexstore.server.http.json.JsonException;
import io.apexstore.server.http.json.JsonInput;
import io.apexstore.server.http.json.JsonOutput;
import io.apexstore.server.operation.Operation;
import io.apexstore.server.rest.body.EntryReader;
import io.apexstore.server.rest.body.RangeConditionReader;
import io.apexstore.server.rest.body.RangeReader;
import io.apexstore.server.rest.body.ValueLimit;
import io.apexstore.server.rest.body.WriteOptionsReader;
import io.apexstore.server.rest.context.KeyCondition;
import io.apexstore.server.rest.context.KeyspaceLookup;
import io.apexstore.server.rest.context.Preconditions;
import io.apexstore.server.rest.context.RestContext;
import io.vertx.core.http.HttpMethod;
import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * {@code POST /keys/batch}: puts and deletions that become visible together or not at all.
 *
 * <pre>{@code
 * {"operations": [{"op": "put", "key": "a", "value": "1"},
 *                 {"op": "delete", "keyspace": "users", "key": "b"},
 *                 {"op": "delete_range", "prefix": "c/"}]}
 * {"operations": [{"op": "put", "key": "a", "value": "2", "ttl": 60, "if_version": 7}],
 *  "conditions": [{"key": "c", "if_absent": true}, {"prefix": "users/", "unchanged_since": 7}]}
 * {"records": [{"key": "a", "value": "1"}]}
 * }</pre>
 */
public final class BatchRoute implements Endpoint.Group {
  /** Most conditions in a list: the one writer looks at them while all others wait. */
  private static final int CONDITIONS_MAX = 1_000;

  private final RestContext context;
  private final ApexStore store;
  private final KeyspaceLookup keyspaces;

  public BatchRoute(RestContext context, KeyspaceLookup keyspaces) {
    this.context = context;
    this.store = context.host().store();
    this.keyspaces = keyspaces;
  }

  @Override
  public List<Endpoint> endpoints() {
    return List.of(new Endpoint(HttpMethod.POST, "/keys/batch", Operation.BATCH, this::handle));
  }

  private void handle(Exchange exchange) {
    Preconditions.refuseOnWrite(exchange, "conditions stand in the body");
    SyncMode atLeast = Preconditions.durability(exchange);
    WriteBatch batch = store.newBatch();
    exchange
        .jsonBody(context.limits().jsonBytesMax())
        .compose(
            body ->
                body.length > RestContext.LOOP_BYTES_MAX
                    ? context
                        .host()
                        .io()
                        .run(() -> fill(batch, body))
                        .compose(full -> context.gateway().write(full, atLeast))
                    : context.gateway().write(fill(batch, body), atLeast))
        .onComplete(
            (version, failure) -> {
              if (failure != null) {
                exchange.fail(failure);
              } else {
                JsonOutput out = new JsonOutput(64).beginObject();
                out.name("version").number(version);
                exchange.sendJson(200, out.name("operations").number(batch.size()).endObject());
              }
            });
  }

  private WriteBatch fill(WriteBatch batch, byte[] body) {
    JsonInput.read(body, 0, body.length, input -> read(input, batch));
    return batch;
  }

  private void read(JsonInput input, WriteBatch batch) {
    boolean[] found = new boolean[1];
    input.object(
        "",
        member -> {
          boolean records = member.equals("records");
          if (member.equals("conditions")) {
            int[] count = {0};
            input.array(member, () -> readCondition(input, batch, count[0]++));
            return;
          }
          if (!records && !member.equals("operations")) {
            throw EntryReader.unknown(member);
          }
          if (found[0]) {
            throw new JsonException("operations and records exclude each other");
          }
          found[0] = true;
          input.array(member, () -> readOperation(input, batch, records));
        });
    if (!found[0]) {
      throw new JsonException("operations is missing");
    }
  }

  private void readCondition(JsonInput input, WriteBatch batch, int before) {
    if (before == CONDITIONS_MAX) {
      throw new JsonException("conditions has more than " + CONDITIONS_MAX);
    }
    EntryReader entry = new EntryReader();
    KeyCondition condition = new KeyCondition();
    WriteOptionsReader members = new WriteOptionsReader(condition);
    RangeConditionReader range = new RangeConditionReader();
    Keyspace[] keyspace = {keyspaces.standard()};
    input.object(
        "each condition",
        member -> {
          if (member.equals("keyspace")) {
            keyspace[0] = keyspaces.existing(input.text("keyspace"));
          } else if (member.equals("ttl")
              || !(range.take(member, input)
                  || members.take(member, input)
                  || entry.take(member, input))) {
            throw EntryReader.unknown(member);
          }
        });
    if (entry.hasValue()) {
      throw new JsonException("a condition has no value");
    }
    if (range.isGiven()) {
      if (entry.hasKey() || !condition.isNone()) {
        throw new JsonException("a condition is on a key or on a range");
      }
      range.addTo(batch, keyspace[0]);
    } else if (condition.isNone()) {
      throw new JsonException(
          "a condition needs if_version, if_absent, if_present or unchanged_since");
    } else {
      condition.addTo(batch, keyspace[0], entry.key());
    }
  }

  private void readOperation(JsonInput input, WriteBatch batch, boolean isRecord) {
    EntryReader entry = new EntryReader();
    KeyCondition condition = new KeyCondition();
    WriteOptionsReader members = new WriteOptionsReader(condition);
    RangeReader range = new RangeReader();
    BatchOperation operation = new BatchOperation(isRecord ? "put" : null, null);
    input.object(
        "each operation",
        member -> {
          switch (member) {
            case "op" -> operation.setKind(isRecord, input.text("op"));
            case "keyspace" -> operation.keyspace = keyspaces.existing(input.text("keyspace"));
            default -> {
              if (!entry.take(member, input)
                  && (isRecord || !(members.take(member, input) || range.take(member, input)))) {
                throw EntryReader.unknown(member);
              }
            }
          }
        });
    if ("delete_range".equals(operation.kind)) {
      if (entry.hasKey() || entry.hasValue() || members.ttl() != null || !condition.isNone()) {
        throw new JsonException("a delete_range has a prefix, or from or to or both, and no more");
      }
      addRange(batch, operation, range);
    } else if (range.isGiven()) {
      throw new JsonException("only a delete_range has prefix, from or to");
    } else {
      add(batch, operation, entry, members, condition);
    }
    if (batch.sizeBytes() > context.limits().batchBytesMax()) {
      throw Problem.of(
              Problem.Kind.PAYLOAD_TOO_LARGE,
              "a batch may have at most "
                  + context.limits().batchBytesMax()
                  + " bytes of keys and values")
          .exception();
    }
  }

  private void addRange(WriteBatch batch, BatchOperation operation, RangeReader members) {
    KeyRange range = members.range();
    byte[] from = range.from();
    if (range.to() == null && (from == null || from.length == 0)) {
      throw new JsonException("a prefix, or from or to or both, must say which keys are deleted");
    }
    batch.deleteRange(
        operation.keyspace == null ? keyspaces.standard() : operation.keyspace, range);
  }

  private void add(
      WriteBatch batch,
      BatchOperation operation,
      EntryReader entry,
      WriteOptionsReader members,
      KeyCondition condition) {
    Keyspace keyspace = operation.keyspace == null ? keyspaces.standard() : operation.keyspace;
    if (operation.kind == null) {
      throw new JsonException("op is missing: put, delete or delete_range");
    }
    condition.addTo(batch, keyspace, entry.key());
    Duration ttl = members.ttl();
    if (operation.kind.equals("put")) {
      byte[] value = entry.value();
      ValueLimit.check(value);
      if (ttl == null) {
        batch.put(keyspace, entry.key(), value);
      } else {
        batch.put(keyspace, entry.key(), value, ttl);
      }
    } else {
      if (entry.hasValue() || ttl != null) {
        throw new JsonException("a delete has no value and no ttl");
      }
      batch.delete(keyspace, entry.key());
    }
  }

  private static final class BatchOperation {
    private @Nullable String kind;
    private @Nullable Keyspace keyspace;

    BatchOperation(@Nullable String kind, @Nullable Keyspace keyspace) {
      this.kind = kind;
      this.keyspace = keyspace;
    }

    void setKind(boolean isRecord, String given) {
      if (isRecord) {
        throw EntryReader.unknown("op");
      }
      if (given.equals("increment")) {
        throw JsonException.unsupported("op " + given);
      }
      if (!given.equals("put") && !given.equals("delete") && !given.equals("delete_range")) {
        throw new JsonException("op must be put, delete or delete_range, not " + Quoted.of(given));
      }
      kind = given;
    }
  }
}
