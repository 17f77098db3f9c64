package io.apexstore.engine.compaction;

import static org.junit.jupiter.api.Assertions.assertTrue;

import io.apexstore.engine.version.TreeShape;
import io.apexstore.options.CompactionStrategy;
import java.util.HashSet;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * Trees that are kept as sorted runs by age, over many flushes. Single picks are in {@code
 * picks-tiered.txt}, {@code picks-lazy_leveling.txt} and {@code picks-fifo.txt}. Another seed:
 * -Dseed=…
 */
class TieredPolicyTest {
  private static final long SEED = Long.getLong("seed", System.nanoTime());

  @ParameterizedTest
  @EnumSource(mode = EnumSource.Mode.EXCLUDE, names = "LEVELED")
  void theOrderOfAgeIsKeptAndThePicksEnd(CompactionStrategy strategy) {
    for (int round = 0; round < 20; round++) {
      long seed = SEED + round;
      SimulatedTree tree = new SimulatedTree(strategy, seed);
      for (int i = 0; i < 300; i++) {
        tree.flush();
        int steps = 0;
        CompactionChoice choice = tree.pick(Set.of());
        while (!choice.isNone()) {
          tree.carryOut(choice);
          choice = tree.pick(Set.of());
          assertTrue(steps++ < 100, "seed " + seed);
        }
        assertTrue(
            tree.policy.pressure(tree.shape()).level0Tables() < SimulatedTree.LEVEL_0_THRESHOLD,
            "seed " + seed);
      }
    }
  }

  /** A choice that was picked while another one was running must still be valid after it. */
  @ParameterizedTest
  @EnumSource(mode = EnumSource.Mode.EXCLUDE, names = "LEVELED")
  void twoCompactionsAtOnceKeepTheOrderOfAge(CompactionStrategy strategy) {
    for (int round = 0; round < 20; round++) {
      long seed = SEED + round;
      SimulatedTree tree = new SimulatedTree(strategy, seed);
      for (int i = 0; i < 200; i++) {
        tree.flush();
        if (tree.random.nextInt(6) > 0) {
          continue;
        }
        CompactionChoice first = tree.pick(Set.of());
        Set<Long> busy = new HashSet<>();
        first.inputs().forEach(table -> busy.add(table.fileId()));
        CompactionChoice second = tree.pick(busy);
        assertTrue(
            second.inputs().stream().noneMatch(table -> busy.contains(table.fileId())),
            "seed " + seed);
        boolean isReversed = tree.random.nextBoolean();
        tree.carryOut(isReversed ? second : first);
        tree.flush();
        tree.carryOut(isReversed ? first : second);
      }
    }
  }

  @Test
  void tieredWritesLessThanLazyLevelingAndHasMoreRuns() {
    SimulatedTree tiered = grown(CompactionStrategy.TIERED);
    SimulatedTree lazy = grown(CompactionStrategy.LAZY_LEVELING);
    assertTrue(tiered.mergedBytes < lazy.mergedBytes, "seed " + SEED);
    assertTrue(
        tiered.mergedBytes < 10 * tiered.flushedBytes, "seed " + SEED + " " + tiered.mergedBytes);
    TreeShape shape = lazy.shape();
    long last = shape.levelBytes(shape.levelCount() - 1);
    assertTrue(TreeShape.bytes(lazy.tables) - last <= last / 5, "seed " + SEED);
  }

  private static SimulatedTree grown(CompactionStrategy strategy) {
    SimulatedTree tree = new SimulatedTree(strategy, SEED);
    for (int i = 0; i < 1_000; i++) {
      tree.flush();
      CompactionChoice choice = tree.pick(Set.of());
      while (!choice.isNone()) {
        tree.carryOut(choice);
        choice = tree.pick(Set.of());
      }
    }
    return tree;
  }
}
