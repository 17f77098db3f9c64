package io.apexstore.vertx;

import io.apexstore.WriteBatch;
import io.apexstore.options.SyncMode;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The writes of one tick of an event loop, as a message to {@link WalVerticle}. The sender must not
 * use the batches afterwards.
 *
 * @param writes the writes in the order of their commits
 * @param bytes the bytes that they have acquired from the {@link WriteBound}
 */
record WriteGroup(List<Write> writes, long bytes) {
  WriteGroup {
    writes = List.copyOf(writes);
  }

  /**
   * One write.
   *
   * @param batch the batch to commit
   * @param atLeast the weakest sync mode that is allowed, or null for that of the store
   */
  record Write(WriteBatch batch, @Nullable SyncMode atLeast) {}
}
