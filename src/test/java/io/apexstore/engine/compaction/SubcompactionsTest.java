package io.apexstore.engine.compaction;

import static org.junit.jupiter.api.Assertions.assertTrue;

import io.apexstore.engine.base.Keys;
import io.apexstore.engine.version.TreeShape;
import io.apexstore.options.CompactionStrategy;
import java.util.List;
import org.junit.jupiter.api.Test;

/** The split of a large merge. Another seed: -Dseed=… */
class SubcompactionsTest {
  private static final long SEED = Long.getLong("seed", System.nanoTime());
  private static final int BYTES_MIN = 2 * SimulatedTree.TABLE_BYTES;

  @Test
  void aLargeMergeIsSplitIntoKeyRangesThatDoNotOverlap() {
    for (int round = 0; round < 200; round++) {
      long seed = SEED + round;
      SimulatedTree tree = new SimulatedTree(CompactionStrategy.TIERED, seed);
      int count = 1 + tree.random.nextInt(40);
      for (int i = 0; i < count; i++) {
        tree.flush();
      }
      int subcompactionsMax = 1 + tree.random.nextInt(6);
      List<byte[]> borders = Subcompactions.borders(tree.tables, subcompactionsMax, BYTES_MIN);
      assertTrue(borders.size() < subcompactionsMax, "seed " + seed);
      assertTrue(
          (borders.size() + 1L) * BYTES_MIN <= Math.max(TreeShape.bytes(tree.tables), BYTES_MIN),
          "seed " + seed);
      for (int i = 1; i < borders.size(); i++) {
        assertTrue(Keys.compare(borders.get(i - 1), borders.get(i)) < 0, "seed " + seed);
      }
    }
  }
}
