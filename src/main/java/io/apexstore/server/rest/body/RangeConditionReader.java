package io.apexstore.server.rest.body;

import io.apexstore.Keyspace;
import io.apexstore.WriteBatch;
import io.apexstore.server.http.json.JsonException;
import io.apexstore.server.http.json.JsonInput;

/**
 * Reads the members of a JSON object that is a condition on a range: {@code prefix}, or {@code
 * from} and {@code to}, and {@code unchanged_since}.
 *
 * <p><b>Threads:</b> confined to one thread at a time.
 */
public final class RangeConditionReader {
  private final RangeReader range = new RangeReader();

  /** The version since which the range must be unchanged, or -1 if not given. */
  private long since = -1;

  /** Reads a member's value, or returns false if the member is none of this reader's. */
  public boolean read(String member, JsonInput input) {
    if (!member.equals("unchanged_since")) {
      return range.read(member, input);
    }
    since = input.whole(member);
    if (since < 0) {
      throw new JsonException(
          "unchanged_since must be a version, a whole number of at least 0, not " + since);
    }
    return true;
  }

  /** Whether the object has any of the members. */
  public boolean isGiven() {
    return range.isGiven() || since >= 0;
  }

  /**
   * Adds the condition to a batch.
   *
   * @throws JsonException if the object has no {@code unchanged_since} or its range is illegal
   */
  public void addTo(WriteBatch batch, Keyspace keyspace) {
    if (since < 0) {
      throw new JsonException("a condition on a range needs unchanged_since");
    }
    batch.requireUnchanged(keyspace, range.range(), since);
  }
}
