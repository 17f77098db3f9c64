package io.apexstore.engine.feed;

import io.apexstore.engine.base.Batch;
import io.apexstore.engine.base.BatchReader;
import io.apexstore.engine.base.KeyspaceNames;
import io.apexstore.engine.wal.LogReader;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * An iteration over the operations of one commit that a filter accepts.
 *
 * <p><b>Threads:</b> confined to one at a time.
 */
final class CommitWalk {
  private final ChangeSource source;
  private final ChangeFilter filter;
  private final long version;
  private final long commitTimeMs;
  private final BatchReader operation;
  // Index among all operations, which tokens contain.
  private int index = -1;
  // Index among the operations that are not in internal keyspaces, which events contain.
  private int visibleIndex = -1;
  private boolean onWanted;
  // The last looked-up keyspace: most batches use only one.
  private int keyspaceId = -1;
  private @Nullable String keyspace;

  /**
   * Creates an iteration at the first accepted operation.
   *
   * @param commit a reader at the commit; it must not advance during the iteration
   * @param afterIndex operations up to this index are skipped; -1 for none
   */
  CommitWalk(ChangeSource source, ChangeFilter filter, LogReader commit, int afterIndex) {
    this.source = source;
    this.filter = filter;
    this.version = commit.version();
    this.commitTimeMs = commit.commitTimeMs();
    this.operation = Batch.read(commit.array(), commit.batchStart(), commit.batchBytes());
    advance(afterIndex);
  }

  /** Returns whether there is another accepted operation. */
  boolean hasNext() {
    return onWanted;
  }

  /** Returns the next accepted operation; requires {@link #hasNext}. */
  ChangeEvent next() {
    byte[] bytes = operation.bytes();
    final boolean isRange = operation.isRangeDelete();
    final byte[] key = isRange ? filter.rangeStart(operation.key()) : operation.key();
    final byte @Nullable [] to = isRange ? filter.rangeEnd(operation.rangeEnd()) : null;
    final byte[] value = copy(bytes, operation.valueOffset(), operation.valueLength());
    final byte @Nullable [] previousValue =
        operation.previousValueLength() < 0
            ? null
            : copy(bytes, operation.previousValueOffset(), operation.previousValueLength());
    final String keyspaceName = String.valueOf(keyspace);
    final long expiryMs = operation.expiryMs();
    final int eventIndex = index;
    final int eventVisibleIndex = visibleIndex;
    ChangeEvent.Kind kind =
        switch (operation.kind()) {
          case PUT -> ChangeEvent.Kind.PUT;
          case DELETE ->
              operation.isExpiration() ? ChangeEvent.Kind.EXPIRED : ChangeEvent.Kind.DELETE;
          case RANGE_DELETE -> ChangeEvent.Kind.RANGE_DELETE;
        };
    advance(index);
    // The token of the last operation is past the whole commit.
    boolean last = index == eventIndex;
    return new ChangeEvent(
        kind,
        last ? ChangeToken.after(version) : new ChangeToken(version, eventIndex, null),
        version,
        eventVisibleIndex,
        !onWanted,
        commitTimeMs,
        keyspaceName,
        key,
        to,
        kind == ChangeEvent.Kind.PUT ? value : null,
        previousValue,
        expiryMs);
  }

  private void advance(int afterIndex) {
    onWanted = false;
    while (!onWanted && operation.next()) {
      index++;
      lookUpKeyspace();
      if (keyspace == null || !KeyspaceNames.isInternal(keyspace)) {
        visibleIndex++;
      }
      onWanted = index > afterIndex && isWanted();
    }
  }

  private void lookUpKeyspace() {
    if (operation.keyspaceId() != keyspaceId) {
      keyspaceId = operation.keyspaceId();
      keyspace = source.keyspaceName(keyspaceId);
    }
  }

  private boolean isWanted() {
    boolean wantsKeys =
        operation.isRangeDelete()
            ? filter.wantsSomeOf(operation.key(), operation.rangeEnd())
            : filter.wantsKey(operation.bytes(), operation.keyOffset(), operation.keyLength());
    if (!wantsKeys) {
      return false;
    }
    // A dropped keyspace has no name.
    String name = keyspace;
    return name != null && filter.wantsKeyspace(name);
  }

  private static byte[] copy(byte[] bytes, int offset, int length) {
    return Arrays.copyOfRange(bytes, offset, offset + length);
  }
}
