package io.apexstore.server.rest.key;

import io.apexstore.KeyRange;
import io.apexstore.Keyspace;
import io.apexstore.WriteBatch;
import io.apexstore.server.http.Quoted;
import io.apexstore.server.http.json.JsonException;
import io.apexstore.server.http.json.JsonInput;
import io.apexstore.server.rest.body.EntryReader;
import io.apexstore.server.rest.body.KeyCondition;
import io.apexstore.server.rest.body.RangeConditionReader;
import io.apexstore.server.rest.body.RangeReader;
import io.apexstore.server.rest.body.ValueLimit;
import io.apexstore.server.rest.body.WriteOptionsReader;
import io.apexstore.server.rest.context.KeyspaceLookup;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * Reads the body of a batch into a {@link WriteBatch}.
 *
 * <pre>{@code
 * {"operations": [{"op": "put", "key": "a", "value": "1"},
 *                 {"op": "delete", "keyspace": "users", "key": "b"},
 *                 {"op": "delete_range", "prefix": "c/"}]}
 * {"operations": [{"op": "put", "key": "a", "value": "2", "ttl": 60, "if_version": 7}],
 *  "conditions": [{"key": "c", "if_absent": true}, {"prefix": "users/", "unchanged_since": 7}]}
 * {"records": [{"key": "a", "value": "1"}]}
 * }</pre>
 *
 * <p>The list {@code conditions} may have 1,000 elements, because the one writer checks them while
 * all other writes wait. Conditions within operations are not counted against that.
 *
 * <p><b>Threads:</b> confined to one thread at a time; a long body is read on the I/O pool.
 */
final class BatchRequest {
  private static final int CONDITIONS_MAX = 1_000;

  private final KeyspaceLookup keyspaces;
  private final WriteBatch batch;

  private boolean hasWrites;
  private int conditionCount;

  /**
   * Creates a reader.
   *
   * @param batch receives the writes and conditions
   */
  BatchRequest(KeyspaceLookup keyspaces, WriteBatch batch) {
    this.keyspaces = keyspaces;
    this.batch = batch;
  }

  /** Reads a body and returns the batch. */
  WriteBatch read(byte[] body) {
    JsonInput.read(
        body, 0, body.length, input -> input.object("", member -> readMember(member, input)));
    if (!hasWrites) {
      throw new JsonException("operations is missing");
    }
    return batch;
  }

  private void readMember(String member, JsonInput input) {
    switch (member) {
      case "conditions" -> input.array(member, () -> readCondition(input));
      case "operations", "records" -> {
        if (hasWrites) {
          throw new JsonException("operations and records exclude each other");
        }
        hasWrites = true;
        boolean isRecord = member.equals("records");
        input.array(member, () -> readWrite(input, isRecord));
      }
      default -> throw EntryReader.unknownMember(member);
    }
  }

  private void readCondition(JsonInput input) {
    if (conditionCount++ == CONDITIONS_MAX) {
      throw new JsonException("conditions has more than " + CONDITIONS_MAX + " elements");
    }
    EntryReader entry = new EntryReader();
    KeyCondition condition = new KeyCondition();
    WriteOptionsReader options = new WriteOptionsReader(condition);
    RangeConditionReader range = new RangeConditionReader();
    Keyspace[] keyspace = {keyspaces.defaultKeyspace()};
    input.object(
        "each condition",
        member -> {
          if (member.equals("keyspace")) {
            keyspace[0] = keyspaces.existing(input.text(member));
          } else if (member.equals("ttl")
              || !(range.read(member, input)
                  || options.read(member, input)
                  || entry.read(member, input))) {
            throw EntryReader.unknownMember(member);
          }
        });
    if (entry.hasValue()) {
      throw new JsonException("a condition has no value");
    }
    if (range.isGiven()) {
      if (entry.hasKey() || !condition.isNone()) {
        throw new JsonException("a condition is either on a key or on a range");
      }
      range.addTo(batch, keyspace[0]);
    } else if (condition.isNone()) {
      throw new JsonException(
          "a condition needs if_version, if_absent, if_present or unchanged_since");
    } else {
      condition.addTo(batch, keyspace[0], entry.key());
    }
  }

  /** The members of one write. */
  private final class Write {
    private final EntryReader entry = new EntryReader();
    private final KeyCondition condition = new KeyCondition();
    private final WriteOptionsReader options = new WriteOptionsReader(condition);
    private final RangeReader range = new RangeReader();
    private Keyspace keyspace = keyspaces.defaultKeyspace();
    private @Nullable String op;
  }

  private void readWrite(JsonInput input, boolean isRecord) {
    Write write = new Write();
    input.object("each operation", member -> readWriteMember(member, input, write, isRecord));
    if (isRecord) {
      write.op = "put";
    }
    if (write.op == null) {
      throw new JsonException("op is missing; it is put, delete or delete_range");
    }
    if (write.op.equals("delete_range")) {
      addRangeDelete(write);
    } else if (write.range.isGiven()) {
      throw new JsonException("only a delete_range has prefix, from or to");
    } else if (write.op.equals("put")) {
      addPut(write);
    } else {
      addDelete(write);
    }
  }

  private void readWriteMember(String member, JsonInput input, Write write, boolean isRecord) {
    if (member.equals("keyspace")) {
      write.keyspace = keyspaces.existing(input.text(member));
    } else if (member.equals("op") && !isRecord) {
      write.op = op(input.text(member));
    } else if (!write.entry.read(member, input)
        && (isRecord || !(write.options.read(member, input) || write.range.read(member, input)))) {
      throw EntryReader.unknownMember(member);
    }
  }

  private static String op(String given) {
    return switch (given) {
      case "put", "delete", "delete_range" -> given;
      case "increment" -> throw JsonException.unsupported("op " + given);
      default ->
          throw new JsonException(
              "op must be put, delete or delete_range, not " + Quoted.of(given));
    };
  }

  private void addRangeDelete(Write write) {
    if (write.entry.hasKey()
        || write.entry.hasValue()
        || write.options.ttl() != null
        || !write.condition.isNone()) {
      throw new JsonException(
          "a delete_range has a prefix, or from or to or both, and nothing else");
    }
    KeyRange range = write.range.range();
    byte[] from = range.from();
    if (range.to() == null && (from == null || from.length == 0)) {
      throw new JsonException("give the range to delete: prefix, or from or to or both");
    }
    batch.deleteRange(write.keyspace, range);
  }

  private void addPut(Write write) {
    byte[] key = write.entry.key();
    write.condition.addTo(batch, write.keyspace, key);
    byte[] value = ValueLimit.check(write.entry.value());
    Duration ttl = write.options.ttl();
    if (ttl == null) {
      batch.put(write.keyspace, key, value);
    } else {
      batch.put(write.keyspace, key, value, ttl);
    }
  }

  private void addDelete(Write write) {
    byte[] key = write.entry.key();
    if (write.entry.hasValue() || write.options.ttl() != null) {
      throw new JsonException("a delete has no value and no ttl");
    }
    write.condition.addTo(batch, write.keyspace, key);
    batch.delete(write.keyspace, key);
  }
}
