package io.apexstore.server.auth;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Decides from a request's Authorization headers who calls.
 *
 * <p><b>Threads:</b> any.
 */
public final class Authenticator {
  private static final String SCHEME = "Bearer ";

  private final @Nullable TokenStore tokens;

  /** Makes an authenticator; without tokens, everybody is an administrator. */
  public Authenticator(@Nullable TokenStore tokens) {
    this.tokens = tokens;
  }

  /** Whether tokens are asked for. */
  public boolean enabled() {
    return tokens != null;
  }

  /** What was decided. */
  public sealed interface Decision {
    /** The caller is known. */
    record Known(Role role) implements Decision {}

    /** The caller is not known: no token, or none that is accepted. */
    record Unknown() implements Decision {}

    /** The headers contradict themselves. */
    record Malformed(String reason) implements Decision {}
  }

  private static final Decision UNKNOWN = new Decision.Unknown();
  private static final Decision READER = new Decision.Known(Role.READ);
  private static final Decision WRITER = new Decision.Known(Role.WRITE);
  private static final Decision ADMINISTRATOR = new Decision.Known(Role.ADMIN);

  /** Decides from all values of the Authorization header. */
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
