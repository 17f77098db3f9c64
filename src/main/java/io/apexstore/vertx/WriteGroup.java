package io.apexstore.vertx;

import io.apexstore.WriteBatch;
import io.apexstore.options.SyncMode;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The writes of one tick of an event loop, on their way to the store. Who sends it lets go of the
 * batches.
 *
 * @param writes in the order they are to be committed
 * @param bytes what they count for in the {@link WriteBound}
 */
record WriteGroup(List<Write> writes, long bytes) {
  WriteGroup {
    writes = List.copyOf(writes);
  }

  /**
   * One write.
   *
   * @param batch what to commit
   * @param atLeast how carefully, or null for the store's own mode
   */
  record Write(WriteBatch batch, @Nullable SyncMode atLeast) {}
}
