package io.apexstore.engine.sstable;

import io.apexstore.engine.base.Keys;
import io.apexstore.engine.base.ValueKind;
import io.apexstore.engine.iterator.InternalIterator;
import java.lang.foreign.MemorySegment;

/**
 * What the iterators over a table share: the current entry is the one its block's cursor shows.
 *
 * <p><b>Threads:</b> one at a time.
 */
abstract class CursorIterator implements InternalIterator {
  private static final MemorySegment NOTHING = MemorySegment.ofArray(new byte[0]);

  final BlockWalk walk;
  DataBlockCursor cursor;
  boolean valid;

  private byte[] valueArray = new byte[0];
  private MemorySegment valueSegment = NOTHING;

  CursorIterator(BlockWalk walk) {
    this.walk = walk;
    this.cursor = walk.scratch().cursor;
  }

  /** The array that the current value lies in. */
  abstract byte[] valueArray();

  @Override
  public final boolean isValid() {
    return valid;
  }

  @Override
  public final byte[] key() {
    return cursor.key;
  }

  @Override
  public final int keyLength() {
    return cursor.keyLength;
  }

  @Override
  public final long keyPrefix() {
    return Keys.prefixOf(cursor.key, 0, cursor.keyLength);
  }

  @Override
  public final long version() {
    return cursor.version;
  }

  @Override
  public final ValueKind kind() {
    try {
      return DataBlock.kind(cursor.flags);
    } catch (IndexOutOfBoundsException e) {
      throw damaged(e);
    }
  }

  @Override
  public final long expiryMs() {
    return cursor.expiryMs;
  }

  @Override
  @SuppressWarnings("ReferenceEquality") // The segment is of that very array.
  public final MemorySegment valueSegment() {
    byte[] array = valueArray();
    if (array != valueArray) {
      valueArray = array;
      valueSegment = MemorySegment.ofArray(array);
    }
    return valueSegment;
  }

  @Override
  public final long valueOffset() {
    return cursor.valueAt;
  }

  @Override
  public final int valueLength() {
    return cursor.valueLength;
  }

  final RuntimeException damaged(IndexOutOfBoundsException cause) {
    return walk.blocks().damaged(walk.ordinal(), cause);
  }

  /** Goes to the next entry, of the next block where this one ends; false if there is none. */
  final boolean advance() {
    while (!cursor.advance()) {
      if (!walk.next()) {
        return false;
      }
    }
    return true;
  }

  @Override
  public final void close() {
    valid = false;
    walk.close();
    cursor = new DataBlockCursor(0); // The other one may be in use elsewhere from now on.
  }
}
