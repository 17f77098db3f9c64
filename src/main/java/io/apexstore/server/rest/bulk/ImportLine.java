package io.apexstore.server.rest.bulk;

import io.apexstore.server.http.json.JsonException;
import io.apexstore.server.http.json.JsonInput;
import io.apexstore.server.rest.body.EntryReader;
import io.apexstore.server.rest.body.Ttl;
import io.apexstore.server.rest.body.ValueLimit;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * The entry on a line of an import.
 *
 * <pre>{@code
 * {"key": "a", "value": "1"}
 * {"key": "a", "value": "1", "ttl": 60}
 * {"key": "a", "value": "1", "version": 7, "expires_at_ms": 1767225600000}
 * }</pre>
 *
 * <p>The last form is a line of an export. Its version is ignored, because the entry gets a new
 * one. An entry that has expired since the export is stored and expires at once.
 *
 * @param key the key
 * @param value the value
 * @param ttl the time to live, or null if the entry does not expire
 */
@SuppressWarnings("ArrayRecordComponent") // Never compared.
record ImportLine(byte[] key, byte[] value, @Nullable Duration ttl) {
  /**
   * How far the clock of the exporting machine may be ahead of this one, so that an entry with the
   * longest time to live is still accepted.
   */
  private static final long EXPIRY_SLACK_MS = 24L * 3_600 * 1_000;

  /**
   * Parses a line; on any thread.
   *
   * @return null for a blank line
   */
  static @Nullable ImportLine parse(byte[] bytes, int offset, int length) {
    if (isBlank(bytes, offset, length)) {
      return null;
    }
    EntryReader entry = new EntryReader();
    @Nullable Duration[] ttl = {null};
    JsonInput.read(bytes, offset, length, input -> read(input, entry, ttl));
    return new ImportLine(entry.key(), ValueLimit.check(entry.value()), ttl[0]);
  }

  private static boolean isBlank(byte[] bytes, int offset, int length) {
    for (int i = offset; i < offset + length; i++) {
      if (bytes[i] != ' ' && bytes[i] != '\t') {
        return false;
      }
    }
    return true;
  }

  private static void read(JsonInput input, EntryReader entry, @Nullable Duration[] ttl) {
    input.object(
        "the line",
        member -> {
          switch (member) {
            case "version" -> {
              var _ = input.whole(member);
            }
            case "ttl" -> setTtl(ttl, Ttl.of(input.whole(member)));
            case "expires_at_ms" -> setTtl(ttl, until(input.whole(member)));
            default -> {
              if (!entry.read(member, input)) {
                throw EntryReader.unknownMember(member);
              }
            }
          }
        });
  }

  private static void setTtl(@Nullable Duration[] ttl, Duration given) {
    if (ttl[0] != null) {
      throw new JsonException("ttl and expires_at_ms exclude each other");
    }
    ttl[0] = given;
  }

  private static Duration until(long expiresMs) {
    long now = System.currentTimeMillis();
    long max = now + Ttl.SECONDS_MAX * 1_000 + EXPIRY_SLACK_MS;
    if (expiresMs < 1 || expiresMs > max) {
      throw new JsonException(
          "expires_at_ms must be a time in ms since the epoch, at most a hundred years from now: 1"
              + " to "
              + max
              + ", not "
              + expiresMs);
    }
    return Duration.ofMillis(Math.max(1, expiresMs - now));
  }
}
