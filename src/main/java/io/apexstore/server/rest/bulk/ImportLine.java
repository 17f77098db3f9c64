package io.apexstore.server.rest.bulk;

import io.apexstore.Keyspace;
import io.apexstore.WriteBatch;
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
 * one. Its expiry is kept exactly, so an entry that has expired since the export stays expired.
 *
 * @param key the key
 * @param value the value
 * @param ttl the time to live, or null
 * @param expiresMs the moment of expiry in ms since the epoch, or 0; without it and a time to live,
 *     the entry expires as the keyspace's options say
 */
@SuppressWarnings("ArrayRecordComponent") // Never compared.
record ImportLine(byte[] key, byte[] value, @Nullable Duration ttl, long expiresMs) {
  /** The members of a line that say when the entry expires. */
  private static final class Expiry {
    private @Nullable Duration ttl;
    private long expiresMs;

    void set(@Nullable Duration newTtl, long newExpiresMs) {
      if (ttl != null || expiresMs != 0) {
        throw new JsonException("ttl and expires_at_ms exclude each other, and each is given once");
      }
      ttl = newTtl;
      expiresMs = newExpiresMs;
    }
  }

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
    Expiry expiry = new Expiry();
    JsonInput.read(bytes, offset, length, input -> read(input, entry, expiry));
    return new ImportLine(
        entry.key(), ValueLimit.check(entry.value()), expiry.ttl, expiry.expiresMs);
  }

  private static boolean isBlank(byte[] bytes, int offset, int length) {
    for (int i = offset; i < offset + length; i++) {
      if (bytes[i] != ' ' && bytes[i] != '\t') {
        return false;
      }
    }
    return true;
  }

  private static void read(JsonInput input, EntryReader entry, Expiry expiry) {
    input.object(
        "the line",
        member -> {
          switch (member) {
            case "version" -> {
              var _ = input.whole(member);
            }
            case "ttl" -> expiry.set(Ttl.of(input.whole(member)), 0);
            case "expires_at_ms" -> expiry.set(null, moment(input.whole(member)));
            default -> {
              if (!entry.read(member, input)) {
                throw EntryReader.unknownMember(member);
              }
            }
          }
        });
  }

  private static long moment(long expiresMs) {
    if (expiresMs < 1) {
      throw new JsonException(
          "expires_at_ms must be a moment in ms since the epoch, 1 to "
              + Long.MAX_VALUE
              + ", not "
              + expiresMs);
    }
    return expiresMs;
  }

  /** Adds the entry to a batch. */
  void addTo(WriteBatch batch, Keyspace keyspace) {
    Duration lifetime = ttl;
    if (expiresMs != 0) {
      batch.putUntil(keyspace, key, value, expiresMs);
    } else if (lifetime != null) {
      batch.put(keyspace, key, value, lifetime);
    } else {
      batch.put(keyspace, key, value);
    }
  }
}
