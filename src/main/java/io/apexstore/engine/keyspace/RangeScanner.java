package io.apexstore.engine.keyspace;

import io.apexstore.engine.read.EngineCursor;
import org.jspecify.annotations.Nullable;

/**
 * Scans of an open store, for parts of the engine that read ranges on the store's own behalf.
 *
 * <p><b>Threads:</b> any. A scan may wait for the disk.
 */
@FunctionalInterface
public interface RangeScanner {
  /**
   * Opens a forward cursor over the newest visible entries of a range. The caller closes it.
   *
   * @param from first key, or null for the first key of the keyspace
   * @param to first key past the range, or null for no end
   * @throws io.apexstore.engine.base.EngineException {@code CLOSED}
   */
  EngineCursor scan(KeyspaceTree tree, byte @Nullable [] from, byte @Nullable [] to);
}
