package io.apexstore.server;

import io.apexstore.server.config.BindCheck;
import io.apexstore.server.config.ServerConfig;
import io.apexstore.server.http.HeaderList;
import io.apexstore.server.http.Problem;
import io.apexstore.server.http.Quoted;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.handler.codec.http.HttpVersion;
import io.vertx.core.net.impl.HostAndPortImpl;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * The rules that the head of a request must meet before any route sees it: those of RFC 9112 about
 * its version, its Host and the length of its body, and, without authentication, those that keep
 * other web sites away.
 *
 * <p>A browser lets any page send requests to this machine. It gives the page's site in the header
 * Origin, so a request of another site is refused. A page whose own name resolves to this machine
 * (DNS rebinding) has no other origin; the name is in Host, so a server on a loopback address
 * accepts only loopback names there. With authentication neither can do harm, since a browser adds
 * no token of its own accord.
 *
 * <p><b>Threads:</b> any.
 *
 * @param sameOriginOnly whether requests of web pages of other sites are refused
 * @param loopbackHostOnly whether Host must be a name of the loopback interface
 */
record HeadRules(boolean sameOriginOnly, boolean loopbackHostOnly) {
  private static final String HTTP = "http://";
  private static final String ORIGIN_SEPARATOR = "://";

  /** Returns the rules of a configuration. */
  static HeadRules of(ServerConfig config) {
    boolean open = !config.authEnabled();
    return new HeadRules(open, open && BindCheck.isLoopback(config.host()));
  }

  /**
   * Returns why a request is refused, or null.
   *
   * @param hostLines the number of its Host headers
   */
  @Nullable Problem refusal(HttpRequest head, int hostLines) {
    HttpVersion version = head.protocolVersion();
    boolean isNew = version.equals(HttpVersion.HTTP_1_1);
    if (!isNew && !version.equals(HttpVersion.HTTP_1_0)) {
      return Problem.of(
          Problem.Kind.VERSION_NOT_SUPPORTED,
          "given " + Quoted.of(version.text()) + "; allowed: HTTP/1.1 and HTTP/1.0");
    }
    String host = head.headers().get(HttpHeaderNames.HOST);
    if (hostLines > 1 || (host == null ? isNew : !isHost(host))) {
      return malformed(
          "the request must have one Host header with a name and perhaps a port; "
              + (hostLines == 1 && host != null
                  ? "given " + Quoted.of(host)
                  : "it has " + hostLines));
    }
    Problem refusal = site(head, host);
    if (refusal == null && head.headers().contains(HttpHeaderNames.TRANSFER_ENCODING)) {
      refusal = transferEncoding(head);
    }
    if (refusal == null && isNew && head.headers().contains(HttpHeaderNames.EXPECT)) {
      refusal = expectation(head);
    }
    return refusal;
  }

  private static boolean isHost(String host) {
    return !host.isEmpty() && host.charAt(0) != ':' && HostAndPortImpl.isValidAuthority(host);
  }

  private @Nullable Problem site(HttpRequest head, @Nullable String host) {
    if (loopbackHostOnly) {
      String target = head.uri();
      boolean absolute = target.regionMatches(true, 0, HTTP, 0, HTTP.length());
      String named = absolute ? authority(target) : host;
      if ((named != null && !isLoopback(named)) || (host != null && !isLoopback(host))) {
        return Problem.of(
            Problem.Kind.FOREIGN_SITE,
            "without authentication, Host must be localhost or a loopback address");
      }
    }
    if (sameOriginOnly) {
      List<String> origins = head.headers().getAll(HttpHeaderNames.ORIGIN);
      for (String origin : origins) {
        if (host == null || !authority(origin).equalsIgnoreCase(host)) {
          return Problem.of(
              Problem.Kind.FOREIGN_SITE,
              "without authentication, Origin must be this server's own, not " + Quoted.of(origin));
        }
      }
    }
    return null;
  }

  /** Returns the host and port of a URI; empty if it has none. */
  private static String authority(String uri) {
    int from = uri.indexOf(ORIGIN_SEPARATOR);
    if (from < 0) {
      return "";
    }
    from += ORIGIN_SEPARATOR.length();
    int to = from;
    while (to < uri.length() && "/?#".indexOf(uri.charAt(to)) < 0) {
      to++;
    }
    return uri.substring(from, to);
  }

  /** Whether an authority is localhost, a name below it, 127.0.0.0/8 or ::1. */
  static boolean isLoopback(String authority) {
    int end = authority.lastIndexOf(':');
    boolean hasPort = end >= 0 && authority.indexOf(']', end) < 0;
    String host = (hasPort ? authority.substring(0, end) : authority).toLowerCase(Locale.ROOT);
    if (host.endsWith(".")) {
      host = host.substring(0, host.length() - 1);
    }
    return host.equals("localhost")
        || host.endsWith(".localhost")
        || host.equals("[::1]")
        || host.matches("127\\.\\d{1,3}\\.\\d{1,3}\\.\\d{1,3}");
  }

  private static @Nullable Problem transferEncoding(HttpRequest head) {
    String codings = String.join(",", head.headers().getAll(HttpHeaderNames.TRANSFER_ENCODING));
    try {
      for (HeaderList.Item coding : HeaderList.items(codings)) {
        if (!coding.name().equals("chunked") || coding.value() != null) {
          return Problem.of(
              Problem.Kind.NOT_IMPLEMENTED,
              "given the Transfer-Encoding " + Quoted.of(codings) + "; allowed: chunked");
        }
      }
      return null; // The decoder has refused "chunked" twice, or not at the end.
    } catch (IllegalArgumentException e) {
      return malformed("Transfer-Encoding: " + e.getMessage());
    }
  }

  private static @Nullable Problem expectation(HttpRequest head) {
    String expected = String.join(",", head.headers().getAll(HttpHeaderNames.EXPECT));
    try {
      for (HeaderList.Item item : HeaderList.items(expected)) {
        if (!item.name().equals("100-continue") || item.value() != null) {
          return Problem.of(
              Problem.Kind.EXPECTATION_FAILED,
              "given the Expect " + Quoted.of(expected) + "; allowed: 100-continue");
        }
      }
      return null;
    } catch (IllegalArgumentException e) {
      return malformed("Expect: " + e.getMessage());
    }
  }

  private static Problem malformed(String detail) {
    return Problem.of(Problem.Kind.MALFORMED_REQUEST, detail);
  }
}
