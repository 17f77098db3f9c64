package io.apexstore.engine.compaction;

import io.apexstore.engine.compaction.CompactionChoice.Reason;
import io.apexstore.engine.manifest.TableMeta;
import io.apexstore.engine.version.TreeShape;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Predicate;

/**
 * Tiered compaction: the tree is a list of sorted runs by age, of which neighbors of similar size
 * are merged.
 *
 * <p>Each table of level 0 is a run, and each level below is one, from the newest to the oldest.
 * Only neighbors are merged. The result takes the place of the oldest of them, or goes as far down
 * as the next older run allows. Where that run is at level 0 or 1, the result is one table of level
 * 0. So readers always search runs in the order of their age, and a tree may change between tiered
 * and leveled at any time (as in RocksDB's universal compaction).
 *
 * <ul>
 *   <li><b>Tiered</b>: {@link CompactionOptions#level0Threshold} neighbors or more are merged if
 *       none of them is more than twice as large as the newer ones are on average.
 *   <li><b>Lazy leveling</b>: in addition, all runs are merged into the last one once there are
 *       that many above it and they hold more than one part in {@link CompactionOptions#sizeRatio}
 *       of what it holds (Dayan and Idreos: Dostoevsky, 2018).
 * </ul>
 *
 * @param options sizes of the tree
 * @param lazyLeveling whether the last run takes in the others before they become large
 */
record TieredPolicy(CompactionOptions options, boolean lazyLeveling) implements CompactionPolicy {
  // A run is similar to newer ones up to this many times their average size.
  private static final int SIMILAR_SIZE = 2;
  // A run of tombstones is merged with the next older run if it could empty this share of it.
  private static final double EMPTIED_SHARE = 0.25;

  @Override
  public CompactionChoice pick(TreeState state) {
    List<Run> runs = runs(state.tree());
    CompactionChoice choice = lazyLeveling ? pickLastRun(state, runs) : CompactionChoice.none();
    if (choice.isNone()) {
      choice = pickSimilarRuns(state, runs, lazyLeveling ? runs.size() - 1 : runs.size());
    }
    return choice.isNone() ? pickTombstones(state, runs) : choice;
  }

  @Override
  public CompactionChoice pickAtRest(TreeState state) {
    CompactionChoice due = pick(state);
    return due.isNone() && lazyLeveling ? pickToFreeSpace(state, runs(state.tree())) : due;
  }

  /** Merges every run from the newest that holds requested entries down to the last. */
  @Override
  public CompactionChoice pickManual(TreeState state, CompactionRequest request) {
    List<Run> runs = runs(state.tree());
    int first = 0;
    while (first < runs.size() && runs.get(first).tables.stream().noneMatch(request::includes)) {
      first++;
    }
    if (first == runs.size()) {
      return CompactionChoice.none();
    }
    boolean isOneRun = first == runs.size() - 1;
    return isOneRun && runs.get(first).level > 0
        ? rewriteInLastRun(
            state, runs, Reason.MANUAL, table -> table.hasDeletions() && request.includes(table))
        : merge(state, runs, first, runs.size(), Reason.MANUAL);
  }

  /**
   * The pressure is the number of similar runs at the start of level 0. Pending bytes do not count:
   * a single merge may be of the whole tree, and is no sign of falling behind.
   */
  @Override
  public Pressure pressure(TreeShape tree) {
    int waiting = 0;
    long bytes = 0;
    for (Run run : runs(tree)) {
      if (run.level > 0 || !isSimilar(run, waiting, bytes)) {
        break;
      }
      waiting++;
      bytes += run.bytes;
    }
    return new Pressure(waiting, 0);
  }

  // From the newest to the oldest.
  private static List<Run> runs(TreeShape tree) {
    List<Run> runs = new ArrayList<>();
    tree.level(0).forEach(table -> runs.add(new Run(0, List.of(table))));
    for (int level = 1; level < tree.levelCount(); level++) {
      if (!tree.level(level).isEmpty()) {
        runs.add(new Run(level, tree.level(level)));
      }
    }
    return runs;
  }

  // The newest group of similar neighbors, among the runs before an index, that is large enough.
  private CompactionChoice pickSimilarRuns(TreeState state, List<Run> runs, int runsEnd) {
    for (int first = 0; first <= runsEnd - options.level0Threshold(); first++) {
      int end = first;
      long bytes = 0;
      while (end < runsEnd && isSimilar(runs.get(end), end - first, bytes)) {
        bytes += runs.get(end).bytes;
        end++;
      }
      if (end - first >= options.level0Threshold()) {
        CompactionChoice choice = merge(state, runs, first, end, Reason.SIMILAR_RUNS);
        if (!choice.isNone()) {
          return choice;
        }
      }
    }
    return CompactionChoice.none();
  }

  private static boolean isSimilar(Run run, int newerCount, long newerBytes) {
    return newerCount == 0 || (double) run.bytes * newerCount <= (double) SIMILAR_SIZE * newerBytes;
  }

  // While all runs are at level 0, the first merge creates the last run.
  private CompactionChoice pickLastRun(TreeState state, List<Run> runs) {
    if (runs.isEmpty()) {
      return CompactionChoice.none();
    }
    Run last = runs.getLast();
    int above = last.level == 0 ? runs.size() : runs.size() - 1;
    boolean isMany = above >= options.level0Threshold();
    boolean isLarge = last.level == 0 || isLargeAbove(runs, above);
    return isMany && isLarge
        ? merge(state, runs, 0, runs.size(), Reason.LAST_RUN)
        : CompactionChoice.none();
  }

  private CompactionChoice pickToFreeSpace(TreeState state, List<Run> runs) {
    return runs.size() >= 2 && isLargeAbove(runs, runs.size() - 1)
        ? merge(state, runs, 0, runs.size(), Reason.AT_REST)
        : CompactionChoice.none();
  }

  private boolean isLargeAbove(List<Run> runs, int above) {
    long bytes = 0;
    for (Run run : runs.subList(0, above)) {
      bytes += run.bytes;
    }
    return bytes * (double) options.sizeRatio() > runs.getLast().bytes;
  }

  // A run of tombstones is merged with the next older one if it could empty much of it. Tables of
  // the last run are rewritten at their level.
  private CompactionChoice pickTombstones(TreeState state, List<Run> runs) {
    for (int i = 0; i + 1 < runs.size(); i++) {
      Run run = runs.get(i);
      Run older = runs.get(i + 1);
      if (isMostlyTombstones(run.tombstones, run.entries)
          && run.tombstones >= EMPTIED_SHARE * older.entries) {
        CompactionChoice choice = merge(state, runs, i, i + 2, Reason.TOMBSTONES);
        if (!choice.isNone()) {
          return choice;
        }
      }
    }
    return rewriteInLastRun(
        state,
        runs,
        Reason.TOMBSTONES,
        table -> isMostlyTombstones(table.tombstoneCount(), table.entryCount()));
  }

  private boolean isMostlyTombstones(long tombstones, long entries) {
    return tombstones > 0 && tombstones >= options.tombstoneShare() * entries;
  }

  private static CompactionChoice rewriteInLastRun(
      TreeState state, List<Run> runs, Reason reason, Predicate<TableMeta> eligible) {
    if (runs.isEmpty() || runs.getLast().level == 0) {
      return CompactionChoice.none();
    }
    for (TableMeta table : runs.getLast().tables) {
      if (eligible.test(table)
          && !state.isBusy(table)
          && table.maxVersion() <= state.oldestVisible()) {
        return CompactionChoice.rewrite(table, reason);
      }
    }
    return CompactionChoice.none();
  }

  // Merges the runs from one index up to, not including, another; none while one of them is busy.
  private CompactionChoice merge(
      TreeState state, List<Run> runs, int first, int end, Reason reason) {
    List<TableMeta> tables = new ArrayList<>();
    runs.subList(first, end).forEach(run -> tables.addAll(run.tables));
    if (state.anyBusy(tables)) {
      return CompactionChoice.none();
    }
    int outputLevel = outputLevel(runs, end);
    List<TableMeta> above = tables.stream().filter(table -> table.level() < outputLevel).toList();
    boolean isMovable =
        !above.isEmpty()
            && TreeShape.areDisjoint(tables)
            && tables.stream().noneMatch(TableMeta::hasDeletions);
    return isMovable
        ? new CompactionChoice.Move(above, outputLevel, reason)
        : new CompactionChoice.Merge(tables, outputLevel, reason);
  }

  private int outputLevel(List<Run> runs, int end) {
    if (end == runs.size()) {
      int oldest = runs.getLast().level;
      return oldest == 0 ? options.maxLevels() - 1 : oldest;
    }
    return Math.max(0, runs.get(end).level - 1);
  }

  /** A sorted run. */
  private static final class Run {
    final int level;
    final List<TableMeta> tables;
    final long bytes;
    final long entries;
    final long tombstones;

    Run(int level, List<TableMeta> tables) {
      this.level = level;
      this.tables = tables;
      this.bytes = TreeShape.bytes(tables);
      this.entries = tables.stream().mapToLong(TableMeta::entryCount).sum();
      this.tombstones = tables.stream().mapToLong(TableMeta::tombstoneCount).sum();
    }
  }
}
