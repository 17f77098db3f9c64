package io.apexstore.server.rest;

import io.apexstore.SyncMode;
import io.apexstore.server.http.Exchange;
import io.apexstore.server.http.Problem;
import io.apexstore.server.http.ProblemException;
import io.apexstore.server.http.Query;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.util.AsciiString;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** What a request's headers ask for besides its body. */
final class Preconditions {
  private static final CharSequence PREFER = AsciiString.cached("Prefer");

  private Preconditions() {}

  /** Refuses conditions in headers, of a write that is about more than one key. */
  static void refuseOnWrite(Exchange exchange) {
    refuse(exchange, HttpHeaderNames.IF_MATCH);
    refuse(exchange, HttpHeaderNames.IF_NONE_MATCH);
    refuse(exchange, HttpHeaderNames.IF_UNMODIFIED_SINCE);
  }

  /** Reads the condition that a write of one key has in its headers or its query. */
  static KeyCondition ofWrite(Exchange exchange) {
    refuse(exchange, HttpHeaderNames.IF_UNMODIFIED_SINCE);
    KeyCondition condition = new KeyCondition();
    String match = exchange.header(HttpHeaderNames.IF_MATCH);
    if (match != null) {
      if (match.strip().equals("*")) {
        condition.present();
      } else {
        condition.version(versionOf(match.strip()));
      }
    }
    String noneMatch = exchange.header(HttpHeaderNames.IF_NONE_MATCH);
    if (noneMatch != null) {
      if (!noneMatch.strip().equals("*")) {
        throw malformed("If-None-Match on a write must be *: store only where there is no value");
      }
      condition.absent();
    }
    Query query = exchange.query();
    if (query.has("if_version")) {
      condition.version(query.whole("if_version", 1, Long.MAX_VALUE));
    }
    if (query.flag("if_absent")) {
      condition.absent();
    }
    return condition;
  }

  private static long versionOf(String entityTag) {
    int length = entityTag.length();
    if (length > 2 && entityTag.startsWith("\"") && entityTag.endsWith("\"")) {
      try {
        long version = Long.parseLong(entityTag, 1, length - 1, 10);
        if (version > 0) {
          return version;
        }
      } catch (NumberFormatException e) {
        // Answered below.
      }
    }
    throw malformed("If-Match on a write must be * or one entity tag such as \"42\"");
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

  /** Whether the client already has this version. */
  static boolean isNotModified(Exchange exchange, String entityTag) {
    String header = exchange.header(HttpHeaderNames.IF_NONE_MATCH);
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
  static @Nullable SyncMode durability(Exchange exchange) {
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
            "the preference durability must be every, group, interval or async")
        .exception();
  }
}
