package io.apexstore.server.rest.body;

import io.apexstore.LentValue;
import io.apexstore.VersionedValue;
import io.apexstore.server.http.json.JsonOutput;
import java.lang.foreign.MemorySegment;
import org.jspecify.annotations.Nullable;

/**
 * The JSON of an entry, the same in every answer.
 *
 * <pre>{@code
 * {"key": "a", "value": "1", "version": 7, "expires_at_ms": 1767225600000}
 * }</pre>
 *
 * <p>A key or value that is not UTF-8 is written as {@code key_base64} or {@code value_base64}.
 * {@code value} is left out if only keys are asked for, {@code expires_at_ms} if the entry does not
 * expire.
 */
public final class EntryJson {
  /** A key and a value of at most this many bytes together are not written in slices. */
  public static final int SHORT_BYTES = 4 << 10;

  private EntryJson() {}

  /** Writes an entry. */
  public static JsonOutput write(JsonOutput out, byte[] key, VersionedValue entry) {
    return write(out, key, entry.value(), entry.version(), entry.expiresMs());
  }

  /** Writes an entry with a short value, or without its value if that is null. */
  public static JsonOutput write(
      JsonOutput out, byte[] key, byte @Nullable [] value, long version, long expiresMs) {
    out.beginObject().bytes("key", key);
    if (value != null) {
      out.bytes("value", value);
    }
    return end(out, version, expiresMs);
  }

  /** Adds an entry to JSON that is written piece by piece; its value must stay open meanwhile. */
  public static SlicedJson add(SlicedJson json, byte[] key, LentValue entry) {
    long version = entry.version();
    long expiresMs = entry.expiresMs();
    return json.add(JsonOutput::beginObject)
        .addBytes("key", MemorySegment.ofArray(key))
        .addBytes("value", entry.bytes())
        .add(out -> end(out, version, expiresMs));
  }

  private static JsonOutput end(JsonOutput out, long version, long expiresMs) {
    out.name("version").number(version);
    if (expiresMs != 0) {
      out.name("expires_at_ms").number(expiresMs);
    }
    return out.endObject();
  }
}
