package io.apexstore.engine.commit;

import io.apexstore.engine.base.Batch;
import io.apexstore.engine.base.BatchReader;
import io.apexstore.engine.base.KeyspaceNames;
import io.apexstore.engine.keyspace.KeyspaceTree;
import io.apexstore.engine.keyspace.Keyspaces;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * The state of one asynchronous commit that {@link DeferredCommits} may defer.
 *
 * <p><b>Threads:</b> owned together with its {@link Commit}.
 */
final class Deferral {
  /** Reads and builds the commit; null for a plain commit that only follows earlier ones. */
  final @Nullable OptimisticWrite write;

  /** The ids of the keyspaces that it writes. */
  final int[] keyspaceIds;

  /** An estimate of its encoded bytes while it is not prepared. */
  final long bytes;

  /** Whether it must be prepared before it can be committed. */
  boolean mustPrepare;

  /** Whether later commits of its keyspaces must not overtake it. */
  boolean isCounted;

  /** Whether it was prepared for the round under way and the leader has not settled it yet. */
  boolean isOfRound;

  /** Whether it was deferred before. */
  boolean wasDeferred;

  /** How often another commit overtook it. */
  int overtaken;

  /** Why it could not be prepared; the outcome of the commit. */
  @Nullable Throwable failure;

  Deferral(@Nullable OptimisticWrite write, int[] keyspaceIds, long bytes, boolean mustPrepare) {
    this.write = write;
    this.keyspaceIds = keyspaceIds;
    this.bytes = bytes;
    this.mustPrepare = mustPrepare;
  }

  /**
   * Returns the ids of the keyspaces that a batch writes. Internal ones are left out: only the
   * store writes them, together with a keyspace of the user's, which determines the order.
   */
  static int[] keyspaceIds(Batch batch, Keyspaces keyspaces) {
    int only = batch.onlyKeyspaceId();
    if (only >= 0) {
      return new int[] {only};
    }
    IntStream.Builder ids = IntStream.builder();
    BatchReader operation = batch.reader();
    while (operation.next()) {
      ids.add(operation.keyspaceId());
    }
    return withoutInternal(ids.build(), keyspaces);
  }

  /** Returns the given ids without repetitions and without those of internal keyspaces. */
  static int[] withoutInternal(IntStream ids, Keyspaces keyspaces) {
    return ids.distinct().filter(id -> !isInternal(keyspaces.find(id))).toArray();
  }

  private static boolean isInternal(@Nullable KeyspaceTree tree) {
    return tree != null && KeyspaceNames.isInternal(tree.name());
  }
}
