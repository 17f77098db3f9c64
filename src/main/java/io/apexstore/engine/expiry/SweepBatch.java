package io.apexstore.engine.expiry;

import io.apexstore.engine.base.Batch;
import io.apexstore.engine.commit.Conditions;
import io.apexstore.engine.keyspace.KeyspaceTree;

/**
 * One batch of a sweep: deletions, each on the condition that the entry is still the one that was
 * read. Its size is bounded by {@value #DELETIONS_MAX} deletions, 1 MiB of operations and 4 MiB of
 * previous values; a single larger value still fits.
 *
 * <p><b>Threads:</b> confined to one.
 */
final class SweepBatch {
  static final int DELETIONS_MAX = 512;

  private static final long BYTES_MAX = 1 << 20;
  private static final long PREVIOUS_BYTES_MAX = 4 << 20;

  private final Batch operations = new Batch(4 << 10);
  private final Conditions conditions = new Conditions();
  private int deletions;
  private long previousBytes;

  Batch operations() {
    return operations;
  }

  Conditions conditions() {
    return conditions;
  }

  int deletions() {
    return deletions;
  }

  /** Deletes an expired entry, on the condition that the key still has the version. */
  void delete(KeyspaceTree tree, byte[] key, long version, int valueLength) {
    conditions.versionEvenIfExpired(tree.id(), key, version);
    operations.deleteExpired(tree.id(), key);
    previousBytes += tree.options().logPreviousValues() ? valueLength : 0;
    deletions++;
  }

  boolean isFull() {
    return deletions >= DELETIONS_MAX
        || operations.length() > BYTES_MAX
        || previousBytes > PREVIOUS_BYTES_MAX;
  }

  void seal() {
    operations.seal();
  }
}
