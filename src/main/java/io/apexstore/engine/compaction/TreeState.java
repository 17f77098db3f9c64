package io.apexstore.engine.compaction;

import io.apexstore.engine.manifest.TableMeta;
import io.apexstore.engine.version.TreeShape;
import java.util.List;
import java.util.Set;

/**
 * What a {@link CompactionPolicy} decides on: a tree at one moment.
 *
 * @param tree its tables
 * @param busy file ids of the inputs of running compactions; not copied
 * @param oldestVisible the oldest version that a reader may read at; tombstones above it are kept
 * @param nowMs the time in ms since the epoch; what expires at this time or before has expired
 */
public record TreeState(TreeShape tree, Set<Long> busy, long oldestVisible, long nowMs) {
  /** Whether a table is an input of a running compaction. */
  boolean isBusy(TableMeta table) {
    return busy.contains(table.fileId());
  }

  /** Whether one of the tables is an input of a running compaction. */
  boolean anyBusy(List<TableMeta> tables) {
    return tables.stream().anyMatch(this::isBusy);
  }
}
