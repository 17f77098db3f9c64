package io.apexstore.engine.feed;

import io.apexstore.engine.base.EngineException;
import io.apexstore.engine.base.EngineException.Failure;
import java.util.Base64;
import java.util.UUID;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * A consumer's position in the changes of a store.
 *
 * <pre>
 *   token := version [ "." index ] [ "-" store [ "-s" keyspace "." key [ "~" mark ] ] ]
 *
 *   417-3fa9c2d1          past all of version 417
 *   417.2-3fa9c2d1        past the operations 0 to 2 of version 417
 *   417-3fa9c2d1-s1.azE   in the snapshot at version 417, past the key "k1" of keyspace 1
 *   417                   past all of version 417; written by hand, valid in any store
 * </pre>
 *
 * <p>{@code store} is the first 8 digits of the store's id. Keys are base64url. A key that is too
 * long for a header is replaced by the nearest preceding key that is not, and {@code mark}
 * distinguishes the tokens of such keys.
 *
 * @param version the version of the commit, or of the snapshot
 * @param index the operation in the commit, from 0; {@link #WHOLE} for all of them
 * @param snapshotPosition the position in the snapshot; null past the snapshot
 */
public record ChangeToken(long version, int index, @Nullable SnapshotPosition snapshotPosition) {
  /** The index of a token that is past all operations of its version. */
  public static final int WHOLE = Integer.MAX_VALUE;

  /** Maximum length in bytes of a key in a token. */
  static final int KEY_BYTES_MAX = 1024;

  private static final int TEXT_LENGTH_MAX = 2048;
  private static final int STORE_DIGITS = 8;
  private static final Pattern TEXT =
      Pattern.compile(
          "([0-9]{1,18})(?:\\.([0-9]{1,9}))?"
              + "(?:-([0-9a-f]{8})(?:-s([0-9]{1,9})\\.([A-Za-z0-9_-]*)(?:~([0-9a-f]{8}))?)?)?");

  /**
   * A position in a snapshot.
   *
   * @param keyspaceId the keyspace that is being read; those with lower ids have been read
   * @param afterKey keys up to this one have been read; empty if none has
   * @param mark distinguishes tokens with the same key; empty if not needed
   */
  @SuppressWarnings("ArrayRecordComponent") // The array is never modified.
  public record SnapshotPosition(int keyspaceId, byte[] afterKey, String mark) {}

  /** Returns the token that is past all operations of a version. */
  public static ChangeToken after(long version) {
    return new ChangeToken(version, WHOLE, null);
  }

  /** Returns whether the position is in a snapshot. */
  boolean isInSnapshot() {
    return snapshotPosition != null;
  }

  /** Returns the version after which the log must be read. */
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
    SnapshotPosition at = snapshotPosition;
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
   * Parses a token.
   *
   * @throws EngineException {@code INVALID_REQUEST} if the text is not a token; {@code
   *     TOKEN_UNKNOWN} if the token is of another store
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
      SnapshotPosition position =
          new SnapshotPosition(Integer.parseInt(keyspace), key, mark == null ? "" : mark);
      return new ChangeToken(version, WHOLE, position);
    } catch (IllegalArgumentException e) {
      throw malformed(text);
    }
  }

  private static EngineException malformed(String text) {
    String shown = text.length() > 64 ? text.substring(0, 64) + "…" : text;
    return new EngineException(
        Failure.INVALID_REQUEST, "'" + shown + "' is not a token of a change feed");
  }

  private static String tag(UUID storeId) {
    return storeId.toString().substring(0, STORE_DIGITS);
  }
}
