package io.apexstore.server.rest.feed;

import io.apexstore.Change;
import io.apexstore.server.http.json.JsonOutput;
import io.apexstore.server.rest.body.EntryJson;
import io.apexstore.server.rest.body.SlicedJson;
import java.lang.foreign.MemorySegment;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** The JSON of a change. */
final class ChangeJson {
  private ChangeJson() {}

  /** Whether a change is a bookmark: a token to resume from, without a change of data. */
  static boolean isBookmark(Change change) {
    return change instanceof Change.Progress progress && progress.stage() == Change.Stage.BOOKMARK;
  }

  /** Returns the bytes of a change's keys and values. */
  static long bytes(Change change) {
    return switch (change) {
      case Change.KeyChange key ->
          length(key.key()) + length(key.value()) + length(key.previousValue());
      case Change.RangeDelete range -> length(range.range().from()) + length(range.range().to());
      case Change.Progress progress -> 0;
    };
  }

  private static long length(byte @Nullable [] bytes) {
    return bytes == null ? 0 : bytes.length;
  }

  /** Returns the name of a change's type. */
  static String type(Change change) {
    return switch (change) {
      case Change.KeyChange key -> key.cause().name().toLowerCase(Locale.ROOT);
      case Change.RangeDelete range -> "range_delete";
      case Change.Progress progress -> progress.stage().name().toLowerCase(Locale.ROOT);
    };
  }

  /** Adds a change to JSON that is written piece by piece. */
  static void add(SlicedJson json, Change change) {
    json.add(
        out -> {
          out.beginObject().name("type").string(type(change));
          out.name("token").string(change.token());
          out.name("version").number(change.version());
        });
    switch (change) {
      case Change.KeyChange key -> addKeyChange(json, key);
      case Change.RangeDelete range -> addRangeDelete(json, range);
      case Change.Progress progress -> {}
    }
    json.add(JsonOutput::endObject);
  }

  private static void addKeyChange(SlicedJson json, Change.KeyChange change) {
    json.add(
        out -> {
          if (change.cause() != Change.Cause.SNAPSHOT) {
            writePosition(out, change.index(), change.endsBatch(), change.commitTimeMs());
          }
          out.name("keyspace").string(change.keyspace());
        });
    addBytes(json, "key", change.key());
    addBytes(json, "value", change.value());
    addBytes(json, "previous_value", change.previousValue());
    if (change.expiryMs() != 0) {
      json.add(out -> out.name("expires_at_ms").number(change.expiryMs()));
    }
  }

  private static void addRangeDelete(SlicedJson json, Change.RangeDelete change) {
    json.add(
        out -> {
          writePosition(out, change.index(), change.endsBatch(), change.commitTimeMs());
          out.name("keyspace").string(change.keyspace());
        });
    addBytes(json, "from", change.range().from());
    addBytes(json, "to", change.range().to());
  }

  private static void addBytes(SlicedJson json, String name, byte @Nullable [] bytes) {
    if (bytes == null) {
      return;
    }
    if (bytes.length <= EntryJson.SHORT_BYTES) {
      json.add(out -> out.bytes(name, bytes));
    } else {
      json.addBytes(name, MemorySegment.ofArray(bytes));
    }
  }

  private static void writePosition(JsonOutput out, int index, boolean endsBatch, long timeMs) {
    out.name("index").number(index);
    out.name("ends_batch").bool(endsBatch);
    out.name("time_ms").number(timeMs);
  }
}
