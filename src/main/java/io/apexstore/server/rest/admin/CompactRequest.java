package io.apexstore.server.rest.admin;

import io.apexstore.ApexStore;
import io.apexstore.KeyRange;
import io.apexstore.Keyspace;
import io.apexstore.server.http.json.JsonException;
import io.apexstore.server.http.json.JsonInput;
import io.apexstore.server.rest.body.EntryReader;
import io.apexstore.server.rest.body.RangeReader;
import io.apexstore.server.rest.context.KeyspaceLookup;
import java.util.Base64;
import org.jspecify.annotations.Nullable;

/**
 * What is to be compacted: everything, a keyspace, or a range of one.
 *
 * <pre>{@code
 * {}
 * {"keyspace": "events"}
 * {"keyspace": "events", "prefix": "2026-"}
 * {"from": "a", "to": "b"}
 * }</pre>
 *
 * @param keyspace the keyspace, or null: all of them, wholly
 * @param range the range of the keyspace
 */
record CompactRequest(@Nullable Keyspace keyspace, KeyRange range) {
  private static final CompactRequest EVERYTHING = new CompactRequest(null, KeyRange.all());

  /** Reads a body; one without members, or none, means everything. */
  static CompactRequest read(byte[] body, KeyspaceLookup keyspaces) {
    if (body.length == 0) {
      return EVERYTHING;
    }
    RangeReader members = new RangeReader();
    @Nullable Keyspace[] keyspace = {null};
    JsonInput.read(
        body,
        0,
        body.length,
        input ->
            input.object(
                "",
                member -> {
                  if (member.equals("keyspace")) {
                    keyspace[0] = keyspaces.existing(input.text(member));
                  } else if (!members.take(member, input)) {
                    throw EntryReader.unknown(member);
                  }
                }));
    KeyRange range = members.range();
    if (members.isGiven() && range.from() == null && range.to() == null) {
      throw new JsonException("an empty prefix is none; leave it out");
    }
    check(range.from());
    check(range.to());
    if (keyspace[0] == null && !members.isGiven()) {
      return EVERYTHING;
    }
    return new CompactRequest(keyspace[0] == null ? keyspaces.standard() : keyspace[0], range);
  }

  private static void check(byte @Nullable [] bound) {
    if (bound != null && (bound.length == 0 || bound.length > EntryReader.KEY_BYTES_MAX)) {
      throw new JsonException(
          "a bound of "
              + bound.length
              + " bytes; allowed are 1 to "
              + EntryReader.KEY_BYTES_MAX
              + ", or to leave it out");
    }
  }

  /** Returns a text that is the same for the same target only. */
  String target() {
    Keyspace one = keyspace;
    return one == null ? "" : one.name() + ' ' + text(range.from()) + ' ' + text(range.to());
  }

  private static String text(byte @Nullable [] bound) {
    return bound == null ? "-" : Base64.getEncoder().encodeToString(bound);
  }

  /** Compacts it, and returns when that is done. */
  void compact(ApexStore store) {
    Keyspace one = keyspace;
    if (one == null) {
      store.compact();
    } else {
      one.compact(range);
    }
  }
}
