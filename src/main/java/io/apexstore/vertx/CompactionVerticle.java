package io.apexstore.vertx;

import io.apexstore.engine.base.SafeLogger;
import io.vertx.core.VerticleBase;
import java.util.concurrent.Executor;

/**
 * The threads on which the store compacts tables.
 *
 * <p><b>Threads:</b> a worker verticle. Its pool has one thread for each compaction that may run at
 * once, and jobs do not wait for one another. {@link #executor} may be used from any thread.
 */
final class CompactionVerticle extends VerticleBase {
  private static final System.Logger LOG = SafeLogger.of(CompactionVerticle.class);

  /** Returns the executor, which may be used after this verticle is deployed. */
  Executor executor() {
    return job ->
        context
            .executeBlocking(
                () -> {
                  job.run();
                  return null;
                },
                false)
            .onFailure(
                failure -> LOG.log(System.Logger.Level.ERROR, "a compaction failed", failure));
  }
}
