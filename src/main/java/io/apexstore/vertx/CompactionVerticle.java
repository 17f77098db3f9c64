package io.apexstore.vertx;

import io.vertx.core.VerticleBase;
import java.util.concurrent.Executor;

/**
 * Lends the store the threads that it compacts tables on.
 *
 * <p><b>Threads:</b> a worker verticle whose pool has as many threads as compactions may run at
 * once; jobs do not wait for one another. {@link #executor} may be used from any thread.
 */
final class CompactionVerticle extends VerticleBase {
  private static final System.Logger LOG = System.getLogger(CompactionVerticle.class.getName());

  /** Returns the executor; usable once this is deployed. */
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
