package io.apexstore.engine.manifest;

import io.apexstore.options.KeyspaceOptions;

/**
 * A keyspace as the manifest records it.
 *
 * @param id number of the keyspace, never used again in the store
 * @param name its name
 * @param options its options; they name a compaction strategy, {@code LEVELED} unless another was
 *     given
 */
public record KeyspaceMeta(int id, String name, KeyspaceOptions options) {
  /** Adds the compaction strategy to options that name none. */
  public KeyspaceMeta {
    options = options.orCompaction(KeyspaceOptionsText.DEFAULT_COMPACTION);
  }

  /** Returns the same keyspace with other options. */
  public KeyspaceMeta withOptions(KeyspaceOptions newOptions) {
    return new KeyspaceMeta(id, name, newOptions);
  }
}
