package io.apexstore.engine.compaction;

import io.apexstore.engine.manifest.TableMeta;
import io.apexstore.engine.version.TreeShape;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Says which tables of a tree have to go whose oldest entries are given up. Pure functions of the
 * tree's shape.
 *
 * <p>A table goes in two steps: what of it can still be seen is deleted like anything else, so that
 * the log and the feed of changes have it; then the table is dropped, once everybody sees the
 * deletions. Only the oldest tables are dropped: a deletion that stood above another table would
 * bring back what it hides.
 */
public final class FifoPolicy {
  private FifoPolicy() {}

  /**
   * Returns the tables whose entries are to be deleted, from the oldest on.
   *
   * @param bytesMax bytes that the tables may take together, 0 for no limit
   * @param oldVersion tables without entries newer than this version are too old, 0 for none
   */
  public static List<TableMeta> expired(TreeShape tree, long bytesMax, long oldVersion) {
    List<TableMeta> oldestFirst = oldestFirst(tree);
    long bytes = TreeShape.bytes(oldestFirst);
    List<TableMeta> expired = new ArrayList<>();
    for (TableMeta table : oldestFirst) {
      boolean tooMuch = bytesMax > 0 && bytes > bytesMax;
      if (!tooMuch && table.maxVersion() > oldVersion) {
        break;
      }
      expired.add(table);
      bytes -= table.fileBytes();
    }
    return expired;
  }

  /**
   * Returns the drop of the tables that may go now.
   *
   * @param hiddenAt by file id, for tables in which nothing is seen any more: from which version on
   * @param busy file ids of tables that a compaction under way has as inputs
   * @param oldestVisible the oldest version at which anybody may read
   */
  public static CompactionChoice pickDrop(
      TreeShape tree, Map<Long, Long> hiddenAt, Set<Long> busy, long oldestVisible) {
    if (hiddenAt.isEmpty()) {
      return CompactionChoice.none();
    }
    List<TableMeta> dropped = new ArrayList<>();
    long newest = 0;
    for (TableMeta table : oldestFirst(tree)) {
      Long hidden = hiddenAt.get(table.fileId());
      if (hidden == null || hidden > oldestVisible || busy.contains(table.fileId())) {
        break;
      }
      dropped.add(table);
      newest = Math.max(newest, hidden);
    }
    return dropped.isEmpty()
        ? CompactionChoice.none()
        : new CompactionChoice.Drop(dropped, newest, CompactionChoice.Reason.FIRST_IN_FIRST_OUT);
  }

  private static List<TableMeta> oldestFirst(TreeShape tree) {
    List<TableMeta> tables = new ArrayList<>();
    for (int level = tree.levelCount() - 1; level > 0; level--) {
      tables.addAll(tree.level(level));
    }
    tables.addAll(tree.level(0).reversed());
    return tables;
  }
}
