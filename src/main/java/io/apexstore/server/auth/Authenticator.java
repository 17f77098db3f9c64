package io.apexstore.server.auth;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Identifies the caller of a request by its Authorization header.
 *
 * <p><b>Threads:</b> any.
 */
public final class Authenticator {
  private static final String SCHEME = "Bearer ";

  private final @Nullable TokenStore tokens;

  /**
   * Creates an authenticator.
   *
   * @param tokens the tokens that are accepted; null turns authentication off, and every caller has
   *     the role {@link Role#ADMIN}
   */
  public Authenticator(@Nullable TokenStore tokens) {
    this.tokens = tokens;
  }

  /** Returns whether requests need a token. */
  public boolean enabled() {
    return tokens != null;
  }

  /** The result of authentication. */
  public sealed interface Decision {
    /** The caller has this role. */
    record Known(Role role) implements Decision {}

    /** There is no token, or it is not accepted. */
    record Unknown() implements Decision {}

    /** The headers contradict one another; {@code reason} may be shown to the caller. */
    record Malformed(String reason) implements Decision {}
  }

  private static final Decision UNKNOWN = new Decision.Unknown();
  private static final Decision READER = new Decision.Known(Role.READ);
  private static final Decision WRITER = new Decision.Known(Role.WRITE);
  private static final Decision ADMINISTRATOR = new Decision.Known(Role.ADMIN);

  /** Identifies the caller from all values of the Authorization header. */
  public Decision decide(List<String> headers) {
    if (headers.size() > 1) {
      return new Decision.Malformed("there is more than one Authorization header");
    }
    TokenStore known = tokens;
    if (known == null) {
      return ADMINISTRATOR;
    }
    if (headers.isEmpty()) {
      return UNKNOWN;
    }
    String header = headers.getFirst();
    if (!header.regionMatches(true, 0, SCHEME, 0, SCHEME.length())) {
      return UNKNOWN;
    }
    Role role = known.verify(header.substring(SCHEME.length()).strip());
    return switch (role) {
      case null -> UNKNOWN;
      case READ -> READER;
      case WRITE -> WRITER;
      case ADMIN -> ADMINISTRATOR;
    };
  }
}
