package io.apexstore.engine.version;

import io.apexstore.engine.base.Keys;
import io.apexstore.engine.tombstone.RangeTombstones;
import io.apexstore.engine.tombstone.TombstoneSource;
import io.apexstore.engine.tombstone.TombstoneSpan;
import org.jspecify.annotations.Nullable;

/**
 * The ranges that the tables of a level below 0 say were deleted. A table is opened when a key of
 * its own is asked for.
 *
 * <p><b>Threads:</b> any. It may read the disk. <b>Invariants:</b> what a table says lies between
 * its smallest and its largest key.
 */
final class LevelTombstones implements TombstoneSource {
  private final SortedRun run;
  // Those of its tables that say something, by rising keys.
  private final int[] tables;

  LevelTombstones(SortedRun run, int[] tables) {
    this.run = run;
    this.tables = tables;
  }

  @Override
  public long newestCovering(byte[] key, int keyLength, long readVersion) {
    int i = firstEndingAtOrAfter(key, keyLength);
    return holds(i, key, keyLength) ? ranges(i).newestCovering(key, keyLength, readVersion) : 0;
  }

  @Override
  public void narrow(TombstoneSpan span, byte[] key, int keyLength, long readVersion) {
    int i = firstEndingAtOrAfter(key, keyLength);
    if (holds(i, key, keyLength)) {
      span.narrow(run.smallestKey(tables[i]), Keys.successor(run.largestKey(tables[i])), 0);
      ranges(i).narrow(span, key, keyLength, readVersion);
    } else {
      byte[] from = i == 0 ? null : Keys.successor(run.largestKey(tables[i - 1]));
      span.narrow(from, i == tables.length ? null : run.smallestKey(tables[i]), 0);
    }
  }

  @Override
  public long anyIn(byte @Nullable [] from, byte @Nullable [] to, long after, long readVersion) {
    int i = from == null ? 0 : firstEndingAtOrAfter(from, from.length);
    for (; i < tables.length && run.overlaps(tables[i], from, to); i++) {
      long found = ranges(i).anyIn(from, to, after, readVersion);
      if (found > 0) {
        return found;
      }
    }
    return 0;
  }

  private RangeTombstones ranges(int i) {
    return run.table(tables[i]).rangeTombstones();
  }

  private boolean holds(int i, byte[] key, int keyLength) {
    if (i == tables.length) {
      return false;
    }
    byte[] smallest = run.smallestKey(tables[i]);
    return Keys.compare(smallest, 0, smallest.length, key, 0, keyLength) <= 0;
  }

  private int firstEndingAtOrAfter(byte[] key, int keyLength) {
    int low = 0;
    int high = tables.length;
    while (low < high) {
      int middle = (low + high) >>> 1;
      byte[] largest = run.largestKey(tables[middle]);
      if (Keys.compare(largest, 0, largest.length, key, 0, keyLength) >= 0) {
        high = middle;
      } else {
        low = middle + 1;
      }
    }
    return low;
  }
}
