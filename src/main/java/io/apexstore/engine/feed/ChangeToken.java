package io.apexstore.engine.feed;

import io.apexstore.engine.base.EngineException;
import io.apexstore.engine.base.EngineException.Failure;
import java.util.Base64;
import java.util.UUID;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * A place in the changes of a store: everything up to it is behind a consumer.
 *
 * <pre>
 *   token := version [ "." index ] [ "-" store [ "-s" keyspace "." key [ "~" mark ] ] ]
 *
 *   417-3fa9c2d1          the whole of version 417 is behind
 *   417.2-3fa9c2d1        of version 417 the operations 0 to 2 are
 *   417-3fa9c2d1-s1.azE   in the snapshot at version 417, keyspace 1 up to the key "k1" is
 *   417                   as the first; written by hand, of whatever store it is given to
 * </pre>
 *
 * <p>{@code store} is the first 8 digits of the store's id. Keys are base64url; of one that is too
 * long for a header, the nearest key before it that is not stands there, and {@code mark} tells the
 * tokens of such keys apart.
 *
 * @param version the version of the commit, or of the snapshot
 * @param index the operation in the commit, from 0; {@link #WHOLE} for all of it
 * @param place where in the snapshot, or null behind it
 */
public record ChangeToken(long version, int index, @Nullable Place place) {
  /** The index of a token that has all of its version behind it. */
  public static final int WHOLE = Integer.MAX_VALUE;

  /** The longest key that is part of a token, in bytes. */
  static final int KEY_BYTES_MAX = 1024;

  private static final int TEXT_LENGTH_MAX = 2048;
  private static final int STORE_DIGITS = 8;
  private static final Pattern TEXT =
      Pattern.compile(
          "([0-9]{1,18})(?:\\.([0-9]{1,9}))?"
              + "(?:-([0-9a-f]{8})(?:-s([0-9]{1,9})\\.([A-Za-z0-9_-]*)(?:~([0-9a-f]{8}))?)?)?");

  /**
   * A place in a snapshot.
   *
   * @param keyspaceId the keyspace that is being read; those with a smaller number are behind
   * @param afterKey keys up to this are behind; empty if none is
   * @param mark tells tokens apart that have the same key; empty where there is no need
   */
  @SuppressWarnings("ArrayRecordComponent") // never changed once it stands here
  public record Place(int keyspaceId, byte[] afterKey, String mark) {}

  /** Returns the token of a consumer that has all of a version behind it. */
  public static ChangeToken after(long version) {
    return new ChangeToken(version, WHOLE, null);
  }

  /** Whether it stands in a snapshot. */
  public boolean isInSnapshot() {
    return place != null;
  }

  /** The version after which the log is to be read. */
  long logVersion() {
    return index == WHOLE ? version : Math.max(0, version - 1);
  }

  /** Returns the token as text. */
  public String text(UUID storeId) {
    StringBuilder text = new StringBuilder().append(version);
    if (index != WHOLE) {
      text.append('.').append(index);
    }
    text.append('-').append(tag(storeId));
    Place at = place;
    if (at != null) {
      text.append("-s").append(at.keyspaceId()).append('.');
      text.append(Base64.getUrlEncoder().withoutPadding().encodeToString(at.afterKey()));
      if (!at.mark().isEmpty()) {
        text.append('~').append(at.mark());
      }
    }
    return text.toString();
  }

  /**
   * Reads a token.
   *
   * @throws EngineException {@code INVALID_REQUEST} if the text is none; {@code TOKEN_UNKNOWN} if
   *     it is of another store
   */
  public static ChangeToken parse(String text, UUID storeId) {
    Matcher parts = TEXT.matcher(text.length() > TEXT_LENGTH_MAX ? "" : text);
    if (!parts.matches()) {
      throw malformed(text);
    }
    String store = parts.group(3);
    if (store != null && !store.equals(tag(storeId))) {
      throw new EngineException(
          Failure.TOKEN_UNKNOWN,
          "the token is of store " + store + "…, this is " + tag(storeId) + "…");
    }
    long version = Long.parseLong(parts.group(1));
    String index = parts.group(2);
    String keyspace = parts.group(4);
    if (keyspace == null) {
      return new ChangeToken(version, index == null ? WHOLE : Integer.parseInt(index), null);
    }
    String mark = parts.group(6);
    try {
      byte[] key = Base64.getUrlDecoder().decode(parts.group(5));
      Place place = new Place(Integer.parseInt(keyspace), key, mark == null ? "" : mark);
      return new ChangeToken(version, WHOLE, place);
    } catch (IllegalArgumentException e) {
      throw malformed(text);
    }
  }

  private static EngineException malformed(String text) {
    String shown = text.length() > 64 ? text.substring(0, 64) + "…" : text;
    return new EngineException(
        Failure.INVALID_REQUEST, "'" + shown + "' is no token of a change feed");
  }

  private static String tag(UUID storeId) {
    return storeId.toString().substring(0, STORE_DIGITS);
  }
}
