package io.apexstore.engine.commit;

import io.apexstore.engine.base.Batch;

/**
 * The memtables, as the {@link CommitPipeline} sees them: they take what the log has taken.
 *
 * <p><b>Threads:</b> called by the pipeline's leader only.
 */
interface CommitTarget {
  /**
   * Prepares the memtables for a group: seals full memtables, and delays the caller while the store
   * cannot keep up.
   *
   * @param group the first commit of it
   * @throws io.apexstore.engine.base.EngineException if writes are refused
   */
  void prepare(Commit group);

  /** Reserves versions up to the given one, so that none of them is ever assigned twice. */
  void reserveVersions(long upTo);

  /** Adds a commit to the memtables; readers do not see it yet. */
  void apply(Batch batch, long version);

  /**
   * Publishes every commit up to the version to readers.
   *
   * @param commitTimeMs the commit time of those that were not published yet, in ms since the epoch
   */
  void publish(long version, long commitTimeMs);
}
