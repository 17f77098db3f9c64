package io.apexstore.engine.compaction;

import static org.junit.jupiter.api.Assertions.assertTrue;

import io.apexstore.engine.base.Keys;
import io.apexstore.engine.manifest.TableMeta;
import io.apexstore.engine.version.TreeShape;
import io.apexstore.options.CompactionStrategy;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.Set;

/** A tree of table descriptions, to which random flushes are added and whose picks are applied. */
final class SimulatedTree {
  static final int TABLE_BYTES = 20;
  static final int LEVEL_0_THRESHOLD = 4;

  final CompactionPolicy policy;
  final Random random;
  List<TableMeta> tables = new ArrayList<>();
  long flushedBytes;
  long mergedBytes;
  private final String seed;
  private long fileId;
  private long version;

  SimulatedTree(CompactionStrategy strategy, long seed) {
    CompactionOptions options =
        new CompactionOptions(
            LEVEL_0_THRESHOLD,
            /* sizeRatio= */ 10,
            /* maxLevels= */ 7,
            /* baseLevelBytes= */ 100,
            TABLE_BYTES,
            /* tombstoneShare= */ 0.5);
    this.policy = CompactionPolicy.of(strategy, options);
    this.random = new Random(seed);
    this.seed = "seed " + seed;
  }

  TreeShape shape() {
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

  CompactionChoice pick(Set<Long> busy) {
    return policy.pick(new TreeState(shape(), busy, Long.MAX_VALUE, Long.MAX_VALUE));
  }

  /** Carries out a choice on the descriptions: a merge results in one table. */
  void carryOut(CompactionChoice choice) {
    List<TableMeta> after = new ArrayList<>(tables);
    after.removeAll(choice.inputs());
    switch (choice) {
      case CompactionChoice.Move move ->
          move.inputs().forEach(table -> after.add(table.atLevel(move.outputLevel())));
      case CompactionChoice.Merge merge -> after.add(merged(merge));
      case CompactionChoice.Drop drop -> {}
      case CompactionChoice.None none -> {}
    }
    tables = after;
    check();
  }

  private TableMeta merged(CompactionChoice.Merge merge) {
    List<TableMeta> inputs = merge.inputs();
    long bytes = TreeShape.bytes(inputs);
    mergedBytes += bytes;
    boolean isLast =
        tables.stream()
            .noneMatch(table -> table.minVersion() < oldest(inputs) && !inputs.contains(table));
    long tombstones = isLast ? 0 : inputs.stream().mapToLong(TableMeta::tombstoneCount).sum();
    byte[] smallest = inputs.getFirst().smallestKey();
    byte[] largest = inputs.getFirst().largestKey();
    for (TableMeta table : inputs) {
      smallest = Keys.compare(table.smallestKey(), smallest) < 0 ? table.smallestKey() : smallest;
      largest = Keys.compare(table.largestKey(), largest) > 0 ? table.largestKey() : largest;
    }
    return new TableMeta(
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
        0);
  }

  private static long oldest(List<TableMeta> tables) {
    return tables.stream().mapToLong(TableMeta::minVersion).min().orElseThrow();
  }

  /** Reads from the first table to the last go from the newest versions to the oldest. */
  private void check() {
    long newerThan = Long.MAX_VALUE;
    TreeShape tree = shape();
    for (int level = 0; level < tree.levelCount(); level++) {
      if (level == 0) {
        for (TableMeta table : tree.level(0)) {
          assertTrue(table.maxVersion() < newerThan, () -> seed + "\n" + tree);
          newerThan = table.minVersion();
        }
      } else if (!tree.level(level).isEmpty()) {
        long newest =
            tree.level(level).stream().mapToLong(TableMeta::maxVersion).max().orElseThrow();
        assertTrue(newest < newerThan, () -> seed + "\n" + tree);
        newerThan = oldest(tree.level(level));
      }
    }
  }

  private static byte[] key(int number) {
    return String.format("%04d", number).getBytes(StandardCharsets.US_ASCII);
  }
}
