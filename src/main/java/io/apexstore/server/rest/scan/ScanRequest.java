package io.apexstore.server.rest.scan;

import io.apexstore.ApexStore;
import io.apexstore.KeyRange;
import io.apexstore.ScanOptions;
import io.apexstore.Snapshot;
import io.apexstore.server.http.Problem;
import io.apexstore.server.http.Query;
import io.apexstore.server.http.Quoted;
import io.apexstore.server.rest.body.EntryReader;
import io.apexstore.server.rest.context.PastVersion;
import java.util.Arrays;
import java.util.Base64;
import org.jspecify.annotations.Nullable;

/**
 * A parsed request for a scan.
 *
 * @param range the keys
 * @param options the direction, and whether values are left out
 * @param limit the most entries, or {@link Long#MAX_VALUE}
 * @param at the version to read, or 0 for the newest one
 */
record ScanRequest(KeyRange range, ScanOptions options, long limit, long at) {
  /** The default number of entries on a page. */
  static final int PAGE_ENTRIES = 100;

  /** The most entries on a page. */
  static final int PAGE_ENTRIES_MAX = 10_000;

  /** Reads the query of a page. */
  static ScanRequest page(ApexStore store, Query query) {
    return of(store, query, query.count("limit", PAGE_ENTRIES, PAGE_ENTRIES_MAX));
  }

  /** Reads the query of a stream, which by default goes on to the end of the range. */
  static ScanRequest stream(ApexStore store, Query query) {
    int limit = query.count("limit", Integer.MAX_VALUE, Integer.MAX_VALUE);
    return of(store, query, limit == Integer.MAX_VALUE ? Long.MAX_VALUE : limit);
  }

  private static ScanRequest of(ApexStore store, Query query, long limit) {
    boolean reverse = query.flag("reverse");
    byte[] prefix = query.bytes("prefix");
    KeyRange range = prefix == null ? KeyRange.all() : KeyRange.prefix(prefix);
    range = intersection(range, query.bytes("from"), query.bytes("to"));
    byte[] last = lastKey(query.text("cursor"));
    if (last != null) {
      range = after(range, last, reverse);
    }
    long at = PastVersion.of(store, query);
    return new ScanRequest(range, new ScanOptions(reverse, query.flag("keys_only")), limit, at);
  }

  private static KeyRange after(KeyRange range, byte[] last, boolean reverse) {
    // In ascending order, the least key past the last one is the last one and a zero byte.
    return reverse
        ? intersection(range, null, last)
        : intersection(range, Arrays.copyOf(last, last.length + 1), null);
  }

  private static KeyRange intersection(
      KeyRange range, byte @Nullable [] from, byte @Nullable [] to) {
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

  /** Opens a snapshot of the version to read. */
  Snapshot snapshot(ApexStore store) {
    return at == 0 ? store.snapshot() : store.snapshotAt(at);
  }

  /** Returns what is left of the range after a key; all of it if the key is null. */
  KeyRange rangeAfter(byte @Nullable [] last) {
    return last == null ? range : after(range, last, options.reverse());
  }

  /** Whether no key can be in the range. */
  boolean isEmpty() {
    byte[] from = range.from();
    byte[] to = range.to();
    return from != null && to != null && Arrays.compareUnsigned(from, to) >= 0;
  }

  /** Returns the parameter {@code cursor} of the page after the one that ends with this key. */
  static String cursorAfter(byte[] lastKey) {
    return Base64.getUrlEncoder().withoutPadding().encodeToString(lastKey);
  }

  private static byte @Nullable [] lastKey(@Nullable String cursor) {
    if (cursor == null) {
      return null;
    }
    try {
      byte[] key = Base64.getUrlDecoder().decode(cursor);
      if (key.length <= EntryReader.KEY_BYTES_MAX) {
        return key;
      }
    } catch (IllegalArgumentException e) {
      // Refused below.
    }
    throw Problem.of(
            Problem.Kind.MALFORMED_REQUEST,
            "cursor must be the cursor of an earlier page, not " + Quoted.of(cursor))
        .exception();
  }
}
