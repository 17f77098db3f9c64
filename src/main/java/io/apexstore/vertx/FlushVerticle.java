package io.apexstore.vertx;

import io.vertx.core.VerticleBase;
import java.util.concurrent.Executor;

/**
 * Lends the store the thread that it flushes memtables on.
 *
 * <p><b>Threads:</b> a worker verticle on a pool of one thread: jobs run one after another. {@link
 * #executor} may be used from any thread.
 */
final class FlushVerticle extends VerticleBase {
  /** Returns the executor; usable once this is deployed. */
  Executor executor() {
    return job -> context.runOnContext(ignored -> job.run());
  }
}
