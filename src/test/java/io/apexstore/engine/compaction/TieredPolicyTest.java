package io.apexstore.engine.compaction;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.apexstore.engine.manifest.TableMeta;
import io.apexstore.engine.version.TreeShape;
import io.apexstore.options.CompactionStrategy;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Trees that are kept as runs, over long lives. The picks one by one stand in a file of text. */
class TieredPolicyTest {
  private static final long SEED = Long.getLong("seed", System.nanoTime());
  private static final int TABLE_BYTES = 20;

  private static CompactionOptions options(CompactionStrategy strategy) {
    return new CompactionOptions(strategy, 4, 10, 7, 100, TABLE_BYTES, 0.5);
  }

  /** A tree and what was written to it. */
  private static final class Life {
    final CompactionOptions options;
    final Random random;
    List<TableMeta> tables = new ArrayList<>();
    long fileId;
    long version;
    long flushedBytes;
    long mergedBytes;

    Life(CompactionStrategy strategy, Random random) {
      this.options = options(strategy);
      this.random = random;
    }

    TreeShape tree() {
      return TreeShape.of(tables);
    }

    void flush() {
      int bytes = 1 + random.nextInt(2 * TABLE_BYTES);
      int from = random.nextInt(500);
      long first = version + 1;
      version += 1 + random.nextInt(10);
      int tombstones = random.nextInt(4) == 0 ? random.nextInt(100) : 0;
      tables.add(
          new TableMeta(
              ++fileId,
              bytes,
              1,
              0,
              key(from),
              key(from + random.nextInt(500)),
              first,
              version,
              100,
              tombstones,
              0));
      flushedBytes += bytes;
    }

    void carryOut(CompactionChoice choice) {
      List<TableMeta> after = new ArrayList<>(tables);
      after.removeAll(choice.inputs());
      switch (choice) {
        case CompactionChoice.Move move ->
            move.tables().forEach(table -> after.add(table.atLevel(move.outputLevel())));
        case CompactionChoice.Merge merge -> after.addAll(merged(merge));
        case CompactionChoice.Drop drop -> {}
        case CompactionChoice.None none -> {}
      }
      tables = after;
      check();
    }

    private List<TableMeta> merged(CompactionChoice.Merge merge) {
      List<TableMeta> inputs = merge.inputs();
      long bytes = TreeShape.bytes(inputs);
      mergedBytes += bytes;
      boolean isLast =
          tree().levels().stream()
              .flatMap(List::stream)
              .noneMatch(table -> table.minVersion() < oldest(inputs) && !inputs.contains(table));
      long tombstones = isLast ? 0 : inputs.stream().mapToLong(TableMeta::tombstoneCount).sum();
      byte[] smallest = inputs.getFirst().smallestKey();
      byte[] largest = inputs.getFirst().largestKey();
      for (TableMeta table : inputs) {
        smallest =
            TreeShape.compare(table.smallestKey(), smallest) < 0 ? table.smallestKey() : smallest;
        largest = TreeShape.compare(table.largestKey(), largest) > 0 ? table.largestKey() : largest;
      }
      return List.of(
          new TableMeta(
              ++fileId,
              bytes,
              1,
              merge.outputLevel(),
              smallest,
              largest,
              oldest(inputs),
              inputs.stream().mapToLong(TableMeta::maxVersion).max().orElseThrow(),
              inputs.stream().mapToLong(TableMeta::entryCount).sum(),
              tombstones,
              0));
    }

    private static long oldest(List<TableMeta> tables) {
      return tables.stream().mapToLong(TableMeta::minVersion).min().orElseThrow();
    }

    /**
     * Whoever reads from the first table to the last goes from the newest versions to the oldest.
     */
    private void check() {
      long newerThan = Long.MAX_VALUE;
      TreeShape tree = tree();
      for (int level = 0; level < tree.levelCount(); level++) {
        if (level == 0) {
          for (TableMeta table : tree.level(0)) {
            assertTrue(table.maxVersion() < newerThan, () -> "seed " + SEED + "\n" + tree);
            newerThan = table.minVersion();
          }
        } else if (!tree.level(level).isEmpty()) {
          long newest =
              tree.level(level).stream().mapToLong(TableMeta::maxVersion).max().orElseThrow();
          assertTrue(newest < newerThan, "seed " + SEED + "\n" + tree);
          newerThan = oldest(tree.level(level));
        }
      }
    }

    CompactionChoice pick(Set<Long> busy) {
      return LeveledPolicy.pick(tree(), options, busy, Long.MAX_VALUE, Long.MAX_VALUE);
    }
  }

  private static byte[] key(int number) {
    return String.format("%04d", number).getBytes(StandardCharsets.US_ASCII);
  }

  @ParameterizedTest
  @EnumSource(mode = EnumSource.Mode.EXCLUDE, names = "LEVELED")
  void theOrderOfAgeIsKeptAndEveryStepEnds(CompactionStrategy strategy) {
    for (int round = 0; round < 20; round++) {
      Life life = new Life(strategy, new Random(SEED + round));
      for (int i = 0; i < 300; i++) {
        life.flush();
        int steps = 0;
        CompactionChoice choice = life.pick(Set.of());
        while (!(choice instanceof CompactionChoice.None)) {
          life.carryOut(choice);
          choice = life.pick(Set.of());
          assertTrue(steps++ < 100, "seed " + (SEED + round));
        }
        assertTrue(
            LeveledPolicy.level0Pressure(life.tree(), life.options) < 4, "seed " + (SEED + round));
      }
    }
  }

  /** A choice that was made while another was being carried out must still hold after it. */
  @ParameterizedTest
  @EnumSource(mode = EnumSource.Mode.EXCLUDE, names = "LEVELED")
  void twoAtOnceKeepTheOrderToo(CompactionStrategy strategy) {
    for (int round = 0; round < 20; round++) {
      Life life = new Life(strategy, new Random(SEED + round));
      for (int i = 0; i < 200; i++) {
        life.flush();
        if (life.random.nextInt(6) > 0) {
          continue;
        }
        CompactionChoice first = life.pick(Set.of());
        Set<Long> busy = new HashSet<>();
        first.inputs().forEach(table -> busy.add(table.fileId()));
        CompactionChoice second = life.pick(busy);
        assertTrue(
            second.inputs().stream().noneMatch(table -> busy.contains(table.fileId())),
            "seed " + (SEED + round));
        boolean turned = life.random.nextBoolean();
        life.carryOut(turned ? second : first);
        life.flush();
        life.carryOut(turned ? first : second);
      }
    }
  }

  @Test
  void tieredWritesLessThanLazilyLeveledAndHasMoreRuns() {
    Life tiered = grown(CompactionStrategy.TIERED);
    Life lazy = grown(CompactionStrategy.LAZY_LEVELING);
    assertTrue(tiered.mergedBytes < lazy.mergedBytes, "seed " + SEED);
    assertTrue(
        tiered.mergedBytes < 10 * tiered.flushedBytes, "seed " + SEED + " " + tiered.mergedBytes);
    TreeShape tree = lazy.tree();
    long last = tree.levelBytes(tree.levelCount() - 1);
    assertTrue(TreeShape.bytes(lazy.tables) - last <= last / 5, "seed " + SEED);
  }

  private static Life grown(CompactionStrategy strategy) {
    Life life = new Life(strategy, new Random(SEED));
    for (int i = 0; i < 1_000; i++) {
      life.flush();
      CompactionChoice choice = life.pick(Set.of());
      while (!(choice instanceof CompactionChoice.None)) {
        life.carryOut(choice);
        choice = life.pick(Set.of());
      }
    }
    return life;
  }

  @Test
  void firstInFirstOutGivesUpTheOldestUntilTheRestFits() {
    Life life = new Life(CompactionStrategy.FIFO, new Random(SEED));
    for (int i = 0; i < 50; i++) {
      life.flush();
    }
    long all = TreeShape.bytes(life.tables);
    List<TableMeta> expired = FifoPolicy.expired(life.tree(), all / 2, 0);
    assertTrue(all - TreeShape.bytes(expired) <= all / 2);
    assertTrue(
        all - TreeShape.bytes(expired.subList(0, expired.size() - 1)) > all / 2, "one too many");
    assertEquals(life.tables.subList(0, expired.size()), expired);
    assertEquals(List.of(), FifoPolicy.expired(life.tree(), all, 0));
    assertEquals(List.of(), FifoPolicy.expired(life.tree(), 0, 0));
    long version = life.tables.get(9).maxVersion();
    assertEquals(life.tables.subList(0, 10), FifoPolicy.expired(life.tree(), 0, version));
    Map<Long, Long> hidden = Map.of(life.tables.getFirst().fileId(), 7L);
    assertFalse(
        FifoPolicy.pickDrop(life.tree(), hidden, Set.of(), 7) instanceof CompactionChoice.None);
  }

  @Test
  void aLargeMergeIsCutIntoPartsOfLikeSizeThatDoNotOverlap() {
    for (int round = 0; round < 200; round++) {
      Random random = new Random(SEED + round);
      Life life = new Life(CompactionStrategy.TIERED, random);
      int count = 1 + random.nextInt(40);
      for (int i = 0; i < count; i++) {
        life.flush();
      }
      int partsMax = 1 + random.nextInt(6);
      List<byte[]> cuts = Subcompactions.cuts(life.tables, partsMax, 2 * TABLE_BYTES);
      assertTrue(cuts.size() < partsMax, "seed " + (SEED + round));
      assertTrue(
          (cuts.size() + 1) * 2L * TABLE_BYTES <= Math.max(TreeShape.bytes(life.tables), 40),
          "seed " + (SEED + round));
      for (int i = 1; i < cuts.size(); i++) {
        assertTrue(TreeShape.compare(cuts.get(i - 1), cuts.get(i)) < 0, "seed " + (SEED + round));
      }
    }
  }
}
