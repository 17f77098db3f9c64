package io.apexstore.engine.compaction;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.apexstore.engine.manifest.TableMeta;
import io.apexstore.engine.version.TreeShape;
import io.apexstore.options.CompactionStrategy;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** The limits of first in, first out. Single picks are in {@code picks-fifo.txt}. */
class FifoPolicyTest {
  private static final long SEED = Long.getLong("seed", System.nanoTime());

  private final SimulatedTree tree = new SimulatedTree(CompactionStrategy.FIFO, SEED);

  FifoPolicyTest() {
    for (int i = 0; i < 50; i++) {
      tree.flush();
    }
  }

  private List<TableMeta> overLimit(long bytesMax, long ageVersion) {
    return tree.policy.tablesOverLimit(tree.shape(), bytesMax, ageVersion);
  }

  @Test
  void theOldestTablesAreOverALimitOfBytesUntilTheRestFits() {
    long all = TreeShape.bytes(tree.tables);
    List<TableMeta> overLimit = overLimit(all / 2, 0);
    assertTrue(all - TreeShape.bytes(overLimit) <= all / 2, "seed " + SEED);
    assertTrue(
        all - TreeShape.bytes(overLimit.subList(0, overLimit.size() - 1)) > all / 2,
        "one too many, seed " + SEED);
    assertEquals(tree.tables.subList(0, overLimit.size()), overLimit);
    assertEquals(List.of(), overLimit(all, 0));
  }

  @Test
  void withoutALimitNoTableIsOverIt() {
    assertEquals(List.of(), overLimit(0, 0));
  }

  @Test
  void tablesWithoutNewerEntriesAreOverALimitOfAge() {
    long version = tree.tables.get(9).maxVersion();
    assertEquals(tree.tables.subList(0, 10), overLimit(0, version));
  }

  @Test
  void theOldestTableIsDroppedOnceItIsHidden() {
    TableMeta oldest = tree.tables.getFirst();
    TreeState state = new TreeState(tree.shape(), Set.of(), 7, Long.MAX_VALUE);
    assertEquals(
        new CompactionChoice.Drop(List.of(oldest), 7, CompactionChoice.Reason.FIRST_IN_FIRST_OUT),
        tree.policy.pickDrop(state, Map.of(oldest.fileId(), 7L)));
  }

  @Test
  void otherStrategiesHaveNoLimits() {
    for (CompactionStrategy strategy : CompactionStrategy.values()) {
      CompactionPolicy policy = CompactionPolicy.of(strategy, CompactionPolicyTest.OPTIONS);
      assertEquals(strategy.deletesOldest(), !policy.tablesOverLimit(tree.shape(), 1, 1).isEmpty());
    }
  }
}
