package io.apexstore.server.rest;

import io.apexstore.ApexStore;
import io.apexstore.Keyspace;
import io.apexstore.server.http.Given;
import io.apexstore.server.http.Problem;
import java.util.regex.Pattern;

/**
 * Finds keyspaces by name without making them, and keeps the internal ones out of reach.
 *
 * <p><b>Threads:</b> any.
 */
final class Keyspaces {
  private static final Pattern NAME = Pattern.compile("[A-Za-z0-9][A-Za-z0-9._-]{0,63}");

  private final ApexStore store;
  private final Keyspace standard;

  Keyspaces(ApexStore store) {
    this.store = store;
    this.standard = store.keyspace(ApexStore.DEFAULT_KEYSPACE);
  }

  Keyspace standard() {
    return standard;
  }

  /** Returns the keyspace of that name, which must be there. */
  Keyspace existing(String name) {
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
  static Problem absent(String name) {
    String detail = "there is no keyspace " + Given.of(name);
    return Problem.of(
        Problem.Kind.KEYSPACE_NOT_FOUND,
        isAllowed(name) ? detail + "; PUT /keyspaces/{name} makes one" : detail);
  }

  static boolean isAllowed(String name) {
    return NAME.matcher(name).matches();
  }
}
