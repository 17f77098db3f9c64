package io.apexstore.server.rest.body;

import io.apexstore.Cursor;
import io.apexstore.VersionedValue;
import io.apexstore.server.http.json.JsonOutput;
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
  /** Upper bound on the bytes of the JSON besides key and value. */
  private static final int FRAME_BYTES = 128;

  /** Bytes up to this many are not looked at: each is taken to need the longest escape. */
  private static final int SHORT_BYTES = 4 << 10;

  private static final int ESCAPE_BYTES = 6;

  private EntryJson() {}

  /** Returns an upper bound on the JSON of bytes; the exact length if they are long. */
  public static long bytesMax(byte @Nullable [] bytes) {
    if (bytes == null) {
      return 0;
    }
    return bytes.length <= SHORT_BYTES
        ? (long) ESCAPE_BYTES * bytes.length
        : JsonOutput.bytesLength(bytes);
  }

  /** Writes an entry. */
  public static JsonOutput write(JsonOutput out, byte[] key, VersionedValue entry) {
    return write(out, key, entry.value(), entry.version(), entry.expiresMs());
  }

  /**
   * Writes an entry into an output that counts its memory.
   *
   * @return false, and nothing is written, if the budget has too few bytes left
   */
  public static boolean tryWrite(BudgetedOutput out, byte[] key, VersionedValue entry) {
    if (!out.tryReserve(FRAME_BYTES + bytesMax(key) + bytesMax(entry.value()))) {
      return false;
    }
    write(out.json(), key, entry);
    return true;
  }

  /**
   * Writes a cursor's current entry into an output that counts its memory. A value for which there
   * is no room is not copied.
   *
   * @return false, and nothing is written, if the budget has too few bytes left
   */
  public static boolean tryWrite(BudgetedOutput out, byte[] key, Cursor cursor, boolean keysOnly) {
    long keyBytes = FRAME_BYTES + bytesMax(key);
    if (!keysOnly && !out.hasRoom(keyBytes + cursor.valueLength())) {
      return false;
    }
    byte[] value = keysOnly ? null : cursor.value();
    if (!out.tryReserve(keyBytes + bytesMax(value))) {
      return false;
    }
    write(out.json(), key, value, cursor.version(), cursor.expiresMs());
    return true;
  }

  private static JsonOutput write(
      JsonOutput out, byte[] key, byte @Nullable [] value, long version, long expiresMs) {
    out.beginObject().bytes("key", key);
    if (value != null) {
      out.bytes("value", value);
    }
    out.name("version").number(version);
    if (expiresMs != 0) {
      out.name("expires_at_ms").number(expiresMs);
    }
    return out.endObject();
  }
}
