package io.apexstore.server.rest.body;

import io.apexstore.server.http.Problem;
import io.apexstore.server.http.Quoted;
import io.apexstore.server.http.json.JsonException;
import io.apexstore.server.http.json.JsonInput;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Reads the members of a JSON object that name a key and perhaps a value: {@code key} or {@code
 * key_base64}, {@code value} or {@code value_base64}.
 *
 * <p><b>Threads:</b> confined to one thread at a time.
 */
public final class EntryReader {
  /** The length of the longest legal key in bytes. */
  public static final int KEY_BYTES_MAX = 64 << 10;

  /** Members of later versions; they are refused with a better message than unknown members. */
  private static final Set<String> UNSUPPORTED = Set.of("ttl_ms", "at", "increment");

  private byte @Nullable [] key;
  private byte @Nullable [] value;

  /** Reads a member's value, or returns false if the member is none of this reader's. */
  public boolean read(String member, JsonInput input) {
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

  /** Returns the refusal of a member that no reader knows. */
  public static JsonException unknownMember(String member) {
    return UNSUPPORTED.contains(member)
        ? JsonException.unsupported(member)
        : new JsonException("unknown member " + Quoted.of(member));
  }

  /**
   * Returns the key.
   *
   * @throws JsonException if the object has none
   * @throws io.apexstore.server.http.ProblemException {@code INVALID_KEY}
   */
  public byte[] key() {
    byte[] given = key;
    if (given == null) {
      throw new JsonException("key or key_base64 is missing");
    }
    return checkKey(given);
  }

  /**
   * Returns the value, which may be longer than a value may be.
   *
   * @throws JsonException if the object has none
   */
  public byte[] value() {
    byte[] given = value;
    if (given == null) {
      throw new JsonException("value or value_base64 is missing");
    }
    return given;
  }

  /** Whether the object has a key. */
  public boolean hasKey() {
    return key != null;
  }

  /** Whether the object has a value. */
  public boolean hasValue() {
    return value != null;
  }

  /**
   * Returns a key whose length is legal.
   *
   * @throws io.apexstore.server.http.ProblemException {@code INVALID_KEY} if it is not
   */
  public static byte[] checkKey(byte[] key) {
    if (key.length < 1 || key.length > KEY_BYTES_MAX) {
      throw Problem.of(
              Problem.Kind.INVALID_KEY,
              "a key has 1 to " + KEY_BYTES_MAX + " bytes, not " + key.length)
          .exception();
    }
    return key;
  }

  /** Returns the value of a member that an object may have once, in one of two forms. */
  static byte[] once(byte @Nullable [] earlier, String name, byte[] given) {
    if (earlier != null) {
      throw new JsonException(name + " is given twice");
    }
    return given;
  }
}
