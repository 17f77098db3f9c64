package io.apexstore.server.rest.context;

import io.apexstore.ApexStore;
import io.apexstore.options.SyncMode;
import io.apexstore.server.http.Exchange;
import io.apexstore.server.http.HeaderList;
import io.apexstore.server.http.Problem;
import io.apexstore.server.http.ProblemException;
import io.apexstore.server.http.Query;
import io.apexstore.server.http.Quoted;
import io.apexstore.server.rest.body.KeyCondition;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.util.AsciiString;
import java.util.List;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * The conditions (RFC 9110, 13) and preferences (RFC 7240) in a request's headers and query.
 *
 * <p>The entity tag of a value is the token of the version that wrote it, in double quotes, such as
 * {@code "417-3fa9c2d1"}. The JSON that is answered for it has other bytes, and so a tag of its
 * own: {@code "417-3fa9c2d1-json"}. In a condition on the current value both name the version, and
 * a client may also send the version alone: {@code "417"}.
 */
public final class Preconditions {
  private static final CharSequence PREFER = AsciiString.cached("Prefer");
  private static final String JSON_END = "-json\"";
  private static final Pattern OWN_ENTITY_TAG =
      Pattern.compile("\"([1-9][0-9]{0,17})(?:-[0-9a-f]{8}(?:-json)?)?\"");

  private Preconditions() {}

  /** Returns the entity tag of a value that a version wrote, as bytes. */
  public static String entityTag(ApexStore store, long version) {
    return '"' + store.token(version) + '"';
  }

  /** Returns the entity tag of the JSON with a value that a version wrote. */
  public static String entityTagOfJson(ApexStore store, long version) {
    return '"' + store.token(version) + JSON_END;
  }

  private static String versionTag(String entityTag) {
    return entityTag.substring(0, entityTag.indexOf('-')) + '"';
  }

  /** Whether a tag names the representation that another one names, or its version alone. */
  private static boolean matches(String tag, String entityTag) {
    return tag.equals(entityTag) || tag.equals(versionTag(entityTag));
  }

  private static boolean matchesVersion(String tag, String entityTag) {
    return matches(ofBytes(tag), ofBytes(entityTag));
  }

  private static String ofBytes(String tag) {
    return tag.endsWith(JSON_END) ? tag.substring(0, tag.length() - JSON_END.length()) + '"' : tag;
  }

  /**
   * Refuses conditions in the headers of a write that does not support them.
   *
   * @param instead what the client can do instead
   */
  public static void refuseOnWrite(Exchange exchange, String instead) {
    for (CharSequence header :
        List.of(
            HttpHeaderNames.IF_MATCH,
            HttpHeaderNames.IF_NONE_MATCH,
            HttpHeaderNames.IF_UNMODIFIED_SINCE)) {
      if (exchange.header(header) != null) {
        throw malformed("this operation does not support " + header + "; " + instead);
      }
    }
  }

  /**
   * Returns the condition that a write of one key has in its headers or its query.
   *
   * @throws ProblemException {@code MALFORMED_REQUEST} if it has several or an illegal one, {@code
   *     NOT_SUPPORTED} for If-Unmodified-Since
   */
  public static KeyCondition ofWrite(ApexStore store, Exchange exchange) {
    if (exchange.header(HttpHeaderNames.IF_UNMODIFIED_SINCE) != null) {
      throw Problem.of(
              Problem.Kind.NOT_SUPPORTED,
              HttpHeaderNames.IF_UNMODIFIED_SINCE + " on a write is not supported by this version")
          .exception();
    }
    KeyCondition condition = new KeyCondition();
    String match = exchange.headerList(HttpHeaderNames.IF_MATCH);
    if (match != null) {
      if (match.strip().equals("*")) {
        condition.requirePresent();
      } else {
        requireVersion(store, condition, match);
      }
    }
    String noneMatch = exchange.headerList(HttpHeaderNames.IF_NONE_MATCH);
    if (noneMatch != null) {
      if (!noneMatch.strip().equals("*")) {
        throw malformed(
            "If-None-Match on a write must be *, which requires that the key has no value; not "
                + Quoted.of(noneMatch));
      }
      condition.requireAbsent();
    }
    Query query = exchange.query();
    if (query.has("if_version")) {
      condition.requireVersion("if_version", query.whole("if_version", 1, Long.MAX_VALUE));
    }
    if (query.flag("if_absent")) {
      condition.requireAbsent();
    }
    return condition;
  }

  // A weak tag, or one that this store does not give, matches nothing: see RFC 9110, 8.8.3.2.
  private static void requireVersion(ApexStore store, KeyCondition condition, String entityTags) {
    long own = 0;
    for (String tag : entityTags("If-Match", entityTags)) {
      Matcher parts = OWN_ENTITY_TAG.matcher(tag);
      if (parts.matches()) {
        long version = Long.parseLong(parts.group(1));
        if (matchesVersion(tag, entityTag(store, version))) {
          if (own != 0) {
            throw malformed(
                "If-Match on a write may name one version, not " + Quoted.of(entityTags));
          }
          own = version;
        }
      }
    }
    if (own == 0) {
      condition.requireImpossible(
          "If-Match "
              + Quoted.of(entityTags)
              + " names no version of this store, so it matches nothing");
    } else {
      condition.requireVersion("If-Match", own);
    }
  }

  private static List<String> entityTags(String header, String value) {
    List<String> tags;
    try {
      tags = HeaderList.entityTags(value);
    } catch (IllegalArgumentException e) {
      throw malformed(header + " must be * or entity tags such as \"42\": " + e.getMessage());
    }
    if (tags.isEmpty()) {
      throw malformed(header + " must be * or entity tags such as \"42\", not " + Quoted.of(value));
    }
    return tags;
  }

  private static ProblemException malformed(String detail) {
    return Problem.of(Problem.Kind.MALFORMED_REQUEST, detail).exception();
  }

  /**
   * Checks the header If-Match of a read of a key that has a value.
   *
   * @param entityTag the value's entity tag
   * @throws ProblemException {@code CONDITION_FAILED} if the header does not match the tag, {@code
   *     MALFORMED_REQUEST}
   */
  public static void checkMatch(Exchange exchange, String entityTag) {
    String header = exchange.headerList(HttpHeaderNames.IF_MATCH);
    if (header == null
        || header.strip().equals("*")
        || entityTags("If-Match", header).stream()
            .anyMatch(tag -> matchesVersion(tag, entityTag))) {
      return;
    }
    throw Problem.of(Problem.Kind.CONDITION_FAILED, "the key is at version " + entityTag)
        .exception();
  }

  /**
   * Whether If-None-Match names the representation that is answered, so that the client has it
   * already.
   *
   * @param entityTag the tag of the representation
   * @throws ProblemException {@code MALFORMED_REQUEST}
   */
  public static boolean isNotModified(Exchange exchange, String entityTag) {
    String header = exchange.headerList(HttpHeaderNames.IF_NONE_MATCH);
    if (header == null) {
      return false;
    }
    if (header.strip().equals("*")) {
      return true;
    }
    for (String tag : entityTags("If-None-Match", header)) {
      if (matches(tag.startsWith("W/") ? tag.substring(2) : tag, entityTag)) {
        return true;
      }
    }
    return false;
  }

  /**
   * Returns the sync mode of {@code Prefer: durability=…}, or null if the request does not prefer
   * one. All lines of the header count; the first preference for a durability is used.
   *
   * @throws ProblemException {@code MALFORMED_REQUEST} if there is no such mode
   */
  public static @Nullable SyncMode durability(Exchange exchange) {
    String header = exchange.headerList(PREFER);
    if (header == null) {
      return null;
    }
    List<HeaderList.Item> preferences;
    try {
      preferences = HeaderList.items(header);
    } catch (IllegalArgumentException e) {
      throw malformed("Prefer: " + e.getMessage());
    }
    for (HeaderList.Item preference : preferences) {
      String mode = preference.value();
      if (mode != null && preference.name().equals("durability")) {
        return syncMode(mode);
      }
    }
    return null;
  }

  private static SyncMode syncMode(String text) {
    for (SyncMode mode : SyncMode.values()) {
      if (mode.name().equals(text.toUpperCase(Locale.ROOT))) {
        return mode;
      }
    }
    throw malformed(
        "the preference durability must be every, group, interval or async, not "
            + Quoted.of(text));
  }
}
