package io.apexstore.engine.manifest;

import java.util.Collections;
import java.util.Map;
import java.util.TreeMap;

/**
 * A keyspace's identity and options, as the manifest stores them.
 *
 * @param id number of the keyspace, never used again in the store
 * @param name the keyspace's name
 * @param options the keyspace's options by name; the manifest does not interpret them
 */
public record KeyspaceMeta(int id, String name, Map<String, String> options) {
  /** Copies the options, sorted by name. */
  public KeyspaceMeta {
    options = Collections.unmodifiableMap(new TreeMap<>(options));
  }

  /** Returns the same keyspace with other options. */
  KeyspaceMeta withOptions(Map<String, String> newOptions) {
    return new KeyspaceMeta(id, name, newOptions);
  }
}
