package io.apexstore.engine.commit;

import io.apexstore.engine.base.Batch;
import io.apexstore.engine.base.BatchReader;
import io.apexstore.engine.base.KeyRangeSet;
import io.apexstore.engine.base.Limits;
import io.apexstore.engine.base.Lookup;
import io.apexstore.engine.base.TimeSource;
import io.apexstore.engine.base.ValueKind;
import io.apexstore.engine.keyspace.KeyspaceTree;
import io.apexstore.engine.keyspace.Keyspaces;
import io.apexstore.engine.keyspace.PointReader;
import java.lang.foreign.MemorySegment;
import org.jspecify.annotations.Nullable;

/**
 * The previous values of the keys of a batch, for keyspaces that log them.
 *
 * <p>They are read before the commit. A condition for each key requires that its newest entry is
 * still the one that was read, so the values are right in the commit's version, and the writer
 * never reads the disk. A value for which the batch has no room is left out. So is the value of a
 * key that an earlier range tombstone of the same batch covers: a consumer that has seen the
 * tombstone knows that the key has no value.
 *
 * <p><b>Threads:</b> any. It may read the disk.
 */
final class PreviousValues {
  /** Room for previous values that a copy of a batch begins with, at most. */
  private static final int SPARE_BYTES_MAX = 1 << 20;

  private final PointReader reader;
  private final Keyspaces keyspaces;
  private final TimeSource clock;

  PreviousValues(PointReader reader, Keyspaces keyspaces, TimeSource clock) {
    this.reader = reader;
    this.keyspaces = keyspaces;
    this.clock = clock;
  }

  /** Whether a batch writes a key whose previous value must be logged. */
  boolean areLogged(Batch batch) {
    if (!keyspaces.anyLogsPrevious()) {
      return false;
    }
    BatchReader operation = batch.reader();
    while (operation.next()) {
      KeyspaceTree tree = keyspaces.find(operation.keyspaceId());
      if (tree != null && tree.options().logPreviousValues() && !operation.isRangeDelete()) {
        return true;
      }
    }
    return false;
  }

  /**
   * Returns a copy of a batch that contains the previous values of its keys, with the given
   * conditions and one for each value that was read.
   */
  OptimisticWrite.Prepared read(Batch batch, @Nullable Conditions given) {
    Conditions conditions = new Conditions();
    if (given != null) {
      conditions.addAll(given);
    }
    Copy copy = new Copy(batch, conditions, clock.currentTimeMs());
    BatchReader operation = batch.reader();
    while (operation.next()) {
      copy.add(operation);
    }
    copy.target.noteDueOf(batch);
    copy.target.seal();
    return new OptimisticWrite.Prepared(copy.target, conditions);
  }

  private static void add(Batch batch, BatchReader operation, byte[] key) {
    if (operation.kind() == ValueKind.PUT) {
      batch.put(
          operation.keyspaceId(),
          key,
          operation.expiryMs(),
          MemorySegment.ofArray(operation.bytes())
              .asSlice(operation.valueOffset(), operation.valueLength()));
    } else if (operation.isRangeDelete()) {
      batch.deleteRange(operation.keyspaceId(), key, operation.rangeEnd());
    } else if (operation.isExpiration()) {
      batch.deleteExpired(operation.keyspaceId(), key);
    } else {
      batch.delete(operation.keyspaceId(), key);
    }
  }

  /** The copy of one batch. */
  private final class Copy {
    private final Batch target;
    private final Conditions conditions;
    private final long nowMs;
    // The ranges that the batch deletes before the current operation.
    private final KeyRangeSet covered = new KeyRangeSet();
    // How many bytes the batch may still grow.
    private long room;

    Copy(Batch batch, Conditions conditions, long nowMs) {
      this.target = new Batch(batch.length() + Math.min(batch.length(), SPARE_BYTES_MAX));
      this.conditions = conditions;
      this.nowMs = nowMs;
      this.room = (long) Limits.BATCH_BYTES_MAX - batch.length() - Batch.OVERHEAD_MAX;
    }

    void add(BatchReader operation) {
      byte[] key = operation.key();
      PreviousValues.add(target, operation, key);
      KeyspaceTree tree = keyspaces.get(operation.keyspaceId());
      if (!tree.options().logPreviousValues()) {
        return;
      }
      if (operation.isRangeDelete()) {
        covered.add(tree.id(), key, operation.rangeEnd());
      } else if (room > Batch.OVERHEAD_MAX && !covered.contains(tree.id(), key)) {
        addPrevious(tree, key, operation.isExpiration());
      }
    }

    // An expired value counts as no value, except for the deletion that removes it.
    private void addPrevious(KeyspaceTree tree, byte[] key, boolean isOfExpired) {
      Lookup lookup = new Lookup();
      lookup.start(key, Limits.VERSION_MAX, false);
      boolean isPut =
          reader.get(tree, lookup) == Lookup.Outcome.FOUND && lookup.kind() == ValueKind.PUT;
      conditions.stillNewest(tree.id(), key, isPut ? lookup.version() : 0);
      boolean isExpired =
          isPut && lookup.expiryMs() != Limits.NEVER_EXPIRES && lookup.expiryMs() <= nowMs;
      byte[] value = isPut ? lookup.value() : null;
      if (value == null || (isExpired && !isOfExpired)) {
        return;
      }
      long needed = (long) Batch.OVERHEAD_MAX + value.length;
      if (needed <= room) {
        target.addPreviousValue(value);
        room -= needed;
      }
    }
  }
}
