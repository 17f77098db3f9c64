package io.apexstore.engine.sstable;

import io.apexstore.engine.iterator.CurrentEntry;
import io.apexstore.engine.iterator.InternalIterator;
import java.lang.foreign.MemorySegment;
import org.jspecify.annotations.Nullable;

/**
 * The common part of the iterators over a table: the current entry is the one that the cursor of
 * the current block is at.
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

  /** The large block that contains the current value, or null if it is in {@link #values()}. */
  CurrentEntry.@Nullable LargeValues largeValues() {
    return walk.large();
  }

  /** The segment that contains the current value. */
  MemorySegment values() {
    return walk.values();
  }

  /** The offset in that segment that the current value's place in its block is relative to. */
  long valuesBase() {
    return walk.valuesBase();
  }

  @Override
  public final CurrentEntry entry() {
    return current;
  }

  /** Goes to the first entry; this method and the next ones set {@link #valid}. */
  abstract void toFirst();

  /** Goes to the last entry. */
  abstract void toLast();

  /** Goes to the first entry whose key is at least the given one. */
  abstract void toKey(byte[] key, int keyLength);

  /** Goes to the last entry whose key is less than the given one. */
  abstract void toKeyBefore(byte[] key, int keyLength);

  /** Goes to the next entry. */
  abstract void toNext();

  /** Goes to the previous entry. */
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
      CurrentEntry.LargeValues large = largeValues();
      if (large != null) {
        current.show(
            cursor.key,
            cursor.keyLength,
            cursor.version,
            DataBlock.kind(cursor.flags),
            cursor.expiryMs,
            large,
            cursor.valueAt,
            cursor.valueLength);
        return;
      }
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

  /** Goes to the next entry, in the next block at the end of this one; false if there is none. */
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
    cursor = new DataBlockCursor(0); // Another iterator may use the old one from now on.
  }
}
