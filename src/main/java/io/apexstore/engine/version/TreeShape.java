package io.apexstore.engine.version;

import io.apexstore.engine.base.KeyText;
import io.apexstore.engine.base.Keys;
import io.apexstore.engine.manifest.TableMeta;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The tables of a tree, level by level, without the means to read them: what compactions are picked
 * from. Immutable. {@code toString} draws it.
 *
 * @param levels level 0 with the newest table first, the levels below by rising keys; the last
 *     level holds at least one table
 */
public record TreeShape(List<List<TableMeta>> levels) {
  /** Newest first: what reads at level 0 go by. */
  private static final Comparator<TableMeta> NEWEST_FIRST =
      Comparator.comparingLong(TableMeta::maxVersion)
          .thenComparingLong(TableMeta::fileId)
          .reversed();

  private static final Comparator<TableMeta> BY_SMALLEST_KEY =
      (a, b) -> compare(a.smallestKey(), b.smallestKey());

  /** Copies the lists. */
  public TreeShape {
    levels = levels.stream().map(List::copyOf).toList();
  }

  /**
   * Returns the shape that the tables make.
   *
   * @throws IllegalArgumentException if tables overlap at a level below 0
   */
  public static TreeShape of(List<TableMeta> tables) {
    List<List<TableMeta>> levels = new ArrayList<>();
    for (TableMeta table : tables) {
      while (levels.size() <= table.level()) {
        levels.add(new ArrayList<>());
      }
      levels.get(table.level()).add(table);
    }
    for (int level = 0; level < levels.size(); level++) {
      levels.get(level).sort(level == 0 ? NEWEST_FIRST : BY_SMALLEST_KEY);
      if (level > 0) {
        requireApart(levels.get(level));
      }
    }
    return new TreeShape(levels);
  }

  /** Compares two keys that fill their arrays. */
  public static int compare(byte[] a, byte[] b) {
    return Keys.compare(a, 0, a.length, b, 0, b.length);
  }

  /** How many levels there are down to the last that holds a table. */
  public int levelCount() {
    return levels.size();
  }

  /** The tables of a level, none for a level that the tree does not reach. */
  public List<TableMeta> level(int level) {
    return level < levels.size() ? levels.get(level) : List.of();
  }

  /** Bytes of the tables of a level. */
  public long levelBytes(int level) {
    return bytes(level(level));
  }

  /** Bytes of some tables. */
  public static long bytes(List<TableMeta> tables) {
    long bytes = 0;
    for (TableMeta table : tables) {
      bytes += table.fileBytes();
    }
    return bytes;
  }

  /** The largest key in any table, null if there is none. */
  public byte @Nullable [] largestKey() {
    byte[] largest = null;
    for (List<TableMeta> level : levels) {
      for (TableMeta table : level) {
        if (largest == null || compare(table.largestKey(), largest) > 0) {
          largest = table.largestKey();
        }
      }
    }
    return largest;
  }

  /** How many tables there are. */
  public int tableCount() {
    return levels.stream().mapToInt(List::size).sum();
  }

  /** The tables of a level that may hold keys from {@code smallest} to {@code largest}. */
  public List<TableMeta> overlapping(int level, byte[] smallest, byte[] largest) {
    List<TableMeta> overlapping = new ArrayList<>();
    for (TableMeta table : level(level)) {
      if (overlaps(table, smallest, largest)) {
        overlapping.add(table);
      }
    }
    return overlapping;
  }

  /** Whether a level below the given one holds a table that overlaps the keys. */
  public boolean overlapsBelow(int level, byte[] smallest, byte[] largest) {
    for (int below = level + 1; below < levels.size(); below++) {
      if (!overlapping(below, smallest, largest).isEmpty()) {
        return true;
      }
    }
    return false;
  }

  /** Whether a table may hold keys from {@code smallest} to {@code largest}. */
  public static boolean overlaps(TableMeta table, byte[] smallest, byte[] largest) {
    return compare(table.smallestKey(), largest) <= 0 && compare(table.largestKey(), smallest) >= 0;
  }

  /** Draws the tree: a line a level, and under it a line a table. */
  @Override
  public String toString() {
    StringBuilder text = new StringBuilder();
    for (int level = 0; level < levels.size(); level++) {
      if (levels.get(level).isEmpty()) {
        continue;
      }
      text.append("level ").append(level).append('\n');
      for (TableMeta table : levels.get(level)) {
        text.append("  ").append(draw(table)).append('\n');
      }
    }
    return text.isEmpty() ? "empty\n" : text.toString();
  }

  /** Draws a table: its file id, keys, versions, bytes; tombstones, expiry, ranges, key if any. */
  public static String draw(TableMeta table) {
    return table.fileId()
        + ": "
        + KeyText.of(table.smallestKey())
        + " … "
        + KeyText.of(table.largestKey())
        + ", versions "
        + table.minVersion()
        + "–"
        + table.maxVersion()
        + ", "
        + table.fileBytes()
        + " bytes"
        + (table.tombstoneCount() == 0
            ? ""
            : ", tombstones " + table.tombstoneCount() + " of " + table.entryCount())
        + (table.oldestExpiryMs() == 0 ? "" : ", oldest expiry " + table.oldestExpiryMs() + " ms")
        + (table.rangeTombstoneCount() == 0 ? "" : ", ranges " + table.rangeTombstoneCount())
        + (table.encryption().dataKeyEpoch() == 0
            ? ""
            : ", key epoch " + table.encryption().dataKeyEpoch());
  }

  private static void requireApart(List<TableMeta> level) {
    for (int i = 1; i < level.size(); i++) {
      TableMeta left = level.get(i - 1);
      TableMeta right = level.get(i);
      if (compare(left.largestKey(), right.smallestKey()) >= 0) {
        throw new IllegalArgumentException(
            "tables overlap at level " + left.level() + ": " + draw(left) + " and " + draw(right));
      }
    }
  }
}
