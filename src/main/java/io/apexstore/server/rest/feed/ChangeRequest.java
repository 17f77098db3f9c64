package io.apexstore.server.rest.feed;

import io.apexstore.ApexStore;
import io.apexstore.ChangeFeed;
import io.apexstore.server.http.Exchange;
import io.apexstore.server.http.Problem;
import io.apexstore.server.http.ProblemException;
import io.apexstore.server.http.Query;
import io.apexstore.server.http.Quoted;
import io.apexstore.server.rest.context.KeyspaceLookup;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * What a consumer of changes asked for.
 *
 * @param format how it wants to be answered
 * @param prefix keys begin with it; empty for all
 * @param keyspaces their names; empty for all
 * @param since the token to go on behind, or null
 * @param snapshot whether it wants a snapshot first where it has no token
 * @param timeoutSeconds how long a page waits for a first change
 * @param limit most changes on a page
 */
@SuppressWarnings("ArrayRecordComponent") // never changed once it stands here
record ChangeRequest(
    Format format,
    byte[] prefix,
    List<String> keyspaces,
    @Nullable String since,
    boolean snapshot,
    int timeoutSeconds,
    int limit) {
  /** Changes on a page unless another number is asked for. */
  static final int PAGE_CHANGES = 1_000;

  /** Most changes on a page. */
  static final int PAGE_CHANGES_MAX = 10_000;

  /** Longest time that a page waits. */
  static final int TIMEOUT_SECONDS_MAX = 60;

  private static final String LAST_EVENT_ID = "Last-Event-ID";

  /** How changes are answered. */
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

  /** Reads a request. */
  static ChangeRequest of(Exchange exchange) {
    Query query = exchange.query();
    byte[] prefix = query.bytes("prefix");
    String lastEventId = exchange.header(LAST_EVENT_ID);
    Format format = format(exchange, query);
    return new ChangeRequest(
        format,
        prefix == null ? new byte[0] : prefix,
        keyspaces(query),
        // A browser that connects again asks for the same address as at first.
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
      return exchange.accepts(Format.SSE.mediaType())
          ? Format.SSE
          : exchange.accepts(Format.NDJSON.mediaType()) ? Format.NDJSON : Format.JSON;
    }
    return switch (asked) {
      case "sse" -> Format.SSE;
      case "ndjson" -> Format.NDJSON;
      case "json" -> Format.JSON;
      default -> throw malformed("format must be sse, ndjson or json, not " + Quoted.of(asked));
    };
  }

  // One that is not there yet, or not any more, may be named: its changes are told of.
  private static List<String> keyspaces(Query query) {
    String names = query.text("keyspace");
    if (names == null) {
      return List.of();
    }
    List<String> asked = List.of(names.split(",", -1)).stream().distinct().toList();
    for (String name : asked) {
      if (!KeyspaceLookup.isAllowed(name)) {
        throw KeyspaceLookup.absent(name).exception();
      }
    }
    return asked;
  }

  private static int ofPage(Format format, Query query, String name, int absent, int min, int max) {
    if (!query.has(name)) {
      return absent;
    }
    if (format != Format.JSON) {
      throw malformed(name + " is of pages: it goes with format json, not " + format.shortName());
    }
    return (int) query.whole(name, min, max);
  }

  private static ProblemException malformed(String detail) {
    return Problem.of(Problem.Kind.MALFORMED_REQUEST, detail).exception();
  }
}
