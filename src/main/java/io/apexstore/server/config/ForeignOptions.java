package io.apexstore.server.config;

import java.util.Locale;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Names that are not options but have a known meaning: old names and unsupported features. */
final class ForeignOptions {
  private static final Map<String, Option> RENAMED =
      Map.of(
          "DIR_PATH", Option.DATA_DIR,
          "API_AUTH_ENABLED", Option.AUTH_ENABLED,
          "INDEX_INTERVAL", Option.SPARSE_INDEX_INTERVAL);

  private static final Set<String> NOT_SUPPORTED =
      Set.of(
          "TLS_ENABLED",
          "TLS_CERT_PATH",
          "TLS_KEY_PATH",
          "TLS_PORT",
          "CORS_ENABLED",
          "RATE_LIMIT_ENABLED",
          "FEATURE_CACHE_TTL",
          "API_TOKEN_EXPIRY_DAYS");

  /**
   * Security options that are refused, because ignoring them would suggest a protection that does
   * not exist.
   */
  private static final Set<String> PROTECTIONS = Set.of("TLS_ENABLED");

  private ForeignOptions() {}

  /** Returns the option that this name was renamed to, or null if it is not an old name. */
  static @Nullable Option renamed(String name) {
    return RENAMED.get(name);
  }

  /** Returns whether the name belongs to a feature that this version does not support. */
  static boolean notSupported(String name) {
    return NOT_SUPPORTED.contains(name);
  }

  /** Returns whether the value turns on a protection, which must not be ignored. */
  static boolean requestsProtection(String name, String value) {
    return PROTECTIONS.contains(name)
        && Set.of("true", "yes", "on", "1").contains(value.strip().toLowerCase(Locale.ROOT));
  }

  static ConfigException notSupported(String name, String given, String source) {
    return new ConfigException(
        name
            + ": given \""
            + given
            + "\" ("
            + source
            + "), but this version does not support it; allowed: omit it");
  }
}
