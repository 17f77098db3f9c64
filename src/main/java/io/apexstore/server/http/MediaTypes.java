package io.apexstore.server.http;

import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** What the headers Content-Type and Accept say. */
final class MediaTypes {
  private MediaTypes() {}

  static String bare(@Nullable String contentType) {
    if (contentType == null) {
      return "";
    }
    int semicolon = contentType.indexOf(';');
    String bare = semicolon < 0 ? contentType : contentType.substring(0, semicolon);
    return bare.strip().toLowerCase(Locale.ROOT);
  }

  /** Whether the type is named with a quality above 0; a wildcard names nothing. */
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
