package io.apexstore.server.rest;

import io.apexstore.KeyRange;
import io.apexstore.Keyspace;
import io.apexstore.WriteBatch;
import io.apexstore.server.http.json.JsonException;
import io.apexstore.server.http.json.JsonInput;
import java.util.Arrays;
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
      case "prefix" -> prefix = once(prefix, "prefix", input.utf8(member));
      case "prefix_base64" -> prefix = once(prefix, "prefix", input.base64(member));
      case "from" -> from = once(from, "from", input.utf8(member));
      case "from_base64" -> from = once(from, "from", input.base64(member));
      case "to" -> to = once(to, "to", input.utf8(member));
      case "to_base64" -> to = once(to, "to", input.base64(member));
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

  private static byte[] once(byte @Nullable [] before, String what, byte[] now) {
    if (before != null) {
      throw new JsonException(what + " is given twice");
    }
    return now;
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
    if (from != null && to != null && Arrays.compareUnsigned(from, to) >= 0) {
      throw new JsonException("from must be below to: nothing lies between them");
    }
    KeyRange range = prefix == null ? new KeyRange(from, to) : KeyRange.prefix(prefix);
    batch.requireUnchanged(keyspace, range, since);
  }
}
