package io.apexstore.engine.compaction;

import io.apexstore.engine.manifest.TableMeta;
import io.apexstore.engine.version.TreeShape;
import io.apexstore.options.CompactionStrategy;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * A compaction strategy: it decides which tables of a tree are compacted next. Its methods are pure
 * functions; {@link CompactionJob} carries out what they return.
 *
 * <p>A policy never picks a busy table. Two choices that run at the same time never write to the
 * same keys of a level.
 *
 * <p><b>Threads:</b> any number at once. <b>Invariants:</b> a policy has no state but its options.
 * The strategy of a tree may change at any time; every policy accepts the tree that another one
 * left.
 */
public sealed interface CompactionPolicy permits LeveledPolicy, TieredPolicy, FifoPolicy {
  /** Returns the policy of a strategy. */
  static CompactionPolicy of(CompactionStrategy strategy, CompactionOptions options) {
    return switch (strategy) {
      case LEVELED -> new LeveledPolicy(options);
      case TIERED -> new TieredPolicy(options, /* lazyLeveling= */ false);
      case LAZY_LEVELING -> new TieredPolicy(options, /* lazyLeveling= */ true);
      case FIFO -> new FifoPolicy(options);
    };
  }

  /** Returns the compaction that is due, {@link CompactionChoice#none} if none is. */
  CompactionChoice pick(TreeState state);

  /**
   * Returns what to compact while no one writes: what is due, or else the next step towards a tree
   * with few bytes above its last level.
   */
  CompactionChoice pickAtRest(TreeState state);

  /**
   * Returns the next step of a manual compaction. Steps end with all requested entries in one level
   * and without tombstones that no reader needs; then, and when nothing is busy, the answer is
   * {@link CompactionChoice#none}.
   */
  CompactionChoice pickManual(TreeState state, CompactionRequest request);

  /**
   * Returns the next step of a re-encryption. Steps end when no table is encrypted with an older
   * data key; then, and when nothing is busy, the answer is {@link CompactionChoice#none}.
   *
   * <p>By default each old table is rewritten at its level.
   *
   * @param dataKeyEpoch the epoch that new tables are encrypted with; tables of lower epochs are
   *     old
   */
  default CompactionChoice pickOldTables(TreeState state, long dataKeyEpoch) {
    for (List<TableMeta> level : state.tree().levels()) {
      for (TableMeta table : level) {
        if (table.encryption().dataKeyEpoch() < dataKeyEpoch && !state.isBusy(table)) {
          return CompactionChoice.rewrite(table, CompactionChoice.Reason.OLD_DATA_KEY);
        }
      }
    }
    return CompactionChoice.none();
  }

  /**
   * Returns the oldest tables if they may be dropped unread. By default no table is.
   *
   * @param hiddenAt by file id, for tables whose entries are all deleted: the version from which on
   *     readers see none of them
   */
  default CompactionChoice pickDrop(TreeState state, Map<Long, Long> hiddenAt) {
    return CompactionChoice.none();
  }

  /**
   * Returns the tables that are over a limit, the oldest first. Their entries are to be deleted;
   * the tables are dropped afterwards, see {@link #pickDrop}. By default no table is.
   *
   * @param bytesMax bytes that all tables together may take, 0 for no limit
   * @param ageVersion tables without entries above this version are too old, 0 for no limit
   */
  default List<TableMeta> tablesOverLimit(TreeShape tree, long bytesMax, long ageVersion) {
    return List.of();
  }

  /** Returns how far compactions have fallen behind, which writers are slowed by. */
  Pressure pressure(TreeShape tree);

  /**
   * Estimates how many bytes compactions must write until none is due. By default it is the size of
   * the merge that is due.
   */
  default long pendingBytes(TreeShape tree) {
    CompactionChoice due = pick(new TreeState(tree, Set.of(), Long.MIN_VALUE, Long.MIN_VALUE));
    return due instanceof CompactionChoice.Merge ? TreeShape.bytes(due.inputs()) : 0;
  }

  /**
   * The part of a tree in {@link StallDecision}.
   *
   * @param level0Tables tables of level 0 that wait for a compaction
   * @param pendingBytes bytes that compactions have still to write, 0 where their number is no sign
   *     of falling behind
   */
  record Pressure(int level0Tables, long pendingBytes) {}
}
