package io.apexstore.server.rest.feed;

import io.apexstore.ApexStore;
import io.apexstore.ChangeFeed;
import io.apexstore.server.http.Exchange;
import io.apexstore.server.http.MediaTypes;
import io.apexstore.server.http.Problem;
import io.apexstore.server.http.ProblemException;
import io.apexstore.server.http.Query;
import io.apexstore.server.http.Quoted;
import io.apexstore.server.rest.context.KeyspaceLookup;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * A parsed request for changes.
 *
 * @param format the format of the answer
 * @param prefix the prefix of the keys; empty for all keys
 * @param keyspaces the names of the keyspaces; empty for all keyspaces
 * @param since the token after which the feed resumes, or null
 * @param snapshot whether a feed without a token begins with a snapshot
 * @param timeoutSeconds how long a page waits for its first change, in s
 * @param limit the most changes on a page
 */
@SuppressWarnings("ArrayRecordComponent") // Never changed.
record ChangeRequest(
    Format format,
    byte[] prefix,
    List<String> keyspaces,
    @Nullable String since,
    boolean snapshot,
    int timeoutSeconds,
    int limit) {
  /** The default number of changes on a page. */
  static final int PAGE_CHANGES = 1_000;

  /** The most changes on a page. */
  static final int PAGE_CHANGES_MAX = 10_000;

  /** The longest time that a page waits, in s. */
  static final int TIMEOUT_SECONDS_MAX = 60;

  private static final String LAST_EVENT_ID = "Last-Event-ID";

  /** The format of an answer. */
  enum Format {
    /** Server-sent events. */
    SSE("text/event-stream"),
    /** Lines of JSON. */
    NDJSON("application/x-ndjson"),
    /** One page of JSON. */
    JSON("application/json");

    private final String mediaType;

    Format(String mediaType) {
      this.mediaType = mediaType;
    }

    String mediaType() {
      return mediaType;
    }

    String shortName() {
      return name().toLowerCase(Locale.ROOT);
    }
  }

  private static final MediaTypes MEDIA_TYPES =
      MediaTypes.of(Format.JSON.mediaType(), Format.NDJSON.mediaType(), Format.SSE.mediaType());

  /** Reads a request. The header Last-Event-ID takes precedence over the parameter since. */
  static ChangeRequest of(Exchange exchange, Query query) {
    byte[] prefix = query.bytes("prefix");
    String lastEventId = exchange.header(LAST_EVENT_ID);
    Format format = format(exchange, query);
    return new ChangeRequest(
        format,
        prefix == null ? new byte[0] : prefix,
        keyspaces(query),
        // A browser that reconnects repeats the first address.
        lastEventId == null || lastEventId.isEmpty() ? query.text("since") : lastEventId,
        query.flag("snapshot"),
        ofPage(format, query, "timeout", 0, 0, TIMEOUT_SECONDS_MAX),
        ofPage(format, query, "limit", PAGE_CHANGES, 1, PAGE_CHANGES_MAX));
  }

  /** Opens the feed; may wait for the disk. */
  ChangeFeed open(ApexStore store) {
    ChangeFeed.Builder feed =
        store.changes().prefix(prefix).keyspaces(keyspaces.toArray(String[]::new));
    if (since != null) {
      feed.from(since);
    }
    if (snapshot) {
      feed.withSnapshot();
    }
    return feed.open();
  }

  private static Format format(Exchange exchange, Query query) {
    String asked = query.text("format");
    if (asked == null) {
      String preferred = exchange.preferred(MEDIA_TYPES);
      return preferred.equals(Format.SSE.mediaType())
          ? Format.SSE
          : preferred.equals(Format.NDJSON.mediaType()) ? Format.NDJSON : Format.JSON;
    }
    return switch (asked) {
      case "sse" -> Format.SSE;
      case "ndjson" -> Format.NDJSON;
      case "json" -> Format.JSON;
      default -> throw malformed("format must be sse, ndjson or json, not " + Quoted.of(asked));
    };
  }

  // A keyspace that does not exist yet, or any more, may be named: the log may have its changes.
  private static List<String> keyspaces(Query query) {
    String names = query.text("keyspace");
    if (names == null) {
      return List.of();
    }
    List<String> asked = List.of(names.split(",", -1)).stream().distinct().toList();
    for (String name : asked) {
      if (!KeyspaceLookup.isLegalName(name)) {
        throw KeyspaceLookup.notFound(name).exception();
      }
    }
    return asked;
  }

  private static int ofPage(Format format, Query query, String name, int absent, int min, int max) {
    if (!query.has(name)) {
      return absent;
    }
    if (format != Format.JSON) {
      throw malformed(name + " is for pages, so format must be json, not " + format.shortName());
    }
    return (int) query.whole(name, min, max);
  }

  private static ProblemException malformed(String detail) {
    return Problem.of(Problem.Kind.MALFORMED_REQUEST, detail).exception();
  }
}
