package io.apexstore.engine.keyspace;

import io.apexstore.engine.base.Lookup;

/**
 * Point reads of an open store, for parts of the engine that read keys on the store's own behalf.
 *
 * <p><b>Threads:</b> any. A read may wait for the disk.
 */
@FunctionalInterface
public interface PointReader {
  /**
   * Reads the newest entry of a key that the lookup may see; a tombstone is an entry.
   *
   * @throws io.apexstore.engine.base.EngineException {@code CLOSED}, {@code CORRUPTION} or {@code
   *     READ_FAILED}
   */
  Lookup.Outcome get(KeyspaceTree tree, Lookup lookup);
}
