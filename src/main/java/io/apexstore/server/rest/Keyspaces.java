package io.apexstore.server.rest;

import io.apexstore.ApexStore;
import io.apexstore.Keyspace;
import io.apexstore.server.http.Problem;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
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

  /** Those that were asked for and were there. */
  private final Map<String, Keyspace> known = new ConcurrentHashMap<>();

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
    Keyspace found = known.get(name);
    if (found != null && !found.isDropped()) {
      return found;
    }
    if (!isAllowed(name) || !store.keyspaceNames().contains(name)) {
      throw Problem.of(Problem.Kind.KEYSPACE_NOT_FOUND, "PUT /keyspaces/{name} makes a keyspace")
          .exception();
    }
    found = store.keyspace(name);
    known.put(name, found);
    return found;
  }

  static boolean isAllowed(String name) {
    return NAME.matcher(name).matches();
  }
}
