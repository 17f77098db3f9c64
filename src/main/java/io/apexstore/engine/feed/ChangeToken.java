package io.apexstore.engine.feed;

import io.apexstore.engine.base.EngineException;
import io.apexstore.engine.base.EngineException.Failure;
import io.apexstore.engine.base.VersionTags;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Arrays;
import java.util.Base64;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * A consumer's position in the changes of a store.
 *
 * <pre>
 *   token := version [ "." index ] [ "-" tag [ "-s" keyspace "." key [ "~" digest ] ] ]
 *
 *   417-3fa9c2d1          past all of version 417
 *   417.2-3fa9c2d1        past the operations 0 to 2 of version 417
 *   417-3fa9c2d1-s1.azE   in the snapshot at version 417, past the key "k1" of keyspace 1
 *   417                   past all of version 417; written by hand, valid in any store
 * </pre>
 *
 * <p>{@code tag} is the version's tag, see {@link VersionTags}. Keys are base64url. Of a key that
 * is too long for a header, {@code key} is the beginning, and {@code digest} identifies it among
 * the keys with that beginning: the first 16 bytes of its SHA-256, in base64url.
 *
 * @param version the version of the commit, or of the snapshot
 * @param index the operation in the commit, from 0; {@link #WHOLE} for all of them
 * @param snapshotPosition the position in the snapshot; null past the snapshot
 */
public record ChangeToken(long version, int index, @Nullable SnapshotPosition snapshotPosition) {
  /** The index of a token that is past all operations of its version. */
  public static final int WHOLE = Integer.MAX_VALUE;

  /** Maximum number of bytes of a key that a token has. */
  static final int KEY_BYTES_MAX = 1024;

  private static final int TEXT_LENGTH_MAX = 2048;
  private static final int DIGEST_BYTES = 16;
  private static final Base64.Encoder BASE64 = Base64.getUrlEncoder().withoutPadding();
  private static final Pattern TEXT =
      Pattern.compile(
          "([0-9]{1,18})(?:\\.([0-9]{1,9}))?"
              + "(?:-([0-9a-f]{8})(?:-s([0-9]{1,9})\\.([A-Za-z0-9_-]*)(?:~([A-Za-z0-9_-]{22}))?)?)?");

  /**
   * A position in a snapshot: after a key, or before all keys of a keyspace.
   *
   * @param keyspaceId the keyspace that is being read; those with lower ids have been read
   * @param keyStart the key, or its first {@value #KEY_BYTES_MAX} bytes if it is longer; empty if
   *     no key has been read
   * @param digest identifies a longer key among those that begin with {@code keyStart}; empty if
   *     {@code keyStart} is the whole key
   */
  @SuppressWarnings("ArrayRecordComponent") // The array is never modified.
  public record SnapshotPosition(int keyspaceId, byte[] keyStart, String digest) {
    /** Returns the position after a key. */
    static SnapshotPosition after(int keyspaceId, byte[] key) {
      return key.length <= KEY_BYTES_MAX
          ? new SnapshotPosition(keyspaceId, key, "")
          : new SnapshotPosition(keyspaceId, Arrays.copyOf(key, KEY_BYTES_MAX), digestOf(key));
    }

    /** Returns whether the position has only the beginning of its key. */
    boolean isAbridged() {
      return !digest.isEmpty();
    }

    /** Returns whether the position is the one after this key, and has only its beginning. */
    boolean isAbridgedFrom(byte[] key) {
      return key.length > KEY_BYTES_MAX && digest.equals(digestOf(key));
    }

    private static String digestOf(byte[] key) {
      try {
        byte[] hash = MessageDigest.getInstance("SHA-256").digest(key);
        return BASE64.encodeToString(Arrays.copyOf(hash, DIGEST_BYTES));
      } catch (NoSuchAlgorithmException e) {
        throw new IllegalStateException("every Java has SHA-256", e);
      }
    }
  }

  /** Returns the token that is past all operations of a version. */
  public static ChangeToken after(long version) {
    return new ChangeToken(version, WHOLE, null);
  }

  /** Returns the token, as text, that is past all operations of a version. */
  static String textAfter(long version, VersionTags tags) {
    return version + "-" + tags.of(version);
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
  public String text(VersionTags tags) {
    StringBuilder text = new StringBuilder().append(version);
    if (index != WHOLE) {
      text.append('.').append(index);
    }
    text.append('-').append(tags.of(version));
    SnapshotPosition at = snapshotPosition;
    if (at != null) {
      text.append("-s").append(at.keyspaceId()).append('.');
      text.append(BASE64.encodeToString(at.keyStart()));
      if (at.isAbridged()) {
        text.append('~').append(at.digest());
      }
    }
    return text.toString();
  }

  /**
   * Parses a token.
   *
   * @throws EngineException {@code INVALID_REQUEST} if the text is not a token; {@code
   *     TOKEN_UNKNOWN} if the token is of another history
   */
  public static ChangeToken parse(String text, VersionTags tags) {
    Matcher parts = TEXT.matcher(text.length() > TEXT_LENGTH_MAX ? "" : text);
    if (!parts.matches()) {
      throw malformed(text);
    }
    long version = Long.parseLong(parts.group(1));
    String tag = parts.group(3);
    if (tag != null && !tag.equals(tags.of(version))) {
      throw new EngineException(
          Failure.TOKEN_UNKNOWN,
          "the token is of another store, or of a copy with another history: version "
              + version
              + " has the tag "
              + tags.of(version)
              + " here, not "
              + tag);
    }
    String index = parts.group(2);
    String keyspace = parts.group(4);
    if (keyspace == null) {
      return new ChangeToken(version, index == null ? WHOLE : Integer.parseInt(index), null);
    }
    String digest = parts.group(6);
    try {
      byte[] key = Base64.getUrlDecoder().decode(parts.group(5));
      SnapshotPosition position =
          new SnapshotPosition(Integer.parseInt(keyspace), key, digest == null ? "" : digest);
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
}
