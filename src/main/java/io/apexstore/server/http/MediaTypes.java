package io.apexstore.server.http;

import java.util.List;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * The media types in which a resource can be answered, in the server's order of preference, and the
 * choice among them by a client's Accept header (RFC 9110, 12.5.1).
 *
 * <p><b>Threads:</b> any.
 */
public final class MediaTypes {
  private static final Pattern WEIGHT = Pattern.compile("0(\\.[0-9]{0,3})?|1(\\.0{0,3})?");
  private static final String ANY = "*/*";

  private final List<String> offers;

  private MediaTypes(List<String> offers) {
    this.offers = offers;
  }

  /** Returns a choice of media types; the first one is what a client without a wish gets. */
  public static MediaTypes of(String... offers) {
    return new MediaTypes(List.of(offers));
  }

  /**
   * Returns a media type in small letters, without its parameters; empty if there is none. A header
   * that is no media type is returned as it is, so that it equals none.
   *
   * @param contentType all lines of the header Content-Type, or null
   */
  static String bare(@Nullable String contentType) {
    if (contentType == null || contentType.isEmpty()) {
      return "";
    }
    try {
      List<HeaderList.Item> items = HeaderList.items(contentType);
      if (items.size() == 1 && items.getFirst().value() == null) {
        return items.getFirst().name();
      }
    } catch (IllegalArgumentException e) {
      // It is returned below.
    }
    return contentType;
  }

  /**
   * Chooses the media type that the client prefers. Among equal weights, the one that the client
   * names more exactly is chosen, and else the one that was offered first. A client that accepts
   * none of them, or whose header is malformed, gets the first one.
   *
   * @param accept all lines of the header Accept, or null
   */
  String choose(@Nullable String accept) {
    if (accept == null || accept.equals(ANY)) {
      return offers.getFirst();
    }
    for (String offer : offers) {
      if (accept.equals(offer)) {
        return offer;
      }
    }
    List<HeaderList.Item> ranges;
    try {
      ranges = HeaderList.items(accept);
    } catch (IllegalArgumentException e) {
      return offers.getFirst();
    }
    String chosen = offers.getFirst();
    int best = 0;
    for (String offer : offers) {
      int rank = rank(offer, ranges);
      if (rank > best) {
        best = rank;
        chosen = offer;
      }
    }
    return chosen;
  }

  /** Returns the rank of a media type: by its weight, then by how exactly it is named; or 0. */
  private static int rank(String offer, List<HeaderList.Item> ranges) {
    int exactness = 0;
    int thousandths = 0;
    for (HeaderList.Item range : ranges) {
      int match = exactness(offer, range.name());
      if (match > exactness) {
        exactness = match;
        thousandths = thousandths(range);
      }
    }
    return thousandths == 0 ? 0 : thousandths * 4 + exactness;
  }

  private static int exactness(String offer, String range) {
    if (range.equals(offer)) {
      return 3;
    }
    if (range.endsWith("/*") && offer.startsWith(range.substring(0, range.length() - 1))) {
      return 2;
    }
    return range.equals(ANY) ? 1 : 0;
  }

  /** Returns a weight in thousandths; an illegal one is not counted against the client. */
  private static int thousandths(HeaderList.Item range) {
    for (HeaderList.Parameter parameter : range.parameters()) {
      if (parameter.name().equals("q") && WEIGHT.matcher(parameter.value()).matches()) {
        return (int) Math.round(Double.parseDouble(parameter.value()) * 1_000);
      }
    }
    return 1_000;
  }
}
