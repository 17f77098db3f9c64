package io.apexstore.server.rest.body;

import io.apexstore.server.http.Query;
import io.apexstore.server.http.json.JsonException;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/** How long an entry lives, in whole seconds. */
public final class Ttl {
  /** The longest: a hundred years. */
  public static final long SECONDS_MAX = 100L * 366 * 24 * 3600;

  private Ttl() {}

  /** Returns the parameter {@code ttl} of a query, or null if the query has none. */
  public static @Nullable Duration of(Query query) {
    return query.has("ttl") ? Duration.ofSeconds(query.whole("ttl", 1, SECONDS_MAX)) : null;
  }

  /** Checks one that was given in JSON. */
  public static Duration of(long seconds) {
    if (seconds < 1 || seconds > SECONDS_MAX) {
      throw new JsonException(
          "ttl must be a whole number of seconds from 1 to " + SECONDS_MAX + ", not " + seconds);
    }
    return Duration.ofSeconds(seconds);
  }
}
