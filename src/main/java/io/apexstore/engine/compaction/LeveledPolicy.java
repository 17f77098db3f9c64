package io.apexstore.engine.compaction;

import io.apexstore.engine.base.Keys;
import io.apexstore.engine.compaction.CompactionChoice.Reason;
import io.apexstore.engine.manifest.TableMeta;
import io.apexstore.engine.version.TreeShape;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.function.Predicate;

/**
 * Leveled compaction: each level below level 0 is one sorted run, some times larger than the level
 * above.
 *
 * <p>Level 0 is due when it has {@link CompactionOptions#level0Threshold} tables. All of them are
 * merged with the tables that they overlap at level 1. Another level is due when it holds more
 * bytes than its target. One of its tables is merged with the tables that it overlaps in the next
 * level: the one with the least overlap for its size. The level that is furthest over its target
 * goes first. When no level is due, a table that consists mostly of tombstones is compacted early.
 *
 * <p>The target of a level above the last is a share of what the last one holds. So at most about
 * one entry in {@link CompactionOptions#sizeRatio} is out of date, whatever the size of the store
 * (Dong et al.: Optimizing Space Amplification in RocksDB, 2017). While no one writes, level 0 is
 * compacted too if it takes more than that share.
 *
 * <p>Expired entries are deleted by tombstones that the store logs. Where a table holds expired
 * entries, a table above it that holds some of these tombstones is compacted.
 *
 * <p>A choice includes every table of its output level that it overlaps, and no busy table. So two
 * compactions never run over the same keys of a level.
 */
record LeveledPolicy(CompactionOptions options) implements CompactionPolicy {
  // Most bytes of the level after next that a moved table may overlap, in tables of full size.
  private static final int MOVE_OVERLAP_TABLES_MAX = 10;
  // Share of the usual tombstoneShare that counts where expired entries are below.
  private static final double EXPIRED_TOMBSTONES = 0.2;

  @Override
  public CompactionChoice pick(TreeState state) {
    TreeShape tree = state.tree();
    List<DueLevel> due = new ArrayList<>();
    for (int level = 0; level < Math.min(tree.levelCount(), options.maxLevels() - 1); level++) {
      double score = score(state, level);
      if (score >= 1) {
        due.add(new DueLevel(level, score));
      }
    }
    due.sort(Comparator.comparingDouble(DueLevel::score).reversed());
    for (DueLevel next : due) {
      CompactionChoice choice =
          next.level == 0
              ? pickLevel0(state, Reason.LEVEL_0_COUNT)
              : pickTable(state, next.level, Reason.LEVEL_SIZE, table -> true);
      if (!choice.isNone()) {
        return choice;
      }
    }
    CompactionChoice tombstones =
        pickTombstones(state, Reason.TOMBSTONES, table -> hasTombstones(table, 1));
    return tombstones.isNone() ? pickExpired(state) : tombstones;
  }

  @Override
  public CompactionChoice pickAtRest(TreeState state) {
    CompactionChoice due = pick(state);
    return due.isNone() ? pickToFreeSpace(state) : due;
  }

  @Override
  public CompactionChoice pickManual(TreeState state, CompactionRequest request) {
    TreeShape tree = state.tree();
    if (tree.level(0).stream().anyMatch(request::includes)) {
      return pickLevel0(state, Reason.MANUAL);
    }
    for (int level = 1; level < tree.levelCount() - 1; level++) {
      CompactionChoice choice = pickTable(state, level, Reason.MANUAL, request::includes);
      if (!choice.isNone()) {
        return choice;
      }
    }
    return pickTombstones(
        state, Reason.MANUAL, table -> request.includes(table) && table.hasDeletions());
  }

  // Below level 0 a table is rewritten at its level. Level 0 is merged down as a whole: a tombstone
  // that a rewritten table lost would uncover what an older table of level 0 holds.
  @Override
  public CompactionChoice pickOldTables(TreeState state, long dataKeyEpoch) {
    TreeShape tree = state.tree();
    Predicate<TableMeta> isOld = table -> table.encryption().dataKeyEpoch() < dataKeyEpoch;
    for (int level = 1; level < tree.levelCount(); level++) {
      for (TableMeta table : tree.level(level)) {
        if (isOld.test(table) && !state.isBusy(table)) {
          return CompactionChoice.rewrite(table, Reason.OLD_DATA_KEY);
        }
      }
    }
    return tree.level(0).stream().anyMatch(isOld)
        ? pickLevel0(state, Reason.OLD_DATA_KEY)
        : CompactionChoice.none();
  }

  @Override
  public Pressure pressure(TreeShape tree) {
    return new Pressure(tree.level(0).size(), pendingBytes(tree));
  }

  /**
   * Estimates how many bytes compactions must write until no level is due: what each level passes
   * on, and the share of the next level that it overlaps.
   */
  @Override
  public long pendingBytes(TreeShape tree) {
    long arriving = tree.level(0).size() >= options.level0Threshold() ? tree.levelBytes(0) : 0;
    long pending = arriving;
    for (int level = 1; level < options.maxLevels() - 1; level++) {
      long bytes = tree.levelBytes(level) + arriving;
      arriving = Math.max(0, bytes - bytesTarget(tree, level));
      if (arriving > 0) {
        double overlap = Math.min(options.sizeRatio(), (double) tree.levelBytes(level + 1) / bytes);
        pending += (long) (arriving * (1 + overlap));
      }
    }
    return pending;
  }

  private double score(TreeState state, int level) {
    List<TableMeta> tables = state.tree().level(level);
    if (level == 0) {
      return (double) tables.size() / options.level0Threshold();
    }
    long bytes = 0;
    for (TableMeta table : tables) {
      bytes += state.isBusy(table) ? 0 : table.fileBytes();
    }
    long target = bytesTarget(state.tree(), level);
    // A level that is exactly full is not due.
    return bytes > target ? (double) bytes / target : 0;
  }

  private long bytesTarget(TreeShape tree, int level) {
    long most = options.levelBytesMax(level);
    int last = tree.levelCount() - 1;
    if (level >= last) {
      return most;
    }
    long share = (long) (tree.levelBytes(last) / Math.pow(options.sizeRatio(), last - level));
    return Math.min(most, Math.max(share, options.levelBytesMin()));
  }

  private CompactionChoice pickToFreeSpace(TreeState state) {
    TreeShape tree = state.tree();
    int last = Math.max(1, tree.levelCount() - 1);
    long above = 0;
    for (int level = 0; level < last; level++) {
      above += tree.levelBytes(level);
    }
    boolean oneTableOnly = tree.tableCount() == 1;
    if (oneTableOnly || above * options.sizeRatio() <= tree.levelBytes(last)) {
      return CompactionChoice.none();
    }
    if (!tree.level(0).isEmpty()) {
      return pickLevel0(state, Reason.AT_REST);
    }
    int level = 1;
    while (tree.level(level).isEmpty()) {
      level++;
    }
    return pickTable(state, level, Reason.AT_REST, table -> true);
  }

  // All tables of level 0, with those that they overlap at level 1.
  private CompactionChoice pickLevel0(TreeState state, Reason reason) {
    List<TableMeta> upper = state.tree().level(0);
    if (upper.isEmpty() || state.anyBusy(upper)) {
      return CompactionChoice.none();
    }
    KeyBounds bounds = KeyBounds.of(upper);
    List<TableMeta> lower = state.tree().overlapping(1, bounds.smallest, bounds.largest);
    if (state.anyBusy(lower)) {
      return CompactionChoice.none();
    }
    return lower.isEmpty() && TreeShape.areDisjoint(upper)
        ? new CompactionChoice.Move(upper, 1, reason)
        : merge(upper, lower, 1, reason);
  }

  // The eligible table of a level with the least overlap for its size, with what it overlaps below.
  private CompactionChoice pickTable(
      TreeState state, int level, Reason reason, Predicate<TableMeta> eligible) {
    CompactionChoice best = CompactionChoice.none();
    double leastOverlap = Double.MAX_VALUE;
    for (TableMeta table : state.tree().level(level)) {
      if (!eligible.test(table) || state.isBusy(table)) {
        continue;
      }
      List<TableMeta> lower = overlappedBelow(state, table);
      double overlap = (double) TreeShape.bytes(lower) / Math.max(1, table.fileBytes());
      if (overlap < leastOverlap && !state.anyBusy(lower)) {
        leastOverlap = overlap;
        best = mergeDown(state, table, lower, reason);
      }
    }
    return best;
  }

  private static List<TableMeta> overlappedBelow(TreeState state, TableMeta table) {
    return state.tree().overlapping(table.level() + 1, table.smallestKey(), table.largestKey());
  }

  private CompactionChoice mergeDown(
      TreeState state, TableMeta table, List<TableMeta> lower, Reason reason) {
    int outputLevel = table.level() + 1;
    List<TableMeta> afterNext =
        state.tree().overlapping(outputLevel + 1, table.smallestKey(), table.largestKey());
    boolean isMovable =
        lower.isEmpty()
            && TreeShape.bytes(afterNext) <= MOVE_OVERLAP_TABLES_MAX * options.tableBytesTarget();
    return isMovable
        ? new CompactionChoice.Move(List.of(table), outputLevel, reason)
        : merge(List.of(table), lower, outputLevel, reason);
  }

  private static CompactionChoice merge(
      List<TableMeta> upper, List<TableMeta> lower, int outputLevel, Reason reason) {
    List<TableMeta> inputs = new ArrayList<>(upper);
    inputs.addAll(lower);
    return new CompactionChoice.Merge(inputs, outputLevel, reason);
  }

  // A table with overlapping tables below is merged down. One without is rewritten at its level, if
  // its tombstones can be dropped then.
  private CompactionChoice pickTombstones(
      TreeState state, Reason reason, Predicate<TableMeta> eligible) {
    TreeShape tree = state.tree();
    for (int level = 1; level < tree.levelCount(); level++) {
      for (TableMeta table : tree.level(level)) {
        if (state.isBusy(table) || !eligible.test(table)) {
          continue;
        }
        if (!tree.overlapsBelow(level, table.smallestKey(), table.largestKey())) {
          if (table.maxVersion() <= state.oldestVisible()) {
            return CompactionChoice.rewrite(table, reason);
          }
        } else {
          List<TableMeta> lower = overlappedBelow(state, table);
          if (!state.anyBusy(lower)) {
            return mergeDown(state, table, lower, reason);
          }
        }
      }
    }
    return CompactionChoice.none();
  }

  // Brings tombstones together with the expired entries that they hide.
  private CompactionChoice pickExpired(TreeState state) {
    for (int level = 1; level < state.tree().levelCount() - 1; level++) {
      CompactionChoice choice =
          pickTable(
              state,
              level,
              Reason.EXPIRED,
              table -> hasTombstones(table, EXPIRED_TOMBSTONES) && isAboveExpired(state, table));
      if (!choice.isNone()) {
        return choice;
      }
    }
    return CompactionChoice.none();
  }

  private static boolean isAboveExpired(TreeState state, TableMeta table) {
    TreeShape tree = state.tree();
    for (int level = table.level() + 1; level < tree.levelCount(); level++) {
      for (TableMeta below : tree.overlapping(level, table.smallestKey(), table.largestKey())) {
        if (below.oldestExpiryMs() != 0 && below.oldestExpiryMs() <= state.nowMs()) {
          return true;
        }
      }
    }
    return false;
  }

  // Whether a table holds at least a part of the tombstones that make it due for a compaction.
  private boolean hasTombstones(TableMeta table, double part) {
    return table.tombstoneCount() > 0
        && table.tombstoneCount() >= options.tombstoneShare() * part * table.entryCount();
  }

  private record DueLevel(int level, double score) {}

  /** The smallest key range that holds all keys of some tables. */
  private record KeyBounds(byte[] smallest, byte[] largest) {
    static KeyBounds of(List<TableMeta> tables) {
      byte[] smallest = tables.getFirst().smallestKey();
      byte[] largest = tables.getFirst().largestKey();
      for (TableMeta table : tables) {
        if (Keys.compare(table.smallestKey(), smallest) < 0) {
          smallest = table.smallestKey();
        }
        if (Keys.compare(table.largestKey(), largest) > 0) {
          largest = table.largestKey();
        }
      }
      return new KeyBounds(smallest, largest);
    }
  }
}
