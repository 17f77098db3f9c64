package io.apexstore.server.rest.feed;

import io.apexstore.Change;
import io.apexstore.server.http.json.JsonOutput;
import io.apexstore.server.rest.body.EntryJson;
import java.util.Locale;

/** The JSON of a change. */
final class ChangeJson {
  /** Upper bound on a change besides keys, values, names and tokens, framed as an event. */
  private static final int FRAME_BYTES = 512;

  private static final int ESCAPE_BYTES = 6;

  private ChangeJson() {}

  /** Whether a change is a bookmark: a token to resume from, without a change of data. */
  static boolean isBookmark(Change change) {
    return change instanceof Change.Progress progress && progress.stage() == Change.Stage.BOOKMARK;
  }

  /** Returns an upper bound on the bytes of a change, written here and framed as an event. */
  static long bytesMax(Change change) {
    long bytes = FRAME_BYTES + 2L * change.token().length();
    return switch (change) {
      case Change.KeyChange key ->
          bytes
              + (long) ESCAPE_BYTES * key.keyspace().length()
              + EntryJson.bytesMax(key.key())
              + EntryJson.bytesMax(key.value())
              + EntryJson.bytesMax(key.previousValue());
      case Change.RangeDelete range ->
          bytes
              + (long) ESCAPE_BYTES * range.keyspace().length()
              + EntryJson.bytesMax(range.range().from())
              + EntryJson.bytesMax(range.range().to());
      case Change.Progress progress -> bytes;
    };
  }

  /** Returns the name of a change's type. */
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
      case Change.KeyChange key -> writeKeyChange(out, key);
      case Change.RangeDelete range -> writeRangeDelete(out, range);
      case Change.Progress progress -> {}
    }
    out.endObject();
  }

  private static void writeKeyChange(JsonOutput out, Change.KeyChange change) {
    if (change.cause() != Change.Cause.SNAPSHOT) {
      writePosition(out, change.index(), change.endsBatch(), change.commitTimeMs());
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

  private static void writeRangeDelete(JsonOutput out, Change.RangeDelete change) {
    writePosition(out, change.index(), change.endsBatch(), change.commitTimeMs());
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

  private static void writePosition(JsonOutput out, int index, boolean endsBatch, long timeMs) {
    out.name("index").number(index);
    out.name("ends_batch").bool(endsBatch);
    out.name("time_ms").number(timeMs);
  }
}
