package io.apexstore.server.rest.scan;

import io.apexstore.ApexStore;
import io.apexstore.Cursor;
import io.apexstore.KeyRange;
import io.apexstore.Keyspace;
import io.apexstore.ScanOptions;
import io.apexstore.Snapshot;
import io.apexstore.server.http.Problem;
import io.apexstore.server.http.Query;
import java.util.Arrays;
import java.util.Base64;
import org.jspecify.annotations.Nullable;

/**
 * What a scan was asked for.
 *
 * @param range the keys
 * @param options the direction, and whether values are wanted
 * @param limit most entries, or {@link Long#MAX_VALUE}
 * @param at the version to read, 0 for the newest
 */
record ScanRequest(KeyRange range, ScanOptions options, long limit, long at) {
  /** Entries on a page unless another number is asked for. */
  static final int PAGE_ENTRIES = 100;

  /** Most entries on a page. */
  static final int PAGE_ENTRIES_MAX = 10_000;

  /** Reads the query of a page. */
  static ScanRequest page(Query query) {
    return of(query, query.count("limit", PAGE_ENTRIES, PAGE_ENTRIES_MAX));
  }

  /** Reads the query of a stream, which goes on to the end of the range unless told otherwise. */
  static ScanRequest stream(Query query) {
    int limit = query.count("limit", Integer.MAX_VALUE, Integer.MAX_VALUE);
    return of(query, limit == Integer.MAX_VALUE ? Long.MAX_VALUE : limit);
  }

  private static ScanRequest of(Query query, long limit) {
    boolean reverse = query.flag("reverse");
    byte[] prefix = query.bytes("prefix");
    KeyRange range = prefix == null ? KeyRange.all() : KeyRange.prefix(prefix);
    range = narrowed(range, query.bytes("from"), query.bytes("to"));
    byte[] last = cursor(query.text("cursor"));
    if (last != null) {
      // Forwards the next key is the last one with a zero byte behind it.
      range =
          reverse
              ? narrowed(range, null, last)
              : narrowed(range, Arrays.copyOf(last, last.length + 1), null);
    }
    long at = query.has("at") ? query.whole("at", 1, Long.MAX_VALUE) : 0;
    return new ScanRequest(range, new ScanOptions(reverse, query.flag("keys_only")), limit, at);
  }

  private static KeyRange narrowed(KeyRange range, byte @Nullable [] from, byte @Nullable [] to) {
    byte[] low = range.from();
    if (low == null || (from != null && Arrays.compareUnsigned(from, low) > 0)) {
      low = from;
    }
    byte[] high = range.to();
    if (high == null || (to != null && Arrays.compareUnsigned(to, high) < 0)) {
      high = to;
    }
    return new KeyRange(low, high);
  }

  /** Opens the walk. It may wait for the disk. */
  Cursor open(ApexStore store, Keyspace keyspace) {
    if (at == 0) {
      return keyspace.scan(range, options);
    }
    // The cursor keeps what it reads also when the snapshot is closed.
    try (Snapshot past = store.snapshotAt(at)) {
      return past.scan(keyspace, range, options);
    }
  }

  /** Whether no key can lie in the range. */
  boolean isEmpty() {
    byte[] from = range.from();
    byte[] to = range.to();
    return from != null && to != null && Arrays.compareUnsigned(from, to) >= 0;
  }

  /** Returns the cursor that goes on behind a key. */
  static String cursorBehind(byte[] lastKey) {
    return Base64.getUrlEncoder().withoutPadding().encodeToString(lastKey);
  }

  private static byte @Nullable [] cursor(@Nullable String text) {
    if (text == null) {
      return null;
    }
    try {
      return Base64.getUrlDecoder().decode(text);
    } catch (IllegalArgumentException e) {
      throw Problem.of(Problem.Kind.MALFORMED_REQUEST, "cursor is none that was given out")
          .exception();
    }
  }
}
