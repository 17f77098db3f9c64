package io.apexstore.server.rest.feed;

import io.apexstore.Change;
import io.apexstore.server.http.json.JsonOutput;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** Changes as JSON. */
final class ChangeJson {
  // Beside keys, values and names: a change's members, and the frame of an event.
  private static final int FRAME_BYTES = 512;
  // What is shorter is not worth counting escapes for.
  private static final int SHORT_BYTES = 4 << 10;
  private static final int ESCAPE_BYTES = 6;

  private ChangeJson() {}

  /** Whether a change only says how far a feed is, for one who asks from there again. */
  static boolean isBookmark(Change change) {
    return change instanceof Change.Progress progress && progress.stage() == Change.Stage.BOOKMARK;
  }

  /** Returns how many bytes a change takes at most, written here and framed as an event. */
  static long bytesMax(Change change) {
    long bytes = FRAME_BYTES + 2L * change.token().length();
    return switch (change) {
      case Change.KeyChange key ->
          bytes
              + (long) ESCAPE_BYTES * key.keyspace().length()
              + bytesMax(key.key())
              + bytesMax(key.value())
              + bytesMax(key.previousValue());
      case Change.RangeDelete range ->
          bytes
              + (long) ESCAPE_BYTES * range.keyspace().length()
              + bytesMax(range.range().from())
              + bytesMax(range.range().to());
      case Change.Progress progress -> bytes;
    };
  }

  private static long bytesMax(byte @Nullable [] bytes) {
    if (bytes == null) {
      return 0;
    }
    return bytes.length <= SHORT_BYTES
        ? (long) ESCAPE_BYTES * bytes.length
        : JsonOutput.bytesLength(bytes);
  }

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
