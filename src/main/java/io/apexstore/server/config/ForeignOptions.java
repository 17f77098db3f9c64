package io.apexstore.server.config;

import java.util.Locale;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Names that are not in the table of options but mean something. */
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

  /** Those whose being asked for and not given would leave somebody believing in a protection. */
  private static final Set<String> PROTECTIONS = Set.of("TLS_ENABLED");

  private ForeignOptions() {}

  /** Returns the option that had this name, or null. */
  static @Nullable Option renamed(String name) {
    return RENAMED.get(name);
  }

  /** Whether the name is known but this version cannot do what it asks for. */
  static boolean notSupported(String name) {
    return NOT_SUPPORTED.contains(name);
  }

  /** Whether going on without it would be unsafe. */
  static boolean asksForProtection(String name, String value) {
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
            + "), but this version does not support it; allowed: to leave it out");
  }
}
