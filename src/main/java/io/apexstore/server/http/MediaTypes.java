package io.apexstore.server.http;

import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** The media types in the headers Content-Type and Accept. */
final class MediaTypes {
  private MediaTypes() {}

  /** Returns a media type in small letters, without its parameters; empty if there is none. */
  static String bare(@Nullable String contentType) {
    if (contentType == null) {
      return "";
    }
    int semicolon = contentType.indexOf(';');
    String bare = semicolon < 0 ? contentType : contentType.substring(0, semicolon);
    return bare.strip().toLowerCase(Locale.ROOT);
  }

  /** Whether Accept names the type with a quality above 0; a wildcard does not name it. */
  static boolean accepts(@Nullable String accept, String mediaType) {
    if (accept == null || accept.length() < mediaType.length()) {
      return false;
    }
    for (String part : accept.split(",", 32)) {
      if (bare(part).equals(mediaType)) {
        String compact = part.replace(" ", "");
        return !compact.endsWith(";q=0") && !compact.endsWith(";q=0.0");
      }
    }
    return false;
  }
}
