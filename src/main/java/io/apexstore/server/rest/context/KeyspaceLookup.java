package io.apexstore.server.rest.context;

import io.apexstore.ApexStore;
import io.apexstore.Keyspace;
import io.apexstore.server.http.Problem;
import io.apexstore.server.http.Quoted;
import java.util.regex.Pattern;

/**
 * Finds keyspaces by name without making them, and keeps the internal ones out of reach.
 *
 * <p><b>Threads:</b> any.
 */
public final class KeyspaceLookup {
  private static final Pattern NAME = Pattern.compile("[A-Za-z0-9][A-Za-z0-9._-]{0,63}");

  private final ApexStore store;
  private final Keyspace standard;

  public KeyspaceLookup(ApexStore store) {
    this.store = store;
    this.standard = store.keyspace(ApexStore.DEFAULT_KEYSPACE);
  }

  public Keyspace standard() {
    return standard;
  }

  /** Returns the keyspace of that name, which must be there. */
  public Keyspace existing(String name) {
    if (name.equals(ApexStore.DEFAULT_KEYSPACE)) {
      return standard;
    }
    Keyspace found = isAllowed(name) ? store.existingKeyspace(name) : null;
    if (found == null) {
      throw absent(name).exception();
    }
    return found;
  }

  /** Returns the problem that there is no keyspace of a name. */
  public static Problem absent(String name) {
    String detail = "there is no keyspace " + Quoted.of(name);
    return Problem.of(
        Problem.Kind.KEYSPACE_NOT_FOUND,
        isAllowed(name) ? detail + "; PUT /keyspaces/{name} makes one" : detail);
  }

  public static boolean isAllowed(String name) {
    return NAME.matcher(name).matches();
  }
}
