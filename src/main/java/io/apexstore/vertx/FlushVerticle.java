package io.apexstore.vertx;

import io.vertx.core.VerticleBase;
import java.util.concurrent.Executor;

/**
 * The thread on which the store flushes memtables.
 *
 * <p><b>Threads:</b> a worker verticle with a pool of one thread; jobs run one after another.
 * {@link #executor} may be used from any thread.
 */
final class FlushVerticle extends VerticleBase {
  /** Returns the executor, which may be used after this verticle is deployed. */
  Executor executor() {
    return job -> context.runOnContext(ignored -> job.run());
  }
}
