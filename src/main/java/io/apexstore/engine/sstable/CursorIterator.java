package io.apexstore.engine.sstable;

import io.apexstore.engine.iterator.CurrentEntry;
import io.apexstore.engine.iterator.InternalIterator;
import java.lang.foreign.MemorySegment;

/**
 * What the iterators over a table share: the current entry is the one its block's cursor shows.
 *
 * <p><b>Threads:</b> one at a time.
 */
abstract class CursorIterator implements InternalIterator {
  final BlockWalk walk;
  DataBlockCursor cursor;
  boolean valid;

  private final CurrentEntry current = new CurrentEntry();

  CursorIterator(BlockWalk walk) {
    this.walk = walk;
    this.cursor = walk.scratch().cursor;
  }

  /** The segment that the current value lies in. */
  MemorySegment values() {
    return walk.values();
  }

  /** What is added to the current value's place in its block to get that in the segment. */
  long valuesBase() {
    return walk.valuesBase();
  }

  @Override
  public final CurrentEntry entry() {
    return current;
  }

  /** Goes to the first entry; this and the others say in {@link #valid} whether there is one. */
  abstract void toFirst();

  /** Goes to the last entry. */
  abstract void toLast();

  /** Goes to the first entry whose key is at least the given one. */
  abstract void toKey(byte[] key, int keyLength);

  /** Goes to the last entry whose key is less than the given one. */
  abstract void toKeyBefore(byte[] key, int keyLength);

  /** Goes one entry on. */
  abstract void toNext();

  /** Goes one entry back. */
  abstract void toPrevious();

  @Override
  public final void seekToFirst() {
    toFirst();
    show();
  }

  @Override
  public final void seekToLast() {
    toLast();
    show();
  }

  @Override
  public final void seek(byte[] key, int keyLength) {
    toKey(key, keyLength);
    show();
  }

  @Override
  public final void seekBefore(byte[] key, int keyLength) {
    toKeyBefore(key, keyLength);
    show();
  }

  @Override
  public final void next() {
    toNext();
    show();
  }

  @Override
  public final void prev() {
    toPrevious();
    show();
  }

  private void show() {
    if (!valid) {
      current.hide();
      return;
    }
    try {
      current.show(
          cursor.key,
          cursor.keyLength,
          cursor.version,
          DataBlock.kind(cursor.flags),
          cursor.expiryMs,
          values(),
          valuesBase() + cursor.valueAt,
          cursor.valueLength);
    } catch (IndexOutOfBoundsException e) {
      throw damaged(e);
    }
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
    current.hide();
    walk.close();
    cursor = new DataBlockCursor(0); // The other one may be in use elsewhere from now on.
  }
}
