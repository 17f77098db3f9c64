package io.apexstore.server.rest.body;

import io.apexstore.server.http.json.JsonException;
import io.apexstore.server.http.json.JsonInput;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * Reads the members of a JSON object that are options of a write: {@code ttl}, {@code if_version},
 * {@code if_absent}, {@code if_present}.
 *
 * <p><b>Threads:</b> confined to one thread at a time.
 */
public final class WriteOptionsReader {
  private final KeyCondition condition;
  private @Nullable Duration ttl;

  /**
   * Creates a reader.
   *
   * @param condition receives the condition on the key
   */
  public WriteOptionsReader(KeyCondition condition) {
    this(condition, null);
  }

  /**
   * Creates a reader for a request that may give options in its query, too.
   *
   * @param condition receives the condition on the key
   * @param ttl the time to live in the query, or null
   */
  public WriteOptionsReader(KeyCondition condition, @Nullable Duration ttl) {
    this.condition = condition;
    this.ttl = ttl;
  }

  /** Reads a member's value, or returns false if the member is none of this reader's. */
  public boolean read(String member, JsonInput input) {
    switch (member) {
      case "ttl" -> {
        if (ttl != null) {
          throw new JsonException("ttl is given twice");
        }
        ttl = Ttl.of(input.whole("ttl"));
      }
      case "if_version" -> condition.requireVersion("if_version", input.whole("if_version"));
      case "if_absent" -> {
        readTrue(member, input);
        condition.requireAbsent();
      }
      case "if_present" -> {
        readTrue(member, input);
        condition.requirePresent();
      }
      default -> {
        return false;
      }
    }
    return true;
  }

  private static void readTrue(String member, JsonInput input) {
    if (!input.bool(member)) {
      throw new JsonException(member + " must be true or left out");
    }
  }

  /** Returns the time to live of the entry, or null if it does not expire. */
  public @Nullable Duration ttl() {
    return ttl;
  }
}
