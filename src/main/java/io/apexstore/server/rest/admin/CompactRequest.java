package io.apexstore.server.rest.admin;

import io.apexstore.ApexStore;
import io.apexstore.KeyRange;
import io.apexstore.Keyspace;
import io.apexstore.server.http.json.JsonException;
import io.apexstore.server.http.json.JsonInput;
import io.apexstore.server.rest.body.EntryReader;
import io.apexstore.server.rest.body.RangeReader;
import io.apexstore.server.rest.context.KeyspaceLookup;
import org.jspecify.annotations.Nullable;

/**
 * What a compaction covers: the whole store, a keyspace, or a range of a keyspace. Equal requests
 * cover the same.
 *
 * <pre>{@code
 * {}
 * {"keyspace": "events"}
 * {"keyspace": "events", "prefix": "2026-"}
 * {"from": "a", "to": "b"}
 * }</pre>
 *
 * @param keyspace the name of the keyspace, or null for the whole store
 * @param range the range of the keyspace
 */
record CompactRequest(@Nullable String keyspace, KeyRange range) {
  private static final CompactRequest EVERYTHING = new CompactRequest(null, KeyRange.all());

  /** Reads a body. An empty body, or one without members, means the whole store. */
  static CompactRequest read(byte[] body, KeyspaceLookup keyspaces) {
    if (body.length == 0) {
      return EVERYTHING;
    }
    RangeReader rangeReader = new RangeReader();
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
                  } else if (!rangeReader.read(member, input)) {
                    throw EntryReader.unknownMember(member);
                  }
                }));
    KeyRange range = rangeReader.range();
    if (rangeReader.isGiven() && range.from() == null && range.to() == null) {
      throw new JsonException("the prefix must not be empty; leave it out");
    }
    checkBound(range.from());
    checkBound(range.to());
    if (keyspace[0] == null && !rangeReader.isGiven()) {
      return EVERYTHING;
    }
    Keyspace named = keyspace[0] == null ? keyspaces.defaultKeyspace() : keyspace[0];
    return new CompactRequest(named.name(), range);
  }

  private static void checkBound(byte @Nullable [] bound) {
    if (bound != null && (bound.length == 0 || bound.length > EntryReader.KEY_BYTES_MAX)) {
      throw new JsonException(
          "a bound has 1 to "
              + EntryReader.KEY_BYTES_MAX
              + " bytes, not "
              + bound.length
              + "; leave out one that is not needed");
    }
  }

  /** Compacts it and returns when that is done. */
  void compact(ApexStore store) {
    if (keyspace == null) {
      store.compact();
      return;
    }
    Keyspace existing = store.existingKeyspace(keyspace);
    if (existing == null) {
      throw KeyspaceLookup.notFound(keyspace).exception();
    }
    existing.compact(range);
  }
}
