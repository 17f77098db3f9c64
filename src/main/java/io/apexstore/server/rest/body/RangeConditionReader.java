package io.apexstore.server.rest.body;

import io.apexstore.Keyspace;
import io.apexstore.WriteBatch;
import io.apexstore.server.http.json.JsonException;
import io.apexstore.server.http.json.JsonInput;

/**
 * Collects the members of a condition on a range: {@code prefix}, or {@code from} and {@code to},
 * and {@code unchanged_since}.
 *
 * <p><b>Threads:</b> confined to one.
 */
public final class RangeConditionReader {
  private final RangeReader members = new RangeReader();
  private long since = -1;

  /** Takes a member, or returns false if it is none of these. */
  public boolean take(String member, JsonInput input) {
    if (!member.equals("unchanged_since")) {
      return members.take(member, input);
    }
    since = input.whole(member);
    if (since < 0) {
      throw new JsonException(
          "unchanged_since must be a version: a whole number from 0 on, not " + since);
    }
    return true;
  }

  /** Whether any of them was there. */
  public boolean isGiven() {
    return members.isGiven() || since >= 0;
  }

  /** Adds the condition to a batch. */
  public void addTo(WriteBatch batch, Keyspace keyspace) {
    if (since < 0) {
      throw new JsonException("a condition on a range needs unchanged_since");
    }
    batch.requireUnchanged(keyspace, members.range(), since);
  }
}
