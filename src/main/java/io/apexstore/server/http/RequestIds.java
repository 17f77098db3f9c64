package io.apexstore.server.http;

import java.security.SecureRandom;
import java.util.HexFormat;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/**
 * The source of request ids, by which an error answer is found in the log.
 *
 * <p><b>Threads:</b> any.
 */
public final class RequestIds {
  private static final int GIVEN_LENGTH_MAX = 64;

  private final String prefix;
  private final AtomicLong counter = new AtomicLong();

  /** Creates a source of ids that differ from those of every other run. */
  public RequestIds() {
    byte[] random = new byte[6];
    new SecureRandom().nextBytes(random);
    this.prefix = HexFormat.of().formatHex(random) + "-";
  }

  /**
   * Returns the id that the client gave, if it has 1 to 64 letters, digits, dots, dashes and
   * underscores, or a new one.
   */
  public String of(@Nullable String given) {
    return given != null && isPlain(given) ? given : prefix + counter.incrementAndGet();
  }

  private static boolean isPlain(String given) {
    if (given.isEmpty() || given.length() > GIVEN_LENGTH_MAX) {
      return false;
    }
    for (int i = 0; i < given.length(); i++) {
      char c = given.charAt(i);
      boolean plain =
          (c >= '0' && c <= '9')
              || (c >= 'A' && c <= 'Z')
              || (c >= 'a' && c <= 'z')
              || c == '-'
              || c == '_'
              || c == '.';
      if (!plain) {
        return false;
      }
    }
    return true;
  }
}
