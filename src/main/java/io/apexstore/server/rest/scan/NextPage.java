package io.apexstore.server.rest.scan;

import io.apexstore.server.http.Exchange;
import io.vertx.core.http.HttpMethod;
import org.jspecify.annotations.Nullable;

/**
 * How a client asks for the page after this one: as for this one, with the cursor, or, if the
 * cursor is too long for a request line, with a POST.
 *
 * @param cursorCharsMax the longest cursor for which the request line of this page has room
 * @param post the method and path that take a cursor of any length
 */
record NextPage(int cursorCharsMax, String post) {
  /** The longest request line that the server and common proxies accept. */
  private static final int REQUEST_LINE_CHARS_MAX = 4_000;

  /** Returns the next page of a request. */
  static NextPage of(Exchange exchange, String scanPath) {
    boolean isPost = exchange.request().method().equals(HttpMethod.POST);
    int used = exchange.request().uri().length() + "GET &cursor= HTTP/1.1".length();
    return new NextPage(
        isPost ? Integer.MAX_VALUE : REQUEST_LINE_CHARS_MAX - used, "POST " + scanPath);
  }

  /** Returns the method and path for a cursor, or null if those of this page can have it. */
  @Nullable String forCursor(String cursor) {
    return cursor.length() > cursorCharsMax ? post : null;
  }
}
