package io.apexstore.engine.commit;

import io.apexstore.engine.base.EngineException;
import io.apexstore.engine.keyspace.KeyspaceTree;
import org.jspecify.annotations.Nullable;

/**
 * The background work, as the write path sees it: what slows writers down, and what is notified of
 * sealed memtables.
 *
 * <p><b>Threads:</b> called by the pipeline's leader only.
 */
public interface FlushScheduler {
  /**
   * Delays the leader while flushes and compactions lag behind.
   *
   * @param bytes encoded bytes of the group that is about to be written
   * @throws EngineException {@code DISK_FULL} or {@code STORAGE_FAILED} if writes are refused
   */
  void holdBackWriter(long bytes);

  /**
   * Schedules the flush of a memtable that was sealed.
   *
   * @param bytes arena bytes of the memtable
   */
  void sealed(long bytes);

  /**
   * Returns the keyspace whose oldest unflushed commit keeps the log from being released, or null
   * if a restart would replay no more than the given number of bytes.
   */
  @Nullable KeyspaceTree holdsTooMuchLog(long bytesMax);
}
