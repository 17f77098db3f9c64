package io.apexstore.engine.commit;

import io.apexstore.engine.base.Batch;

/**
 * Where the {@link CommitPipeline} puts what the log has taken.
 *
 * <p><b>Threads:</b> called by the pipeline's leader only.
 */
interface CommitTarget {
  /**
   * Makes room for a group: seals memtables that are full, and holds the caller back while the
   * store cannot keep up.
   *
   * @param group the first commit of it
   * @throws io.apexstore.engine.base.EngineException if writes are refused
   */
  void prepare(Commit group);

  /** Reserves versions up to the given one, so that none of them is ever given out twice. */
  void reserveVersions(long upTo);

  /** Puts a commit into the memtables; no reader sees it yet. */
  void apply(Batch batch, long version);

  /** Lets readers see every commit up to the version. */
  void publish(long version);
}
