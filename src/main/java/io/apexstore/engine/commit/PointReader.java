package io.apexstore.engine.commit;

import io.apexstore.engine.base.Lookup;
import io.apexstore.engine.keyspace.KeyspaceTree;

/**
 * The point read of the engine, as the write path uses it.
 *
 * <p><b>Threads:</b> any. <b>Errors:</b> {@link io.apexstore.engine.base.EngineException} {@code
 * CLOSED} once the store is closed.
 */
@FunctionalInterface
public interface PointReader {
  /** Finds the newest entry of a key that the lookup may see; a tombstone is an entry. */
  Lookup.Outcome get(KeyspaceTree tree, Lookup lookup);
}
