package io.apexstore.engine.compaction;

import io.apexstore.engine.base.Keys;
import io.apexstore.engine.manifest.TableMeta;
import io.apexstore.engine.version.TreeShape;
import java.util.List;

/**
 * The levels below the output of a job. Answers, for keys in ascending order, whether one of them
 * may contain the key.
 *
 * <p><b>Threads:</b> confined to one at a time.
 */
final class LowerLevels {
  /** Levels that are not known: they may contain every key. */
  static final LowerLevels UNKNOWN = new LowerLevels(List.of(), /* mayHoldAll= */ true);

  private final List<List<TableMeta>> levels;
  // In each level, the first table that ends at the last key or after it.
  private final int[] positions;
  private final boolean mayHoldAll;

  private LowerLevels(List<List<TableMeta>> levels, boolean mayHoldAll) {
    this.levels = levels;
    this.positions = new int[levels.size()];
    this.mayHoldAll = mayHoldAll;
  }

  /** Returns the levels of a tree below one of them. */
  static LowerLevels below(int level, TreeShape tree) {
    int first = Math.min(level + 1, tree.levelCount());
    return new LowerLevels(
        tree.levels().subList(first, tree.levelCount()), /* mayHoldAll= */ false);
  }

  /** Whether a table may hold the key, which is not less than that of the call before. */
  boolean mayHold(byte[] key, int keyLength) {
    for (int i = 0; i < positions.length; i++) {
      List<TableMeta> tables = levels.get(i);
      int at = positions[i];
      while (at < tables.size() && compare(tables.get(at).largestKey(), key, keyLength) < 0) {
        at++;
      }
      positions[i] = at;
      if (at < tables.size() && compare(tables.get(at).smallestKey(), key, keyLength) <= 0) {
        return true;
      }
    }
    return mayHoldAll;
  }

  /** Whether a table may hold keys from {@code start} to {@code end}, exclusive; in any order. */
  boolean mayOverlap(byte[] start, byte[] end) {
    for (List<TableMeta> tables : levels) {
      int low = 0;
      int high = tables.size();
      while (low < high) {
        int middle = (low + high) >>> 1;
        if (Keys.compare(tables.get(middle).largestKey(), start) < 0) {
          low = middle + 1;
        } else {
          high = middle;
        }
      }
      if (low < tables.size() && Keys.compare(tables.get(low).smallestKey(), end) < 0) {
        return true;
      }
    }
    return mayHoldAll;
  }

  private static int compare(byte[] bound, byte[] key, int keyLength) {
    return Keys.compare(bound, 0, bound.length, key, 0, keyLength);
  }
}
