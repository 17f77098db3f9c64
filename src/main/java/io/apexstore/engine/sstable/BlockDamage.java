package io.apexstore.engine.sstable;

import io.apexstore.engine.base.EngineException;
import io.apexstore.engine.base.EngineException.Failure;
import io.apexstore.engine.base.SafeLogger;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/**
 * The damage that reads of one table's blocks met: the first one, and how often reads failed. The
 * first one is also logged.
 *
 * <p><b>Threads:</b> any; it waits for no one, and a read that meets no damage does not touch it.
 */
final class BlockDamage {
  private static final Logger LOG = SafeLogger.of(BlockDamage.class);

  private final AtomicReference<@Nullable EngineException> first = new AtomicReference<>();
  private final AtomicLong failedReads = new AtomicLong();

  /** Records a failure of a read if it is {@code CORRUPTION}; returns it, to be thrown. */
  EngineException note(EngineException failure) {
    if (failure.failure() == Failure.CORRUPTION) {
      failedReads.incrementAndGet();
      if (first.compareAndSet(null, failure)) {
        LOG.log(Level.ERROR, "a read met a damaged block: {0}", failure.getMessage());
      }
    }
    return failure;
  }

  /** Returns a line with the first damage and the number of reads that failed; null if none did. */
  @Nullable String line() {
    EngineException known = first.get();
    return known == null ? null : known.getMessage() + " (reads that failed: " + failedReads + ")";
  }
}
