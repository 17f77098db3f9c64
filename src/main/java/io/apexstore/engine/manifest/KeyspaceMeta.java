package io.apexstore.engine.manifest;

import java.util.Collections;
import java.util.Map;
import java.util.TreeMap;

/**
 * A keyspace as the manifest knows it.
 *
 * @param id number of the keyspace, never used again in the store
 * @param name its name
 * @param options its options by name; what they mean is the engine's affair
 */
public record KeyspaceMeta(int id, String name, Map<String, String> options) {
  /** Copies the options, in the order of their names. */
  public KeyspaceMeta {
    options = Collections.unmodifiableMap(new TreeMap<>(options));
  }

  /** Returns the same keyspace with other options. */
  public KeyspaceMeta withOptions(Map<String, String> newOptions) {
    return new KeyspaceMeta(id, name, newOptions);
  }
}
