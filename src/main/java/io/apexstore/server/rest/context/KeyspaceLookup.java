package io.apexstore.server.rest.context;

import io.apexstore.ApexStore;
import io.apexstore.Keyspace;
import io.apexstore.server.http.Problem;
import io.apexstore.server.http.Quoted;
import java.util.regex.Pattern;

/**
 * Finds keyspaces by name. It never creates one, and it does not find internal keyspaces, whose
 * names begin with an underscore.
 *
 * <p><b>Threads:</b> any.
 */
public final class KeyspaceLookup {
  private static final Pattern NAME = Pattern.compile("[A-Za-z0-9][A-Za-z0-9._-]{0,63}");

  private final ApexStore store;
  private final Keyspace defaultKeyspace;

  /** Creates a lookup in a store. */
  public KeyspaceLookup(ApexStore store) {
    this.store = store;
    this.defaultKeyspace = store.keyspace(ApexStore.DEFAULT_KEYSPACE);
  }

  /** Returns the keyspace {@code default}, which always exists. */
  public Keyspace defaultKeyspace() {
    return defaultKeyspace;
  }

  /**
   * Returns the keyspace of this name.
   *
   * @throws io.apexstore.server.http.ProblemException {@code KEYSPACE_NOT_FOUND}
   */
  public Keyspace existing(String name) {
    if (name.equals(ApexStore.DEFAULT_KEYSPACE)) {
      return defaultKeyspace;
    }
    Keyspace found = isLegalName(name) ? store.existingKeyspace(name) : null;
    if (found == null) {
      throw notFound(name).exception();
    }
    return found;
  }

  /** Returns the problem that no keyspace has this name. */
  public static Problem notFound(String name) {
    String detail = "there is no keyspace " + Quoted.of(name);
    return Problem.of(
        Problem.Kind.KEYSPACE_NOT_FOUND,
        isLegalName(name) ? detail + "; create it with PUT /keyspaces/{name}" : detail);
  }

  /**
   * Whether a client may give a keyspace this name: 1 to 64 letters, digits, dots, dashes and
   * underscores, the first one a letter or digit.
   */
  public static boolean isLegalName(String name) {
    return NAME.matcher(name).matches();
  }
}
