package io.apexstore.server.rest.body;

import io.apexstore.KeyRange;
import io.apexstore.server.http.json.JsonException;
import io.apexstore.server.http.json.JsonInput;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * Collects the members of a JSON object that name a range of keys: {@code prefix}, or {@code from}
 * and {@code to}, each also as {@code …_base64}.
 *
 * <p><b>Threads:</b> confined to one.
 */
public final class RangeReader {
  /** What is wrong with a range whose end is not past its beginning. */
  public static final String NOTHING_BETWEEN = "from must be below to: nothing lies between them";

  private byte @Nullable [] prefix;
  private byte @Nullable [] from;
  private byte @Nullable [] to;

  /** Takes a member, or returns false if it is none of these. */
  public boolean take(String member, JsonInput input) {
    switch (member) {
      case "prefix" -> prefix = once(prefix, "prefix", input.utf8(member));
      case "prefix_base64" -> prefix = once(prefix, "prefix", input.base64(member));
      case "from" -> from = once(from, "from", input.utf8(member));
      case "from_base64" -> from = once(from, "from", input.base64(member));
      case "to" -> to = once(to, "to", input.utf8(member));
      case "to_base64" -> to = once(to, "to", input.base64(member));
      default -> {
        return false;
      }
    }
    return true;
  }

  /** Whether any of them was there. */
  public boolean isGiven() {
    return prefix != null || from != null || to != null;
  }

  /** Returns the range; without any member, of all keys. */
  public KeyRange range() {
    if (prefix != null && (from != null || to != null)) {
      throw new JsonException("prefix excludes from and to");
    }
    if (from != null && to != null && Arrays.compareUnsigned(from, to) >= 0) {
      throw new JsonException(NOTHING_BETWEEN);
    }
    return prefix == null ? new KeyRange(from, to) : KeyRange.prefix(prefix);
  }

  private static byte[] once(byte @Nullable [] before, String what, byte[] now) {
    if (before != null) {
      throw new JsonException(what + " is given twice");
    }
    return now;
  }
}
