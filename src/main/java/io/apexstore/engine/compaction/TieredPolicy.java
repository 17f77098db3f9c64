package io.apexstore.engine.compaction;

import io.apexstore.engine.compaction.CompactionChoice.Reason;
import io.apexstore.engine.manifest.TableMeta;
import io.apexstore.engine.version.TreeShape;
import io.apexstore.options.CompactionStrategy;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.function.Predicate;

/**
 * Picks the next compaction of a tree that is kept as sorted runs by age: tiered, lazily leveled,
 * or first in, first out. A pure function of the tree's shape.
 *
 * <p>Each table of level 0 is a run, and each level below is one, from the newest to the oldest.
 * Only neighbours are merged. The result takes the place of the oldest of them, or goes as far down
 * as the next older run allows; where that is of level 0 or 1, it is one table of level 0. So the
 * order in which readers ask is always that of age, and a tree may change between this and leveled
 * at any time (as RocksDB's universal compaction does it).
 *
 * <ul>
 *   <li><b>Tiered</b>: {@link CompactionOptions#level0Threshold} neighbours or more are merged if
 *       none of them is more than twice as large as the newer ones are on average.
 *   <li><b>Lazily leveled</b>: besides, all are merged once there are so many above the last one
 *       and they hold more than one part in {@link CompactionOptions#sizeRatio} of what it holds
 *       (Dayan and Idreos: Dostoevsky, 2018).
 *   <li><b>First in, first out</b>: tables of level 0 are merged while they are small. What is
 *       dropped is decided by {@link FifoPolicy}.
 * </ul>
 */
final class TieredPolicy {
  private static final int LIKE_SIZE = 2;
  // Deletions are merged with the next older run where they could empty so much of it.
  private static final double EMPTIED_SHARE = 0.25;

  private final TreeShape tree;
  private final CompactionOptions options;
  private final Set<Long> busy;
  private final long oldestVisible;
  // From the newest to the oldest.
  private final List<Run> runs = new ArrayList<>();

  TieredPolicy(TreeShape tree, CompactionOptions options, Set<Long> busy, long oldestVisible) {
    this.tree = tree;
    this.options = options;
    this.busy = busy;
    this.oldestVisible = oldestVisible;
    tree.level(0).forEach(table -> runs.add(new Run(0, List.of(table))));
    for (int level = 1; level < tree.levelCount(); level++) {
      if (!tree.level(level).isEmpty()) {
        runs.add(new Run(level, tree.level(level)));
      }
    }
  }

  CompactionChoice pickDue() {
    if (options.strategy() == CompactionStrategy.FIFO) {
      return pickSmallTables();
    }
    boolean hasLastRun = options.strategy() == CompactionStrategy.LAZY_LEVELING;
    CompactionChoice choice = hasLastRun ? pickLastRun() : CompactionChoice.none();
    if (isNone(choice)) {
      choice = pickLikeRuns(hasLastRun ? runs.size() - 1 : runs.size());
    }
    return isNone(choice) ? pickTombstones() : choice;
  }

  /** What is worth doing while nobody writes. */
  CompactionChoice pickAtRest() {
    CompactionChoice due = pickDue();
    return isNone(due) && options.strategy() == CompactionStrategy.LAZY_LEVELING
        ? pickAllToLast()
        : due;
  }

  private static boolean isNone(CompactionChoice choice) {
    return choice instanceof CompactionChoice.None;
  }

  /**
   * Returns the next step towards one run of all that is of a version or older and in a range; of a
   * tree that is first in, first out, none.
   */
  CompactionChoice pickManual(long upToVersion, KeySpan span) {
    if (options.strategy() == CompactionStrategy.FIFO) {
      return CompactionChoice.none();
    }
    int first = 0;
    while (first < runs.size() && !runs.get(first).holds(upToVersion, span)) {
      first++;
    }
    if (first == runs.size()) {
      return CompactionChoice.none();
    }
    boolean isOneRun = first == runs.size() - 1;
    if (isOneRun && runs.get(first).level > 0) {
      return rewritten(
          Reason.MANUAL,
          table ->
              table.minVersion() <= upToVersion && table.hasDeletions() && span.overlaps(table));
    }
    return merge(first, runs.size(), Reason.MANUAL);
  }

  /** Returns the next step towards a tree without tables of keys before an epoch. */
  CompactionChoice pickOldKeys(long keyEpoch) {
    Predicate<TableMeta> old = table -> table.encryption().dataKeyEpoch() < keyEpoch;
    for (Run run : runs) {
      for (TableMeta table : run.tables) {
        if (old.test(table) && !busy.contains(table.fileId())) {
          return new CompactionChoice.Merge(
              List.of(table), List.of(), table.level(), Reason.OLD_KEY);
        }
      }
    }
    return CompactionChoice.none();
  }

  /** How many tables of level 0 wait to be merged. */
  int level0Pressure() {
    if (options.strategy() == CompactionStrategy.FIFO) {
      return 0;
    }
    int waiting = 0;
    long bytes = 0;
    for (Run run : runs) {
      if (run.level > 0 || !isLike(run, waiting, bytes)) {
        break;
      }
      waiting++;
      bytes += run.bytes;
    }
    return waiting;
  }

  /** How many bytes the merge that is due would write. */
  long pendingBytes() {
    CompactionChoice due = new TieredPolicy(tree, options, Set.of(), oldestVisible).pickDue();
    return due instanceof CompactionChoice.Merge ? TreeShape.bytes(due.inputs()) : 0;
  }

  // The newest group of neighbours among the first so many runs that is wide enough.
  private CompactionChoice pickLikeRuns(int end) {
    for (int first = 0; first <= end - options.level0Threshold(); first++) {
      int after = first;
      long bytes = 0;
      while (after < end && isLike(runs.get(after), after - first, bytes)) {
        bytes += runs.get(after).bytes;
        after++;
      }
      if (after - first >= options.level0Threshold()) {
        CompactionChoice choice = merge(first, after, Reason.RUNS);
        if (!isNone(choice)) {
          return choice;
        }
      }
    }
    return CompactionChoice.none();
  }

  private static boolean isLike(Run run, int count, long bytes) {
    return count == 0 || (double) run.bytes * count <= (double) LIKE_SIZE * bytes;
  }

  // Where there is no last level yet, the first merge makes it.
  private CompactionChoice pickLastRun() {
    if (runs.isEmpty()) {
      return CompactionChoice.none();
    }
    Run last = runs.getLast();
    int above = last.level == 0 ? runs.size() : runs.size() - 1;
    long bytesAbove = bytesOf(above);
    boolean wide = above >= options.level0Threshold();
    boolean much = last.level == 0 || bytesAbove * (double) options.sizeRatio() > last.bytes;
    return wide && much ? merge(0, runs.size(), Reason.LAST_RUN) : CompactionChoice.none();
  }

  private CompactionChoice pickAllToLast() {
    if (runs.size() < 2) {
      return CompactionChoice.none();
    }
    boolean much = bytesOf(runs.size() - 1) * (double) options.sizeRatio() > runs.getLast().bytes;
    return much ? merge(0, runs.size(), Reason.SPACE) : CompactionChoice.none();
  }

  private long bytesOf(int count) {
    long bytes = 0;
    for (Run run : runs.subList(0, count)) {
      bytes += run.bytes;
    }
    return bytes;
  }

  // Neighbours that make up less than a table of full size, in place.
  private CompactionChoice pickSmallTables() {
    int count = tree.level(0).size();
    for (int first = 0; first <= count - options.level0Threshold(); first++) {
      int after = first;
      long bytes = 0;
      while (after < count && bytes + runs.get(after).bytes <= options.tableBytesTarget()) {
        bytes += runs.get(after).bytes;
        after++;
      }
      List<TableMeta> tables = tables(first, after);
      if (after - first >= options.level0Threshold() && !anyBusy(tables)) {
        return new CompactionChoice.Merge(tables, List.of(), 0, Reason.SMALL_TABLES);
      }
    }
    return CompactionChoice.none();
  }

  // A run of deletions is merged with the one below, if that could empty much of it; the last one
  // is
  // rewritten where it is.
  private CompactionChoice pickTombstones() {
    for (int i = 0; i + 1 < runs.size(); i++) {
      Run run = runs.get(i);
      Run older = runs.get(i + 1);
      boolean mostly =
          run.tombstones > 0 && run.tombstones >= options.tombstoneShare() * run.entries;
      if (mostly && run.tombstones >= EMPTIED_SHARE * older.entries) {
        CompactionChoice choice = merge(i, i + 2, Reason.TOMBSTONES);
        if (!isNone(choice)) {
          return choice;
        }
      }
    }
    return rewritten(
        Reason.TOMBSTONES,
        table ->
            table.tombstoneCount() > 0
                && table.tombstoneCount() >= options.tombstoneShare() * table.entryCount());
  }

  private CompactionChoice rewritten(Reason reason, Predicate<TableMeta> eligible) {
    if (runs.isEmpty() || runs.getLast().level == 0) {
      return CompactionChoice.none();
    }
    Run last = runs.getLast();
    for (TableMeta table : last.tables) {
      if (eligible.test(table)
          && !busy.contains(table.fileId())
          && table.maxVersion() <= oldestVisible) {
        return new CompactionChoice.Merge(List.of(table), List.of(), last.level, reason);
      }
    }
    return CompactionChoice.none();
  }

  // Merges the runs from one up to, not including, another; none while a table of them is busy.
  private CompactionChoice merge(int first, int after, Reason reason) {
    List<TableMeta> tables = tables(first, after);
    if (anyBusy(tables)) {
      return CompactionChoice.none();
    }
    int outputLevel = outputLevel(after);
    List<TableMeta> upper =
        tables.stream().filter(table -> table.level() != outputLevel || outputLevel == 0).toList();
    List<TableMeta> lower = tables.stream().filter(table -> !upper.contains(table)).toList();
    boolean movable =
        outputLevel > 0
            && !upper.isEmpty()
            && LeveledPolicy.areApart(tables)
            && tables.stream().noneMatch(TableMeta::hasDeletions);
    return movable
        ? new CompactionChoice.Move(upper, outputLevel, reason)
        : new CompactionChoice.Merge(upper, lower, outputLevel, reason);
  }

  private int outputLevel(int after) {
    if (after == runs.size()) {
      int oldest = runs.getLast().level;
      return oldest == 0 ? options.maxLevels() - 1 : oldest;
    }
    return Math.max(0, runs.get(after).level - 1);
  }

  private List<TableMeta> tables(int first, int after) {
    List<TableMeta> tables = new ArrayList<>();
    runs.subList(first, after).forEach(run -> tables.addAll(run.tables));
    return tables;
  }

  private boolean anyBusy(List<TableMeta> tables) {
    return tables.stream().anyMatch(table -> busy.contains(table.fileId()));
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

    boolean holds(long upToVersion, KeySpan span) {
      return tables.stream()
          .anyMatch(table -> table.minVersion() <= upToVersion && span.overlaps(table));
    }
  }
}
