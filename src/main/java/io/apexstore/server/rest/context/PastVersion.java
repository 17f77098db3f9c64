package io.apexstore.server.rest.context;

import io.apexstore.ApexStore;
import io.apexstore.server.http.Problem;
import io.apexstore.server.http.Query;
import io.apexstore.server.http.Quoted;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * The parameter {@code at} of reads: a version, alone or with the tag of its history, which is the
 * text of an entity tag or of a feed's token.
 */
public final class PastVersion {
  private static final Pattern WITH_TAG = Pattern.compile("([1-9][0-9]{0,17})-[0-9a-f]{8}");

  private PastVersion() {}

  /**
   * Returns the version that a request reads at, or 0 for the newest one.
   *
   * @throws io.apexstore.server.http.ProblemException {@code MALFORMED_REQUEST}; {@code
   *     VERSION_EXPIRED} if the version is of another history than the store's
   */
  public static long of(ApexStore store, Query query) {
    @Nullable String text = query.text("at");
    if (text == null) {
      return 0;
    }
    Matcher withTag = WITH_TAG.matcher(text);
    if (!withTag.matches()) {
      return query.whole("at", 1, Long.MAX_VALUE);
    }
    long version = Long.parseLong(withTag.group(1));
    if (!text.equals(store.token(version))) {
      throw Problem.of(
              Problem.Kind.VERSION_EXPIRED,
              "version " + Quoted.of(text) + " is not in the history of this store")
          .exception();
    }
    return version;
  }
}
