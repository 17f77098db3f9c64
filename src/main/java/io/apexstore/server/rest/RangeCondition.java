package io.apexstore.server.rest;

import io.apexstore.KeyRange;
import io.apexstore.Keyspace;
import io.apexstore.WriteBatch;
import io.apexstore.server.http.json.JsonException;
import io.apexstore.server.http.json.JsonInput;
import org.jspecify.annotations.Nullable;

/**
 * Collects the members of a condition on a range: {@code prefix}, or {@code from} and {@code to},
 * and {@code unchanged_since}.
 *
 * <p><b>Threads:</b> confined to one.
 */
final class RangeCondition {
  private byte @Nullable [] prefix;
  private byte @Nullable [] from;
  private byte @Nullable [] to;
  private long since = -1;

  /** Takes a member, or returns false if it is none of these. */
  boolean take(String member, JsonInput input) {
    switch (member) {
      case "prefix" -> prefix = input.utf8(member);
      case "from" -> from = input.utf8(member);
      case "to" -> to = input.utf8(member);
      case "unchanged_since" -> {
        since = input.whole(member);
        if (since < 0) {
          throw new JsonException("unchanged_since must be a version: a whole number from 0 on");
        }
      }
      default -> {
        return false;
      }
    }
    return true;
  }

  /** Whether any of them was there. */
  boolean isGiven() {
    return prefix != null || from != null || to != null || since >= 0;
  }

  /** Adds the condition to a batch. */
  void addTo(WriteBatch batch, Keyspace keyspace) {
    if (since < 0) {
      throw new JsonException("a condition on a range needs unchanged_since");
    }
    if (prefix != null && (from != null || to != null)) {
      throw new JsonException("prefix excludes from and to");
    }
    KeyRange range = prefix == null ? new KeyRange(from, to) : KeyRange.prefix(prefix);
    batch.requireUnchanged(keyspace, range, since);
  }
}
