package io.apexstore.engine.compaction;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.apexstore.engine.base.Keys;
import io.apexstore.engine.manifest.TableMeta;
import io.apexstore.engine.version.TreeShape;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.function.Function;
import org.junit.jupiter.api.Test;

/**
 * Leveled trees of random shape, compacted until nothing is due. Single picks are in {@code
 * picks-leveled.txt}. Another seed: -Dseed=…
 */
class LeveledPolicyTest {
  private static final CompactionOptions OPTIONS = CompactionPolicyTest.OPTIONS;
  private static final LeveledPolicy POLICY = new LeveledPolicy(OPTIONS);
  private static final long SEED = Long.getLong("seed", System.nanoTime());

  @Test
  void automaticPicksEndWithNothingPending() {
    for (int round = 0; round < 200; round++) {
      long seed = SEED + round;
      TreeShape tree = TreeShape.of(compacted(seed, POLICY::pick));
      assertTrue(tree.level(0).size() < OPTIONS.level0Threshold(), "seed " + seed);
      assertEquals(0, POLICY.pendingBytes(tree), "seed " + seed);
    }
  }

  @Test
  void atRestLittleStaysAboveTheLastLevel() {
    for (int round = 0; round < 200; round++) {
      long seed = SEED + round;
      TreeShape tree = TreeShape.of(compacted(seed, POLICY::pickAtRest));
      long last = tree.levelBytes(tree.levelCount() - 1);
      long all = tree.levels().stream().mapToLong(TreeShape::bytes).sum();
      assertTrue(all - last <= last / 10, "seed " + seed);
    }
  }

  @Test
  void manualPicksEndWithOneLevel() {
    CompactionRequest request = CompactionRequest.ofAllKeys(Long.MAX_VALUE);
    for (int round = 0; round < 200; round++) {
      long seed = SEED + round;
      List<TableMeta> tables = compacted(seed, state -> POLICY.pickManual(state, request));
      assertEquals(1, tables.stream().map(TableMeta::level).distinct().count(), "seed " + seed);
      assertTrue(tables.stream().allMatch(table -> table.tombstoneCount() == 0), "seed " + seed);
    }
  }

  /** Returns a random tree after all compactions that a picker returns for it. */
  private static List<TableMeta> compacted(
      long seed, Function<TreeState, CompactionChoice> picker) {
    List<TableMeta> tables = randomTree(new Random(seed));
    CompactionChoice choice = picker.apply(state(tables));
    int steps = 0;
    while (!choice.isNone()) {
      checkChoice(choice, TreeShape.of(tables), seed);
      tables = carriedOut(tables, choice, 10_000L + steps);
      choice = picker.apply(state(tables));
      assertTrue(steps++ < 1000, "seed " + seed);
    }
    return tables;
  }

  private static TreeState state(List<TableMeta> tables) {
    return new TreeState(TreeShape.of(tables), Set.of(), Long.MAX_VALUE, Long.MAX_VALUE);
  }

  /**
   * What must hold of any choice, so that no reader ever sees an older entry before a newer one.
   */
  private static void checkChoice(CompactionChoice choice, TreeShape tree, long seed) {
    if (choice instanceof CompactionChoice.Merge merge) {
      for (TableMeta table : merge.inputs()) {
        assertTrue(
            merge
                .inputs()
                .containsAll(
                    tree.overlapping(merge.outputLevel(), table.smallestKey(), table.largestKey())),
            "seed " + seed);
        if (table.level() == 0) {
          assertTrue(
              merge
                  .inputs()
                  .containsAll(tree.overlapping(0, table.smallestKey(), table.largestKey())),
              "seed " + seed);
        }
      }
    } else if (choice instanceof CompactionChoice.Move move) {
      for (TableMeta table : move.inputs()) {
        assertTrue(
            tree.overlapping(move.outputLevel(), table.smallestKey(), table.largestKey()).isEmpty(),
            "seed " + seed);
      }
    }
  }

  /** Carries out a choice on descriptions only: a merge results in one table without tombstones. */
  private static List<TableMeta> carriedOut(
      List<TableMeta> tables, CompactionChoice choice, long fileId) {
    List<TableMeta> after = new ArrayList<>(tables);
    after.removeAll(choice.inputs());
    switch (choice) {
      case CompactionChoice.Move move ->
          move.inputs().forEach(table -> after.add(table.atLevel(move.outputLevel())));
      case CompactionChoice.Merge merge -> after.add(merged(merge, fileId));
      case CompactionChoice.Drop drop -> {}
      case CompactionChoice.None none -> {}
    }
    return after;
  }

  private static TableMeta merged(CompactionChoice.Merge merge, long fileId) {
    TableMeta first = merge.inputs().getFirst();
    byte[] smallest = first.smallestKey();
    byte[] largest = first.largestKey();
    for (TableMeta table : merge.inputs()) {
      smallest = Keys.compare(table.smallestKey(), smallest) < 0 ? table.smallestKey() : smallest;
      largest = Keys.compare(table.largestKey(), largest) > 0 ? table.largestKey() : largest;
    }
    long bytes = TreeShape.bytes(merge.inputs());
    return new TableMeta(
        fileId, bytes, 1, merge.outputLevel(), smallest, largest, 1, 100, 100, 0, 0);
  }

  private static List<TableMeta> randomTree(Random random) {
    List<TableMeta> tables = new ArrayList<>();
    long fileId = 1;
    for (int i = random.nextInt(8); i > 0; i--) {
      int from = random.nextInt(900);
      tables.add(randomTable(random, fileId++, 0, from, from + random.nextInt(100)));
    }
    for (int level = 1; level < 4; level++) {
      int key = random.nextInt(50);
      while (key < 900 && random.nextInt(40) > 0) {
        int to = key + random.nextInt(30);
        tables.add(randomTable(random, fileId++, level, key, to));
        key = to + 1 + random.nextInt(30);
      }
    }
    if (tables.isEmpty()) {
      tables.add(randomTable(random, fileId, 0, 1, 2));
    }
    return tables;
  }

  private static TableMeta randomTable(Random random, long fileId, int level, int from, int to) {
    return new TableMeta(
        fileId,
        1 + random.nextInt(40),
        1,
        level,
        key(from),
        key(to),
        1,
        1 + random.nextInt(100),
        100,
        random.nextInt(3) == 0 ? random.nextInt(100) : 0,
        random.nextInt(3) == 0 ? 1 + random.nextInt(100) : 0);
  }

  private static byte[] key(int number) {
    return String.format("%03d", number).getBytes(StandardCharsets.US_ASCII);
  }
}
