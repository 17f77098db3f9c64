package io.apexstore.server.rest.body;

import io.apexstore.server.http.json.JsonException;
import io.apexstore.server.http.json.JsonInput;
import io.apexstore.server.rest.context.KeyCondition;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * Collects the members of a JSON object that say how a key is written: {@code ttl}, {@code
 * if_version}, {@code if_absent}, {@code if_present}.
 *
 * <p><b>Threads:</b> confined to one.
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
   * Creates a reader of options that add to those of the request's query.
   *
   * @param condition receives the condition on the key
   * @param ttl the time to live that the query gave, or null
   */
  public WriteOptionsReader(KeyCondition condition, @Nullable Duration ttl) {
    this.condition = condition;
    this.ttl = ttl;
  }

  /** Takes a member, or returns false if it is none of these. */
  public boolean take(String member, JsonInput input) {
    switch (member) {
      case "ttl" -> {
        if (ttl != null) {
          throw new JsonException("ttl is given twice");
        }
        ttl = Ttl.of(input.whole("ttl"));
      }
      case "if_version" -> condition.version("if_version", input.whole("if_version"));
      case "if_absent" -> {
        requireTrue(member, input);
        condition.absent();
      }
      case "if_present" -> {
        requireTrue(member, input);
        condition.present();
      }
      default -> {
        return false;
      }
    }
    return true;
  }

  private static void requireTrue(String member, JsonInput input) {
    if (!input.bool(member)) {
      throw new JsonException(member + " must be true, or left out");
    }
  }

  /** How long the entry lives, or null for ever. */
  public @Nullable Duration ttl() {
    return ttl;
  }
}
