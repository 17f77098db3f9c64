package io.apexstore.engine.version;

import io.apexstore.engine.base.KeyText;
import io.apexstore.engine.base.Keys;
import io.apexstore.engine.manifest.TableMeta;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The tables of a tree, level by level, as the manifest describes them. Compactions are picked from
 * it; it cannot read the tables. Immutable. {@code toString} draws it.
 *
 * @param levels level 0 with the newest table first, the levels below in ascending key order; the
 *     last level holds at least one table
 */
public record TreeShape(List<List<TableMeta>> levels) {
  /** The order in which reads search level 0. */
  private static final Comparator<TableMeta> NEWEST_FIRST =
      Comparator.comparingLong(TableMeta::maxVersion)
          .thenComparingLong(TableMeta::fileId)
          .reversed();

  private static final Comparator<TableMeta> BY_SMALLEST_KEY =
      (a, b) -> Keys.compare(a.smallestKey(), b.smallestKey());

  /** Copies the lists. */
  public TreeShape {
    levels = levels.stream().map(List::copyOf).toList();
  }

  /**
   * Returns the shape of a tree with these tables, given in any order.
   *
   * @throws IllegalArgumentException if tables overlap at a level below level 0
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
        requireDisjoint(levels.get(level));
      }
    }
    return new TreeShape(levels);
  }

  /** The number of levels down to the last that holds a table. */
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

  /** The largest key of all tables, null if there is none. */
  public byte @Nullable [] largestKey() {
    byte[] largest = null;
    for (List<TableMeta> level : levels) {
      for (TableMeta table : level) {
        if (largest == null || Keys.compare(table.largestKey(), largest) > 0) {
          largest = table.largestKey();
        }
      }
    }
    return largest;
  }

  /** The number of tables. */
  public int tableCount() {
    return levels.stream().mapToInt(List::size).sum();
  }

  /** Returns the tables of a level that overlap the keys from smallest to largest, inclusive. */
  public List<TableMeta> overlapping(int level, byte[] smallest, byte[] largest) {
    List<TableMeta> overlapping = new ArrayList<>();
    for (TableMeta table : level(level)) {
      if (overlaps(table, smallest, largest)) {
        overlapping.add(table);
      }
    }
    return overlapping;
  }

  /** Whether a table below a level overlaps the keys from smallest to largest, inclusive. */
  public boolean overlapsBelow(int level, byte[] smallest, byte[] largest) {
    for (int below = level + 1; below < levels.size(); below++) {
      if (!overlapping(below, smallest, largest).isEmpty()) {
        return true;
      }
    }
    return false;
  }

  /** Whether a table overlaps the keys from smallest to largest, inclusive. */
  public static boolean overlaps(TableMeta table, byte[] smallest, byte[] largest) {
    return Keys.compare(table.smallestKey(), largest) <= 0
        && Keys.compare(table.largestKey(), smallest) >= 0;
  }

  /** Whether no two of some tables overlap. */
  public static boolean areDisjoint(List<TableMeta> tables) {
    List<TableMeta> byKey = new ArrayList<>(tables);
    byKey.sort(BY_SMALLEST_KEY);
    return firstOverlap(byKey) < 0;
  }

  private static void requireDisjoint(List<TableMeta> level) {
    int i = firstOverlap(level);
    if (i >= 0) {
      TableMeta left = level.get(i);
      throw new IllegalArgumentException(
          "tables overlap at level "
              + left.level()
              + ": "
              + draw(left)
              + " and "
              + draw(level.get(i + 1)));
    }
  }

  // The index of the first table that overlaps the next one, or -1.
  private static int firstOverlap(List<TableMeta> byKey) {
    for (int i = 0; i + 1 < byKey.size(); i++) {
      if (Keys.compare(byKey.get(i).largestKey(), byKey.get(i + 1).smallestKey()) >= 0) {
        return i;
      }
    }
    return -1;
  }

  /**
   * Draws the tree: a line for each level that holds tables, and below it a line for each table.
   */
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

  /**
   * Draws a table: its file id, keys, versions and bytes; its tombstones, oldest expiry, range
   * tombstones and data key epoch, if any.
   */
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
        + (table.rangeTombstoneCount() == 0
            ? ""
            : ", range tombstones " + table.rangeTombstoneCount())
        + (table.encryption().dataKeyEpoch() == 0
            ? ""
            : ", data key epoch " + table.encryption().dataKeyEpoch());
  }
}
