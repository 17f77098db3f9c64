package io.apexstore.engine.compaction;

import io.apexstore.engine.compaction.CompactionChoice.Reason;
import io.apexstore.engine.manifest.TableMeta;
import io.apexstore.engine.version.TreeShape;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * First in, first out: the oldest entries are deleted once the tables take too much space or are
 * too old. Only small tables are merged.
 *
 * <p>A table is removed in two steps. First its visible entries are deleted like any others, so
 * that the log and the change feed contain the deletions. Then the table is dropped, once every
 * reader sees them. Only the oldest tables are dropped: tombstones that went with a newer table
 * would uncover what they hide in an older one.
 *
 * <p>{@link CompactionOptions#level0Threshold} or more neighbors of level 0 are merged in place
 * while together they are smaller than {@link CompactionOptions#tableBytesTarget}. A manual
 * compaction does nothing.
 */
record FifoPolicy(CompactionOptions options) implements CompactionPolicy {
  /** Returns the newest group of neighbors that make up less than a table of full size. */
  @Override
  public CompactionChoice pick(TreeState state) {
    List<TableMeta> newestFirst = state.tree().level(0);
    for (int first = 0; first <= newestFirst.size() - options.level0Threshold(); first++) {
      int end = first;
      long bytes = 0;
      while (end < newestFirst.size()
          && bytes + newestFirst.get(end).fileBytes() <= options.tableBytesTarget()) {
        bytes += newestFirst.get(end).fileBytes();
        end++;
      }
      List<TableMeta> tables = newestFirst.subList(first, end);
      if (tables.size() >= options.level0Threshold() && !state.anyBusy(tables)) {
        return new CompactionChoice.Merge(tables, 0, Reason.SMALL_TABLES);
      }
    }
    return CompactionChoice.none();
  }

  @Override
  public CompactionChoice pickAtRest(TreeState state) {
    return pick(state);
  }

  @Override
  public CompactionChoice pickManual(TreeState state, CompactionRequest request) {
    return CompactionChoice.none();
  }

  @Override
  public CompactionChoice pickDrop(TreeState state, Map<Long, Long> hiddenAt) {
    if (hiddenAt.isEmpty()) {
      return CompactionChoice.none();
    }
    List<TableMeta> dropped = new ArrayList<>();
    long newest = 0;
    for (TableMeta table : oldestFirst(state.tree())) {
      Long hidden = hiddenAt.get(table.fileId());
      if (hidden == null || hidden > state.oldestVisible() || state.isBusy(table)) {
        break;
      }
      dropped.add(table);
      newest = Math.max(newest, hidden);
    }
    return dropped.isEmpty()
        ? CompactionChoice.none()
        : new CompactionChoice.Drop(dropped, newest, Reason.FIRST_IN_FIRST_OUT);
  }

  @Override
  public List<TableMeta> tablesOverLimit(TreeShape tree, long bytesMax, long ageVersion) {
    List<TableMeta> oldestFirst = oldestFirst(tree);
    long bytes = TreeShape.bytes(oldestFirst);
    List<TableMeta> overLimit = new ArrayList<>();
    for (TableMeta table : oldestFirst) {
      boolean isTooMuch = bytesMax > 0 && bytes > bytesMax;
      if (!isTooMuch && table.maxVersion() > ageVersion) {
        break;
      }
      overLimit.add(table);
      bytes -= table.fileBytes();
    }
    return overLimit;
  }

  /** Writers never wait for the merges of small tables. */
  @Override
  public Pressure pressure(TreeShape tree) {
    return new Pressure(0, 0);
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
