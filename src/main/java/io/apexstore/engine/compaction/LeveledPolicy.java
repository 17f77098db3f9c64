package io.apexstore.engine.compaction;

import io.apexstore.engine.compaction.CompactionChoice.Reason;
import io.apexstore.engine.manifest.TableMeta;
import io.apexstore.engine.version.TreeShape;
import io.apexstore.options.CompactionStrategy;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Set;
import java.util.function.Predicate;

/**
 * Picks the next compaction of a tree. A pure function of the tree's shape. What follows is about a
 * leveled tree; the other strategies are {@link TieredPolicy}'s.
 *
 * <p>Level 0 is due when it has {@link CompactionOptions#level0Threshold} tables: all of them are
 * merged with what they overlap at level 1. A level below is due when it holds more than its
 * target: one of its tables is merged with what it overlaps in the next level, namely the one whose
 * overlap is smallest for its size. What is furthest over its mark goes first. When nothing is due,
 * a table that consists mostly of deletions goes down early.
 *
 * <p>The target of a level above the last is a share of what the last one holds. So at most about
 * one entry in {@link CompactionOptions#sizeRatio} is out of date, whatever size the store has
 * (Dong et al.: Optimizing Space Amplification in RocksDB, 2017). While nobody writes, level 0 goes
 * down too if it takes more than that.
 *
 * <p>Where a table holds what has expired, which is deleted by deletions that the store logs, a
 * table above it goes down that brings some of them.
 *
 * <p>Two compactions never run over the same keys of a level: a choice takes part of every table
 * that it overlaps in its output level, and none that is busy.
 */
public final class LeveledPolicy {
  // Most bytes of the level after next that a table may come to overlap by a move, in tables.
  private static final int MOVE_OVERLAP_TABLES_MAX = 10;
  // What counts as many deletions, beside the usual, where what expired is below them.
  private static final double EXPIRED_TOMBSTONES = 0.2;

  private final TreeShape tree;
  private final CompactionOptions options;
  private final Set<Long> busy;
  private final long oldestVisible;
  private final long nowMs;

  private LeveledPolicy(
      TreeShape tree, CompactionOptions options, Set<Long> busy, long oldestVisible, long nowMs) {
    this.tree = tree;
    this.options = options;
    this.busy = busy;
    this.oldestVisible = oldestVisible;
    this.nowMs = nowMs;
  }

  /**
   * Returns what is due.
   *
   * @param busy file ids of tables that a compaction under way has as inputs
   * @param oldestVisible the oldest version at which anybody may read; deletions above it stay
   * @param nowMs the time by which entries have expired, in ms since the epoch
   */
  public static CompactionChoice pick(
      TreeShape tree, CompactionOptions options, Set<Long> busy, long oldestVisible, long nowMs) {
    return options.strategy() == CompactionStrategy.LEVELED
        ? new LeveledPolicy(tree, options, busy, oldestVisible, nowMs).pickDue()
        : new TieredPolicy(tree, options, busy, oldestVisible).pickDue();
  }

  /**
   * Returns what is worth doing while nobody writes: what is due, or else a step towards a tree in
   * which little stands above the last level.
   */
  public static CompactionChoice pickAtRest(
      TreeShape tree, CompactionOptions options, Set<Long> busy, long oldestVisible, long nowMs) {
    if (options.strategy() != CompactionStrategy.LEVELED) {
      return new TieredPolicy(tree, options, busy, oldestVisible).pickAtRest();
    }
    LeveledPolicy picker = new LeveledPolicy(tree, options, busy, oldestVisible, nowMs);
    CompactionChoice due = picker.pickDue();
    return due.equals(CompactionChoice.none()) ? picker.pickForSpace() : due;
  }

  /**
   * Returns the next step towards a tree in which all of a range that is of a version or older
   * stands in one level, without deletions that nobody needs. The steps come to an end: then, and
   * when nothing is busy, the answer is {@link CompactionChoice.None}.
   */
  public static CompactionChoice pickManual(
      TreeShape tree,
      CompactionOptions options,
      Set<Long> busy,
      long oldestVisible,
      long upToVersion,
      KeySpan span) {
    return options.strategy() == CompactionStrategy.LEVELED
        ? new LeveledPolicy(tree, options, busy, oldestVisible, Long.MIN_VALUE)
            .pickManual(upToVersion, span)
        : new TieredPolicy(tree, options, busy, oldestVisible).pickManual(upToVersion, span);
  }

  /**
   * Returns the next step towards a tree of which no table is encrypted with an older key. The
   * steps come to an end: then, and when nothing is busy, the answer is {@link
   * CompactionChoice.None}.
   *
   * @param keyEpoch the epoch that new tables are encrypted with
   */
  public static CompactionChoice pickOldKeys(
      TreeShape tree, CompactionOptions options, Set<Long> busy, long keyEpoch) {
    return options.strategy() == CompactionStrategy.LEVELED
        ? new LeveledPolicy(tree, options, busy, Long.MIN_VALUE, Long.MIN_VALUE)
            .pickOldKeys(keyEpoch)
        : new TieredPolicy(tree, options, busy, Long.MIN_VALUE).pickOldKeys(keyEpoch);
  }

  /** Returns how many tables of level 0 wait to be compacted, for writers to be slowed by. */
  public static int level0Pressure(TreeShape tree, CompactionOptions options) {
    return options.strategy() == CompactionStrategy.LEVELED
        ? tree.level(0).size()
        : new TieredPolicy(tree, options, Set.of(), Long.MIN_VALUE).level0Pressure();
  }

  /** Estimates how many bytes compactions must write until nothing is due. */
  public static long pendingBytes(TreeShape tree, CompactionOptions options) {
    if (options.strategy() != CompactionStrategy.LEVELED) {
      return new TieredPolicy(tree, options, Set.of(), Long.MIN_VALUE).pendingBytes();
    }
    long arriving = tree.level(0).size() >= options.level0Threshold() ? tree.levelBytes(0) : 0;
    long pending = arriving;
    for (int level = 1; level < options.maxLevels() - 1; level++) {
      long bytes = tree.levelBytes(level) + arriving;
      arriving = Math.max(0, bytes - bytesTarget(tree, options, level));
      if (arriving > 0) {
        double overlap = Math.min(options.sizeRatio(), (double) tree.levelBytes(level + 1) / bytes);
        pending += (long) (arriving * (1 + overlap));
      }
    }
    return pending;
  }

  private CompactionChoice pickDue() {
    List<Due> due = new ArrayList<>();
    for (int level = 0; level < Math.min(tree.levelCount(), options.maxLevels() - 1); level++) {
      double score = score(level);
      if (score >= 1) {
        due.add(new Due(level, score));
      }
    }
    due.sort(Comparator.comparingDouble(Due::score).reversed());
    for (Due next : due) {
      CompactionChoice choice =
          next.level == 0
              ? fromLevel0(Reason.LEVEL_0_COUNT)
              : fromLevel(next.level, Reason.LEVEL_SIZE, table -> true);
      if (!choice.equals(CompactionChoice.none())) {
        return choice;
      }
    }
    CompactionChoice deletions = pickTombstones(Reason.TOMBSTONES, this::isMostlyTombstones);
    return deletions.equals(CompactionChoice.none()) ? pickExpired() : deletions;
  }

  private CompactionChoice pickManual(long upToVersion, KeySpan span) {
    Predicate<TableMeta> meant = table -> table.minVersion() <= upToVersion && span.overlaps(table);
    if (tree.level(0).stream().anyMatch(meant)) {
      return fromLevel0(Reason.MANUAL);
    }
    for (int level = 1; level < tree.levelCount() - 1; level++) {
      CompactionChoice choice = fromLevel(level, Reason.MANUAL, meant);
      if (!choice.equals(CompactionChoice.none())) {
        return choice;
      }
    }
    return pickTombstones(Reason.MANUAL, table -> meant.test(table) && table.hasDeletions());
  }

  private double score(int level) {
    if (level == 0) {
      return (double) tree.level(0).size() / options.level0Threshold();
    }
    long bytes = 0;
    for (TableMeta table : tree.level(level)) {
      bytes += isBusy(table) ? 0 : table.fileBytes();
    }
    long target = bytesTarget(tree, options, level);
    // A level that is just full is not due.
    return bytes > target ? (double) bytes / target : 0;
  }

  private static long bytesTarget(TreeShape tree, CompactionOptions options, int level) {
    long most = options.levelBytesMax(level);
    int last = tree.levelCount() - 1;
    if (level >= last) {
      return most;
    }
    long share = (long) (tree.levelBytes(last) / Math.pow(options.sizeRatio(), last - level));
    return Math.min(most, Math.max(share, options.levelBytesMin()));
  }

  private CompactionChoice pickForSpace() {
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
      return fromLevel0(Reason.SPACE);
    }
    int level = 1;
    while (tree.level(level).isEmpty()) {
      level++;
    }
    return fromLevel(level, Reason.SPACE, table -> true);
  }

  private CompactionChoice fromLevel0(Reason reason) {
    List<TableMeta> upper = tree.level(0);
    if (upper.isEmpty() || anyBusy(upper)) {
      return CompactionChoice.none();
    }
    Hull hull = Hull.of(upper);
    List<TableMeta> lower = tree.overlapping(1, hull.smallest, hull.largest);
    if (anyBusy(lower)) {
      return CompactionChoice.none();
    }
    if (lower.isEmpty() && areApart(upper)) {
      return new CompactionChoice.Move(upper, 1, reason);
    }
    return new CompactionChoice.Merge(upper, lower, 1, reason);
  }

  private CompactionChoice fromLevel(int level, Reason reason, Predicate<TableMeta> eligible) {
    CompactionChoice best = CompactionChoice.none();
    double leastOverlap = Double.MAX_VALUE;
    for (TableMeta table : tree.level(level)) {
      if (!eligible.test(table) || isBusy(table)) {
        continue;
      }
      List<TableMeta> lower = tree.overlapping(level + 1, table.smallestKey(), table.largestKey());
      double overlap = (double) TreeShape.bytes(lower) / Math.max(1, table.fileBytes());
      if (overlap < leastOverlap && !anyBusy(lower)) {
        leastOverlap = overlap;
        best = down(table, lower, reason);
      }
    }
    return best;
  }

  private CompactionChoice down(TableMeta table, List<TableMeta> lower, Reason reason) {
    int outputLevel = table.level() + 1;
    List<TableMeta> after =
        tree.overlapping(outputLevel + 1, table.smallestKey(), table.largestKey());
    boolean movable =
        lower.isEmpty()
            && TreeShape.bytes(after) <= MOVE_OVERLAP_TABLES_MAX * options.tableBytesTarget();
    return movable
        ? new CompactionChoice.Move(List.of(table), outputLevel, reason)
        : new CompactionChoice.Merge(List.of(table), lower, outputLevel, reason);
  }

  // A table with something below it goes down; one with nothing below it is rewritten where it is,
  // if its deletions can be dropped then.
  private CompactionChoice pickTombstones(Reason reason, Predicate<TableMeta> eligible) {
    for (int level = 1; level < tree.levelCount(); level++) {
      for (TableMeta table : tree.level(level)) {
        if (isBusy(table) || !eligible.test(table)) {
          continue;
        }
        if (!tree.overlapsBelow(level, table.smallestKey(), table.largestKey())) {
          if (table.maxVersion() <= oldestVisible) {
            return new CompactionChoice.Merge(List.of(table), List.of(), level, reason);
          }
        } else {
          List<TableMeta> lower =
              tree.overlapping(level + 1, table.smallestKey(), table.largestKey());
          if (!anyBusy(lower)) {
            return down(table, lower, reason);
          }
        }
      }
    }
    return CompactionChoice.none();
  }

  // What expired was deleted by entries in newer tables, which are to meet it soon.
  private CompactionChoice pickExpired() {
    if (nowMs == Long.MIN_VALUE) {
      return CompactionChoice.none();
    }
    double share = options.tombstoneShare() * EXPIRED_TOMBSTONES;
    for (int level = 1; level < tree.levelCount() - 1; level++) {
      CompactionChoice choice =
          fromLevel(
              level,
              Reason.EXPIRED,
              table ->
                  table.tombstoneCount() > 0
                      && table.tombstoneCount() >= share * table.entryCount()
                      && holdsExpiredBelow(table));
      if (!choice.equals(CompactionChoice.none())) {
        return choice;
      }
    }
    return CompactionChoice.none();
  }

  private boolean holdsExpiredBelow(TableMeta table) {
    for (int level = table.level() + 1; level < tree.levelCount(); level++) {
      for (TableMeta below : tree.overlapping(level, table.smallestKey(), table.largestKey())) {
        if (below.oldestExpiryMs() != 0 && below.oldestExpiryMs() <= nowMs) {
          return true;
        }
      }
    }
    return false;
  }

  // Below level 0 a table is rewritten where it is. At level 0 it may not be: a deletion that it
  // lost would bring back what an older table of level 0 holds.
  private CompactionChoice pickOldKeys(long keyEpoch) {
    Predicate<TableMeta> old = table -> table.encryption().dataKeyEpoch() < keyEpoch;
    for (int level = 1; level < tree.levelCount(); level++) {
      for (TableMeta table : tree.level(level)) {
        if (old.test(table) && !isBusy(table)) {
          return new CompactionChoice.Merge(List.of(table), List.of(), level, Reason.OLD_KEY);
        }
      }
    }
    return tree.level(0).stream().anyMatch(old)
        ? fromLevel0(Reason.OLD_KEY)
        : CompactionChoice.none();
  }

  private boolean isMostlyTombstones(TableMeta table) {
    return table.tombstoneCount() > 0
        && table.tombstoneCount() >= options.tombstoneShare() * table.entryCount();
  }

  private boolean isBusy(TableMeta table) {
    return busy.contains(table.fileId());
  }

  private boolean anyBusy(List<TableMeta> tables) {
    return tables.stream().anyMatch(this::isBusy);
  }

  static boolean areApart(List<TableMeta> tables) {
    List<TableMeta> sorted = new ArrayList<>(tables);
    sorted.sort((a, b) -> TreeShape.compare(a.smallestKey(), b.smallestKey()));
    for (int i = 1; i < sorted.size(); i++) {
      if (TreeShape.compare(sorted.get(i - 1).largestKey(), sorted.get(i).smallestKey()) >= 0) {
        return false;
      }
    }
    return true;
  }

  private record Due(int level, double score) {}

  /** The smallest range that holds all keys of some tables. */
  private record Hull(byte[] smallest, byte[] largest) {
    static Hull of(List<TableMeta> tables) {
      byte[] smallest = tables.getFirst().smallestKey();
      byte[] largest = tables.getFirst().largestKey();
      for (TableMeta table : tables) {
        if (TreeShape.compare(table.smallestKey(), smallest) < 0) {
          smallest = table.smallestKey();
        }
        if (TreeShape.compare(table.largestKey(), largest) > 0) {
          largest = table.largestKey();
        }
      }
      return new Hull(smallest, largest);
    }
  }
}
