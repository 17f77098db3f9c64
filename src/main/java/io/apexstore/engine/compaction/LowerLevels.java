package io.apexstore.engine.compaction;

import io.apexstore.engine.base.Keys;
import io.apexstore.engine.manifest.TableMeta;
import io.apexstore.engine.version.TreeShape;
import java.util.List;

/**
 * Says of rising keys whether a table below a level may hold them.
 *
 * <p><b>Threads:</b> confined to one at a time.
 */
final class LowerLevels {
  private final List<List<TableMeta>> levels;
  private final int[] positions;
  private final boolean always;

  private LowerLevels(List<List<TableMeta>> levels, boolean always) {
    this.levels = levels;
    this.positions = new int[levels.size()];
    this.always = always;
  }

  /** Returns one for the levels below {@code level}. */
  static LowerLevels level(TreeShape tree, int level) {
    int first = Math.min(level + 1, tree.levelCount());
    return new LowerLevels(tree.levels().subList(first, tree.levelCount()), false);
  }

  /** Returns one that takes every key to be below. */
  static LowerLevels anything() {
    return new LowerLevels(List.of(), true);
  }

  /** Whether a table may hold the key, which is not less than the one asked for before. */
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
    return always;
  }

  /** Whether a table may hold keys of a range. */
  boolean mayOverlap(byte[] start, byte[] end) {
    for (List<TableMeta> tables : levels) {
      int low = 0;
      int high = tables.size();
      while (low < high) {
        int middle = (low + high) >>> 1;
        if (TreeShape.compare(tables.get(middle).largestKey(), start) < 0) {
          low = middle + 1;
        } else {
          high = middle;
        }
      }
      if (low < tables.size() && TreeShape.compare(tables.get(low).smallestKey(), end) < 0) {
        return true;
      }
    }
    return always;
  }

  private static int compare(byte[] bound, byte[] key, int keyLength) {
    return Keys.compare(bound, 0, bound.length, key, 0, keyLength);
  }
}
