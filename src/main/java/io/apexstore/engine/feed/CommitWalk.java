package io.apexstore.engine.feed;

import io.apexstore.engine.base.Batch;
import io.apexstore.engine.base.BatchReader;
import io.apexstore.engine.wal.LogReader;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * Walks over those operations of a commit that a consumer wants.
 *
 * <p><b>Threads:</b> confined to one at a time.
 */
final class CommitWalk {
  private final ChangeSource source;
  private final ChangeFilter filter;
  private final long version;
  private final long commitTimeMs;
  private final BatchReader operation;
  // Of all operations, which is what tokens hold; and of those that feeds tell of.
  private int index = -1;
  private int visibleIndex = -1;
  private boolean onWanted;
  // The keyspace looked at last: batches mostly name one.
  private int keyspaceId = -1;
  private @Nullable String keyspace;

  /**
   * Goes to the first wanted operation.
   *
   * @param commit stands on the commit, and must until the walk is over
   * @param afterIndex operations up to this are behind; -1 for none
   */
  CommitWalk(ChangeSource source, ChangeFilter filter, LogReader commit, int afterIndex) {
    this.source = source;
    this.filter = filter;
    this.version = commit.version();
    this.commitTimeMs = commit.commitTimeMs();
    this.operation = Batch.read(commit.array(), commit.batchStart(), commit.batchBytes());
    advance(afterIndex);
  }

  /** Whether there is another wanted operation. */
  boolean hasNext() {
    return onWanted;
  }

  /** Returns the next wanted operation; there must be one. */
  ChangeEvent next() {
    byte[] bytes = operation.bytes();
    final boolean isRange = operation.isRangeDelete();
    final byte[] key = isRange ? filter.rangeStart(operation.key()) : operation.key();
    final byte @Nullable [] to = isRange ? filter.rangeEnd(operation.rangeEnd()) : null;
    final byte[] value = copy(bytes, operation.valueOffset(), operation.valueLength());
    final byte @Nullable [] previous =
        operation.previousValueLength() < 0
            ? null
            : copy(bytes, operation.previousValueOffset(), operation.previousValueLength());
    final String itsKeyspace = String.valueOf(keyspace);
    final long expiryMs = operation.expiryMs();
    final int itsIndex = index;
    final int itsVisibleIndex = visibleIndex;
    ChangeEvent.Kind kind =
        switch (operation.kind()) {
          case PUT -> ChangeEvent.Kind.PUT;
          case DELETE ->
              operation.isExpiration() ? ChangeEvent.Kind.EXPIRED : ChangeEvent.Kind.DELETE;
          case RANGE_DELETE -> ChangeEvent.Kind.RANGE_DELETE;
        };
    advance(index);
    // With the last operation the whole commit is behind.
    boolean last = index == itsIndex;
    return new ChangeEvent(
        kind,
        last ? ChangeToken.after(version) : new ChangeToken(version, itsIndex, null),
        version,
        itsVisibleIndex,
        !onWanted,
        commitTimeMs,
        itsKeyspace,
        key,
        to,
        kind == ChangeEvent.Kind.PUT ? value : null,
        previous,
        expiryMs);
  }

  private void advance(int afterIndex) {
    onWanted = false;
    while (!onWanted && operation.next()) {
      index++;
      lookUpKeyspace();
      if (keyspace == null || !ChangeFilter.isInternal(keyspace)) {
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
    // One that was dropped has no name any more.
    String name = keyspace;
    return name != null && filter.wantsKeyspace(name);
  }

  private static byte[] copy(byte[] bytes, int offset, int length) {
    return Arrays.copyOfRange(bytes, offset, offset + length);
  }
}
