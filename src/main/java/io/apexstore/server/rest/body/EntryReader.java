package io.apexstore.server.rest.body;

import io.apexstore.server.http.Problem;
import io.apexstore.server.http.json.JsonException;
import io.apexstore.server.http.json.JsonInput;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Collects the members of a JSON object that names a key and perhaps a value: {@code key} or {@code
 * key_base64}, {@code value} or {@code value_base64}.
 */
public final class EntryReader {
  /** The longest legal key in bytes. */
  public static final int KEY_BYTES_MAX = 64 << 10;

  /** Members that a later version knows; to ignore them would be to lie. */
  private static final Set<String> UNSUPPORTED = Set.of("ttl_ms", "at", "increment");

  private byte @Nullable [] key;
  private byte @Nullable [] value;

  /** Takes a member, or returns false if it is not one of a key or value. */
  public boolean take(String member, JsonInput input) {
    switch (member) {
      case "key" -> key = once(key, "key", input.utf8("key"));
      case "key_base64" -> key = once(key, "key", input.base64("key_base64"));
      case "value" -> value = once(value, "value", input.utf8("value"));
      case "value_base64" -> value = once(value, "value", input.base64("value_base64"));
      default -> {
        return false;
      }
    }
    return true;
  }

  /** Refuses a member that nobody took. */
  public static JsonException unknown(String member) {
    return UNSUPPORTED.contains(member)
        ? JsonException.unsupported(member)
        : new JsonException("the member " + shortened(member) + " is not known here");
  }

  public byte[] key() {
    byte[] given = key;
    if (given == null) {
      throw new JsonException("key or key_base64 is missing");
    }
    checkKey(given);
    return given;
  }

  public byte[] value() {
    byte[] given = value;
    if (given == null) {
      throw new JsonException("value or value_base64 is missing");
    }
    return given;
  }

  public boolean hasKey() {
    return key != null;
  }

  public boolean hasValue() {
    return value != null;
  }

  public static void checkKey(byte[] key) {
    if (key.length < 1 || key.length > KEY_BYTES_MAX) {
      throw Problem.of(
              Problem.Kind.INVALID_KEY,
              "a key of " + key.length + " bytes; allowed are 1 to " + KEY_BYTES_MAX)
          .exception();
    }
  }

  private static byte[] once(byte @Nullable [] before, String what, byte[] now) {
    if (before != null) {
      throw new JsonException(what + " is given twice");
    }
    return now;
  }

  private static String shortened(String text) {
    return text.length() > 64 ? text.substring(0, 64) + "…" : text;
  }
}
