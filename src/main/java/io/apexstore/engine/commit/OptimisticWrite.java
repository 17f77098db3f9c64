package io.apexstore.engine.commit;

import io.apexstore.engine.base.Batch;
import io.apexstore.engine.base.EngineException;
import org.jspecify.annotations.Nullable;

/**
 * A write that is built from what the store holds: an update, a merge, a commit with conditions, or
 * one that logs previous values.
 *
 * <p>It is optimistic. {@link #prepare} reads and builds a batch, with conditions which say that
 * what it read has not changed. The writer checks these again. If another writer overtook the
 * write, it is prepared again and committed again, up to {@link Backoff#ATTEMPTS_MAX} times.
 * Blocking writes are retried by {@link Commits#retry}, asynchronous ones by {@link
 * DeferredCommits}.
 */
@FunctionalInterface
public interface OptimisticWrite {
  /**
   * Reads the store and builds the commit. It may read the disk and is never called on the thread
   * that writes. It must have no other effects, because it may be called again.
   *
   * @throws EngineException {@code OVERTAKEN} to be called again; every other failure, of whatever
   *     class, is the outcome of the write
   */
  Prepared prepare();

  /**
   * What an attempt commits.
   *
   * @param batch sealed
   * @param conditions what must hold; a violation that fails with {@code OVERTAKEN} causes another
   *     attempt; null: none
   */
  record Prepared(Batch batch, @Nullable Conditions conditions) {}
}
