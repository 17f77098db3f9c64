package io.apexstore.engine.sstable;

import io.apexstore.engine.iterator.CurrentEntry;
import java.lang.foreign.MemorySegment;
import org.jspecify.annotations.Nullable;

/**
 * An iterator over a table as of a version, in either direction.
 *
 * <p>Forwards, the first entry of a key that is old enough is shown; the others are skipped.
 * Backwards, the oldest version of a key comes first; each entry that is old enough replaces the
 * one before until the key's first entry, which does not have {@link TableFormat#SAME_KEY}, shows
 * that no newer one comes.
 *
 * <p><b>Threads:</b> one at a time.
 */
final class TableIterator extends CursorIterator {
  private final long readVersion;

  // Backwards: the restart whose entries are decoded, and the entry before which the walk is.
  private int restart;
  private int entry;

  /** A copy of the current value, if the walk has gone to the previous block since it met it. */
  private @Nullable MemorySegment keptValue;

  TableIterator(BlockWalk walk, long readVersion) {
    super(walk);
    this.readVersion = readVersion;
  }

  @Override
  CurrentEntry.@Nullable LargeValues largeValues() {
    CurrentEntry.LargeValues large = walk.kept();
    return large != null ? large : keptValue != null ? null : walk.large();
  }

  @Override
  MemorySegment values() {
    MemorySegment kept = keptValue;
    return kept == null ? walk.values() : kept;
  }

  @Override
  long valuesBase() {
    return keptValue == null ? walk.valuesBase() : 0;
  }

  @Override
  void toFirst() {
    begin();
    walk.first();
    step(false);
  }

  @Override
  void toKey(byte[] key, int keyLength) {
    begin();
    if (!walk.seek(key, keyLength)) {
      return;
    }
    try {
      if (!cursor.seek(key, keyLength)) {
        step(false);
      } else if (cursor.version <= readVersion) {
        valid = true;
      } else {
        step(false);
      }
    } catch (IndexOutOfBoundsException e) {
      throw damaged(e);
    }
  }

  @Override
  void toNext() {
    step(true);
  }

  private void begin() {
    valid = false;
    dropKept();
  }

  private void dropKept() {
    keptValue = null;
    walk.dropKept();
  }

  /** Goes to the next visible entry; {@code shown}: one of the current key was shown already. */
  private void step(boolean shown) {
    boolean skips = shown;
    try {
      while (advance()) {
        if (!cursor.isSameKey()) {
          skips = false;
        }
        if (!skips && cursor.version <= readVersion) {
          valid = true;
          return;
        }
      }
    } catch (IndexOutOfBoundsException e) {
      throw damaged(e);
    }
    valid = false;
  }

  @Override
  void toLast() {
    begin();
    walk.last();
    toBlockEnd();
    stepBack();
  }

  @Override
  void toKeyBefore(byte[] key, int keyLength) {
    begin();
    if (!walk.seek(key, keyLength)) {
      toLast();
      return;
    }
    try {
      if (cursor.seek(key, keyLength)) {
        int entryAt = cursor.entryAt();
        load(cursor.restartOf(entryAt));
        entry = walk.scratch().interval.countBefore(entryAt);
      } else {
        toBlockEnd();
      }
    } catch (IndexOutOfBoundsException e) {
      throw damaged(e);
    }
    stepBack();
  }

  @Override
  void toPrevious() {
    stepBack();
  }

  private void toBlockEnd() {
    load(cursor.restartCount() - 1);
  }

  private void load(int newRestart) {
    Scratch scratch = walk.scratch();
    restart = newRestart;
    scratch.interval.load(scratch.block, scratch.blockBytes, newRestart);
    entry = scratch.interval.count();
  }

  private void stepBack() {
    valid = false;
    try {
      IntervalEntries interval = walk.scratch().interval;
      while (entry > 0 || previousInterval()) {
        entry--;
        if (interval.version(entry) <= readVersion) {
          interval.show(entry, cursor);
          dropKept();
          valid = true;
        }
        if (valid && !interval.isSameKey(entry)) {
          return;
        }
      }
    } catch (IndexOutOfBoundsException e) {
      valid = false;
      throw damaged(e);
    }
  }

  private boolean previousInterval() {
    if (restart > 0) {
      load(restart - 1);
      return true;
    }
    if (valid && walk.large() != null && walk.kept() == null && keptValue == null) {
      walk.keepLarge();
    } else if (valid && keptValue == null && walk.kept() == null) {
      byte[] copy = new byte[cursor.valueLength];
      MemorySegment.copy(
          walk.values(),
          TableFormat.BYTE,
          walk.valuesBase() + cursor.valueAt,
          copy,
          0,
          copy.length);
      keptValue = MemorySegment.ofArray(copy);
      cursor.valueAt = 0;
    }
    if (!walk.previous()) {
      return false;
    }
    toBlockEnd();
    return true;
  }
}
