package io.apexstore.server.rest;

import io.apexstore.Change;
import io.apexstore.server.http.json.JsonOutput;
import java.util.Locale;

/** Changes as JSON. */
final class ChangeJson {
  private ChangeJson() {}

  /** Returns the word for what a change is. */
  static String type(Change change) {
    return switch (change) {
      case Change.KeyChange key -> key.cause().name().toLowerCase(Locale.ROOT);
      case Change.RangeDelete range -> "range_delete";
      case Change.Progress progress -> progress.stage().name().toLowerCase(Locale.ROOT);
    };
  }

  static void write(JsonOutput out, Change change) {
    out.beginObject().name("type").string(type(change));
    out.name("token").string(change.token());
    out.name("version").number(change.version());
    switch (change) {
      case Change.KeyChange key -> key(out, key);
      case Change.RangeDelete range -> range(out, range);
      case Change.Progress progress -> {}
    }
    out.endObject();
  }

  private static void key(JsonOutput out, Change.KeyChange change) {
    if (change.cause() != Change.Cause.SNAPSHOT) {
      place(out, change.index(), change.endsBatch(), change.commitTimeMs());
    }
    out.name("keyspace").string(change.keyspace());
    out.bytes("key", change.key());
    byte[] value = change.value();
    if (value != null) {
      out.bytes("value", value);
    }
    byte[] previous = change.previousValue();
    if (previous != null) {
      out.bytes("previous_value", previous);
    }
    if (change.expiryMs() != 0) {
      out.name("expires_at_ms").number(change.expiryMs());
    }
  }

  private static void range(JsonOutput out, Change.RangeDelete change) {
    place(out, change.index(), change.endsBatch(), change.commitTimeMs());
    out.name("keyspace").string(change.keyspace());
    byte[] from = change.range().from();
    if (from != null) {
      out.bytes("from", from);
    }
    byte[] to = change.range().to();
    if (to != null) {
      out.bytes("to", to);
    }
  }

  private static void place(JsonOutput out, int index, boolean endsBatch, long timeMs) {
    out.name("index").number(index);
    out.name("ends_batch").bool(endsBatch);
    out.name("time_ms").number(timeMs);
  }
}
