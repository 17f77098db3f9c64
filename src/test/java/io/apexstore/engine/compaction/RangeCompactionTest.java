package io.apexstore.engine.compaction;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.apexstore.engine.io.MemoryStorage;
import io.apexstore.engine.manifest.TableMeta;
import io.apexstore.engine.tombstone.RangeTombstones;
import io.apexstore.engine.version.TreeShape;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** What compactions make of deletions of ranges. */
class RangeCompactionTest {
  private final TreeWorkload work = new TreeWorkload(new MemoryStorage(), 11, 2_000);

  @AfterEach
  void close() {
    work.store.close();
  }

  private void fillLevel1() {
    work.write(4_000);
    work.flush();
    work.carryOut(manual());
    assertEquals(2, shape().levelCount());
  }

  private TreeShape shape() {
    return work.store.current().shape();
  }

  private CompactionChoice manual() {
    return LeveledPolicy.pickManual(
        shape(),
        TreeWorkload.OPTIONS,
        Set.of(),
        work.snapshots.oldestVisible(),
        work.published(),
        KeySpan.ALL);
  }

  /** Makes many small tables at level 1 of what a flush moved there as one. */
  private void splitLevel1() {
    TableMeta whole = shape().level(1).getFirst();
    work.merge(
        new CompactionChoice.Merge(List.of(whole), List.of(), 1, CompactionChoice.Reason.OLD_KEY));
    assertTrue(shape().level(1).size() > 10, () -> shape().toString());
  }

  private JobStats mergeLevel0() {
    CompactionChoice.Merge merge =
        new CompactionChoice.Merge(
            shape().level(0), shape().level(1), 1, CompactionChoice.Reason.LEVEL_0_COUNT);
    return work.merge(merge);
  }

  @Test
  void wholeCoveredTablesAreDroppedUnread() {
    fillLevel1();
    splitLevel1();
    List<TableMeta> before = shape().level(1);
    work.deleteRange(TreeWorkload.key(100), TreeWorkload.key(1_900));
    work.flush();
    JobStats stats = mergeLevel0();
    long read = before.stream().filter(RangeCompactionTest::isNotCovered).count();
    assertTrue(read <= 7, () -> read + " of " + before.size() + " tables are not covered");
    long most =
        before.stream()
            .filter(RangeCompactionTest::isNotCovered)
            .mapToLong(TableMeta::entryCount)
            .sum();
    assertEquals(most + 1, stats.entriesRead()); // and the one that says that the range is deleted
    assertEquals("", work.differences(work.store.current(), work.published()));
    assertEquals(0, rangeCount(), "nothing is left below for it to hide");
  }

  private static boolean isNotCovered(TableMeta table) {
    return !(text(table.smallestKey()).compareTo(TreeWorkload.key(100)) >= 0
        && text(table.largestKey()).compareTo(TreeWorkload.key(1_900)) < 0);
  }

  private static String text(byte[] key) {
    return new String(key, StandardCharsets.US_ASCII);
  }

  private int rangeCount() {
    int count = 0;
    for (List<TableMeta> level : shape().levels()) {
      count += level.stream().mapToInt(TableMeta::rangeTombstoneCount).sum();
    }
    return count;
  }

  @Test
  void aSnapshotBelowTheDeletionKeepsWhatItSeesUntilItIsReleased() {
    fillLevel1();
    splitLevel1();
    long snapshot = work.snapshots.register();
    work.deleteRange("key-", "key-99999");
    work.flush();
    long deleted = work.published();
    mergeLevel0();
    assertEquals("", work.differences(work.store.current(), snapshot));
    assertEquals("", work.differences(work.store.current(), deleted));
    assertTrue(rangeCount() > 0);
    assertTrue(shape().level(1).size() > 10, "the tables are as many as before");
    work.snapshots.release(snapshot);
    work.compactAll();
    assertEquals(0, shape().tableCount(), () -> shape().toString());
  }

  @Test
  void tablesOfALevelShareNoKeyThoughARangeGoesOverAllOfThem() {
    long first = work.snapshots.register();
    for (int round = 0; round < 12; round++) {
      work.write(600);
      work.deleteRange("key-00500", "key-01500");
      work.snapshots.register();
      work.flush();
      while (work.compactOnce()) {}
      // TreeShape.of, which every installed version goes through, refuses tables that overlap.
      assertEquals("", work.differences(work.store.current(), work.published()));
    }
    assertEquals("", work.differences(work.store.current(), first));
    RangeTombstones all =
        work.store
            .current()
            .deletedRanges(shape().levels().stream().flatMap(List::stream).toList());
    assertTrue(all.count() > 0);
    assertEquals("key-00500", text(all.start(0)));
    assertEquals("key-01500", text(all.end(all.count() - 1)), "no gap, and nothing beyond");
    for (int i = 1; i < all.count(); i++) {
      assertEquals(text(all.end(i - 1)), text(all.start(i)));
    }
  }

  @Test
  void aFlushOfRangesOnlyMakesATable() {
    work.deleteRange("key-00001", "key-00002");
    work.flush();
    assertEquals(1, shape().tableCount());
    assertEquals(1, shape().level(0).getFirst().rangeTombstoneCount());
    work.compactAll();
    assertEquals(0, shape().tableCount());
  }

  @Test
  void inEachStratumTheNewestDeletionIsKept() {
    RangeTombstones ranges =
        new RangeTombstones.Builder()
            .add(new byte[] {1}, new byte[] {2}, new long[] {19, 18, 12, 11, 7, 6, 3, 2})
            .build();
    long[] visible = {5, 10, 15};
    assertEquals(
        "[\"\\x01\", \"\\x02\") @19 @18 @12 @7 @3\n",
        TombstoneFilter.kept(ranges, visible, LowerLevels.anything()).toString());
    LowerLevels nothing = LowerLevels.level(new TreeShape(List.of()), 1);
    assertEquals(
        "[\"\\x01\", \"\\x02\") @19 @18 @12 @7\n",
        TombstoneFilter.kept(ranges, visible, nothing).toString());
  }
}
