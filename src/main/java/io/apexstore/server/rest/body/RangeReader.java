package io.apexstore.server.rest.body;

import io.apexstore.KeyRange;
import io.apexstore.server.http.json.JsonException;
import io.apexstore.server.http.json.JsonInput;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * Reads the members of a JSON object that name a range of keys: {@code prefix}, or {@code from} and
 * {@code to}, each also as {@code …_base64}.
 *
 * <p><b>Threads:</b> confined to one thread at a time.
 */
public final class RangeReader {
  /** The message for a range whose end is not past its beginning. */
  public static final String EMPTY_RANGE = "from must be less than to; the range is empty";

  private byte @Nullable [] prefix;
  private byte @Nullable [] from;
  private byte @Nullable [] to;

  /** Reads a member's value, or returns false if the member is none of this reader's. */
  public boolean read(String member, JsonInput input) {
    switch (member) {
      case "prefix" -> prefix = bound(prefix, "prefix", input.utf8(member));
      case "prefix_base64" -> prefix = bound(prefix, "prefix", input.base64(member));
      case "from" -> from = bound(from, "from", input.utf8(member));
      case "from_base64" -> from = bound(from, "from", input.base64(member));
      case "to" -> to = bound(to, "to", input.utf8(member));
      case "to_base64" -> to = bound(to, "to", input.base64(member));
      default -> {
        return false;
      }
    }
    return true;
  }

  /**
   * A bound that is empty is most likely a mistake of the client; as a prefix it would mean all
   * keys.
   */
  private static byte[] bound(byte @Nullable [] earlier, String name, byte[] given) {
    if (given.length == 0) {
      throw new JsonException(name + " must not be empty; leave out a bound that is not needed");
    }
    return EntryReader.once(earlier, name, given);
  }

  /** Whether the object has any of the members. */
  public boolean isGiven() {
    return prefix != null || from != null || to != null;
  }

  /**
   * Returns the range; the range of all keys if the object has none of the members.
   *
   * @throws JsonException if the members contradict each other or the range is empty
   */
  public KeyRange range() {
    if (prefix != null && (from != null || to != null)) {
      throw new JsonException("prefix excludes from and to");
    }
    if (from != null && to != null && Arrays.compareUnsigned(from, to) >= 0) {
      throw new JsonException(EMPTY_RANGE);
    }
    return prefix == null ? new KeyRange(from, to) : KeyRange.prefix(prefix);
  }
}
