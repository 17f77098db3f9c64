package io.apexstore.server.rest.body;

import io.apexstore.server.http.Query;
import io.apexstore.server.http.json.JsonException;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/** The time to live of an entry, in whole seconds. */
public final class Ttl {
  /** The longest time to live: a hundred years. */
  public static final long SECONDS_MAX = 100L * 366 * 24 * 3600;

  private Ttl() {}

  /**
   * Returns the query parameter {@code ttl}, or null if the query does not have it.
   *
   * @throws io.apexstore.server.http.ProblemException {@code MALFORMED_REQUEST} if it is out of
   *     range
   */
  public static @Nullable Duration of(Query query) {
    return query.has("ttl") ? Duration.ofSeconds(query.whole("ttl", 1, SECONDS_MAX)) : null;
  }

  /**
   * Returns a time to live that JSON gives in seconds.
   *
   * @throws JsonException if it is out of range
   */
  public static Duration of(long seconds) {
    if (seconds < 1 || seconds > SECONDS_MAX) {
      throw new JsonException(
          "ttl must be a whole number of seconds from 1 to " + SECONDS_MAX + ", not " + seconds);
    }
    return Duration.ofSeconds(seconds);
  }
}
