package io.apexstore.engine.version;

import io.apexstore.engine.base.Keys;
import io.apexstore.engine.tombstone.RangeTombstones;
import io.apexstore.engine.tombstone.TombstoneSource;
import io.apexstore.engine.tombstone.TombstoneSpan;
import org.jspecify.annotations.Nullable;

/**
 * The range tombstones of a level below level 0. A table is opened when one of its own keys is
 * asked for.
 *
 * <p><b>Threads:</b> any. It may read the disk. <b>Invariants:</b> the range tombstones of a table
 * lie between its smallest and its largest key.
 */
final class LevelTombstones implements TombstoneSource {
  private final SortedRun run;
  // The indexes of the tables with range tombstones, in ascending key order.
  private final int[] tables;

  LevelTombstones(SortedRun run, int[] tables) {
    this.run = run;
    this.tables = tables;
  }

  @Override
  public long newestCovering(byte[] key, int keyLength, long readVersion) {
    int i = firstEndingAtOrAfter(key, keyLength);
    return holds(i, key, keyLength) ? tombstones(i).newestCovering(key, keyLength, readVersion) : 0;
  }

  @Override
  public void narrow(TombstoneSpan span, byte[] key, int keyLength, long readVersion) {
    int i = firstEndingAtOrAfter(key, keyLength);
    if (holds(i, key, keyLength)) {
      span.narrow(run.smallestKey(tables[i]), Keys.successor(run.largestKey(tables[i])), 0);
      tombstones(i).narrow(span, key, keyLength, readVersion);
    } else {
      byte[] from = i == 0 ? null : Keys.successor(run.largestKey(tables[i - 1]));
      span.narrow(from, i == tables.length ? null : run.smallestKey(tables[i]), 0);
    }
  }

  @Override
  public long anyIn(byte @Nullable [] from, byte @Nullable [] to, long after, long readVersion) {
    int i = from == null ? 0 : firstEndingAtOrAfter(from, from.length);
    for (; i < tables.length && run.overlaps(tables[i], from, to); i++) {
      long found = tombstones(i).anyIn(from, to, after, readVersion);
      if (found > 0) {
        return found;
      }
    }
    return 0;
  }

  private RangeTombstones tombstones(int i) {
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
