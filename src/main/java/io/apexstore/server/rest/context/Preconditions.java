package io.apexstore.server.rest.context;

import io.apexstore.options.SyncMode;
import io.apexstore.server.http.Exchange;
import io.apexstore.server.http.Problem;
import io.apexstore.server.http.ProblemException;
import io.apexstore.server.http.Query;
import io.apexstore.server.http.Quoted;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.util.AsciiString;
import java.util.List;
import java.util.Locale;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** What a request's headers ask for besides its body. */
public final class Preconditions {
  private static final CharSequence PREFER = AsciiString.cached("Prefer");
  private static final Pattern ENTITY_TAG = Pattern.compile("(W/)?\"[!#-~\\x80-\\xff]*\"");
  private static final Pattern OWN_ENTITY_TAG = Pattern.compile("\"[1-9][0-9]{0,17}\"");

  private Preconditions() {}

  /**
   * Refuses conditions in headers, of a write that cannot depend on one key's version.
   *
   * @param instead what there is in their place
   */
  public static void refuseOnWrite(Exchange exchange, String instead) {
    for (CharSequence header :
        List.of(
            HttpHeaderNames.IF_MATCH,
            HttpHeaderNames.IF_NONE_MATCH,
            HttpHeaderNames.IF_UNMODIFIED_SINCE)) {
      if (exchange.header(header) != null) {
        throw malformed(header + " is not possible for this operation; " + instead);
      }
    }
  }

  /** Reads the condition that a write of one key has in its headers or its query. */
  public static KeyCondition ofWrite(Exchange exchange) {
    refuse(exchange, HttpHeaderNames.IF_UNMODIFIED_SINCE);
    KeyCondition condition = new KeyCondition();
    String match = exchange.headerList(HttpHeaderNames.IF_MATCH);
    if (match != null) {
      if (match.strip().equals("*")) {
        condition.present();
      } else {
        version(condition, match);
      }
    }
    String noneMatch = exchange.headerList(HttpHeaderNames.IF_NONE_MATCH);
    if (noneMatch != null) {
      if (!noneMatch.strip().equals("*")) {
        throw malformed(
            "If-None-Match on a write must be *: store only where there is no value; given is "
                + Quoted.of(noneMatch));
      }
      condition.absent();
    }
    Query query = exchange.query();
    if (query.has("if_version")) {
      condition.version("if_version", query.whole("if_version", 1, Long.MAX_VALUE));
    }
    if (query.flag("if_absent")) {
      condition.absent();
    }
    return condition;
  }

  // A tag that is weak, or none that this server gives, matches nothing: see RFC 9110, 8.8.3.2.
  private static void version(KeyCondition condition, String entityTags) {
    String named = null;
    for (String tag : entityTags.split(",", 64)) {
      String bare = tag.strip();
      checkEntityTag(bare);
      if (OWN_ENTITY_TAG.matcher(bare).matches()) {
        if (named != null) {
          throw malformed("If-Match on a write may name one version, not " + Quoted.of(entityTags));
        }
        named = bare;
      }
    }
    if (named == null) {
      condition.nothing("If-Match names no version: " + Quoted.of(entityTags) + " matches nothing");
    } else {
      condition.version("If-Match", Long.parseLong(named, 1, named.length() - 1, 10));
    }
  }

  private static void checkEntityTag(String tag) {
    if (!ENTITY_TAG.matcher(tag).matches()) {
      throw malformed("If-Match must be * or entity tags such as \"42\", not " + Quoted.of(tag));
    }
  }

  private static ProblemException malformed(String detail) {
    return Problem.of(Problem.Kind.MALFORMED_REQUEST, detail).exception();
  }

  private static void refuse(Exchange exchange, CharSequence header) {
    if (exchange.header(header) != null) {
      throw Problem.of(
              Problem.Kind.NOT_SUPPORTED, header + " on a write is not supported by this version")
          .exception();
    }
  }

  /**
   * Checks the condition that a read has in {@code If-Match}; requires that there is a value.
   *
   * @param entityTag the value's
   */
  public static void requireMatch(Exchange exchange, String entityTag) {
    String header = exchange.headerList(HttpHeaderNames.IF_MATCH);
    if (header == null || header.strip().equals("*")) {
      return;
    }
    boolean matches = false;
    for (String tag : header.split(",", 64)) {
      String bare = tag.strip();
      checkEntityTag(bare);
      matches |= bare.equals(entityTag);
    }
    if (!matches) {
      throw Problem.of(Problem.Kind.CONDITION_FAILED, "the key is at version " + entityTag)
          .exception();
    }
  }

  /** Whether the client already has this version. */
  public static boolean isNotModified(Exchange exchange, String entityTag) {
    String header = exchange.headerList(HttpHeaderNames.IF_NONE_MATCH);
    if (header == null) {
      return false;
    }
    for (String tag : header.split(",", 64)) {
      String bare = tag.strip();
      if (bare.equals("*") || bare.equals(entityTag) || bare.equals("W/" + entityTag)) {
        return true;
      }
    }
    return false;
  }

  /** Returns the care that {@code Prefer: durability=…} asks for, or null. */
  public static @Nullable SyncMode durability(Exchange exchange) {
    String header = exchange.header(PREFER);
    if (header == null) {
      return null;
    }
    for (String preference : header.split(",", 64)) {
      String bare = preference.strip();
      if (bare.regionMatches(true, 0, "durability=", 0, "durability=".length())) {
        return mode(bare.substring("durability=".length()).replace("\"", "").strip());
      }
    }
    return null;
  }

  private static SyncMode mode(String text) {
    for (SyncMode mode : SyncMode.values()) {
      if (mode.name().equals(text.toUpperCase(Locale.ROOT))) {
        return mode;
      }
    }
    throw Problem.of(
            Problem.Kind.MALFORMED_REQUEST,
            "the preference durability must be every, group, interval or async, not "
                + Quoted.of(text))
        .exception();
  }
}
