package io.apexstore.engine.compaction;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.apexstore.engine.io.MemoryStorage;
import io.apexstore.engine.manifest.TableMeta;
import io.apexstore.engine.tombstone.RangeTombstones;
import io.apexstore.engine.version.TreeShape;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Compactions apply, keep and drop range tombstones. */
class RangeTombstoneCompactionTest {
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
    return new LeveledPolicy(TreeWorkload.OPTIONS)
        .pickManual(work.state(), CompactionRequest.ofAllKeys(work.published()));
  }

  /** Rewrites the one table that a flush moved to level 1 as many small ones. */
  private void splitLevel1() {
    TableMeta whole = shape().level(1).getFirst();
    work.merge(new CompactionChoice.Merge(List.of(whole), 1, CompactionChoice.Reason.OLD_DATA_KEY));
    assertTrue(shape().level(1).size() > 10, () -> shape().toString());
  }

  private JobStats mergeLevel0() {
    List<TableMeta> inputs = new ArrayList<>(shape().level(0));
    inputs.addAll(shape().level(1));
    return work.merge(new CompactionChoice.Merge(inputs, 1, CompactionChoice.Reason.LEVEL_0_COUNT));
  }

  @Test
  void tablesThatARangeTombstoneHidesAreNotRead() {
    fillLevel1();
    splitLevel1();
    List<TableMeta> before = shape().level(1);
    work.deleteRange(TreeWorkload.key(100), TreeWorkload.key(1_900));
    work.flush();
    JobStats stats = mergeLevel0();
    long read = before.stream().filter(RangeTombstoneCompactionTest::isNotCovered).count();
    assertTrue(read <= 7, () -> read + " of " + before.size() + " tables are not covered");
    long most =
        before.stream()
            .filter(RangeTombstoneCompactionTest::isNotCovered)
            .mapToLong(TableMeta::entryCount)
            .sum();
    assertEquals(most + 1, stats.entriesRead()); // and the entry that carries the range tombstone
    assertEquals("", work.differences(work.store.current(), work.published()));
    assertEquals(0, rangeTombstoneCount(), "no lower level holds keys that it could hide");
  }

  private static boolean isNotCovered(TableMeta table) {
    return !(text(table.smallestKey()).compareTo(TreeWorkload.key(100)) >= 0
        && text(table.largestKey()).compareTo(TreeWorkload.key(1_900)) < 0);
  }

  private static String text(byte[] key) {
    return new String(key, StandardCharsets.US_ASCII);
  }

  private int rangeTombstoneCount() {
    int count = 0;
    for (List<TableMeta> level : shape().levels()) {
      count += level.stream().mapToInt(TableMeta::rangeTombstoneCount).sum();
    }
    return count;
  }

  @Test
  void aSnapshotOlderThanTheRangeTombstoneKeepsWhatItSeesUntilItIsReleased() {
    fillLevel1();
    splitLevel1();
    long snapshot = work.snapshots.register();
    work.deleteRange("key-", "key-99999");
    work.flush();
    long deleted = work.published();
    mergeLevel0();
    assertEquals("", work.differences(work.store.current(), snapshot));
    assertEquals("", work.differences(work.store.current(), deleted));
    assertTrue(rangeTombstoneCount() > 0);
    assertTrue(shape().level(1).size() > 10, "no table was dropped");
    work.snapshots.release(snapshot);
    work.compactAll();
    assertEquals(0, shape().tableCount(), () -> shape().toString());
  }

  @Test
  void tablesOfALevelShareNoKeyUnderARangeTombstoneOverAllOfThem() {
    long first = work.snapshots.register();
    for (int round = 0; round < 12; round++) {
      work.write(600);
      work.deleteRange("key-00500", "key-01500");
      work.snapshots.register();
      work.flush();
      while (work.compactOnce()) {}
      // TreeShape.of, which every installed version passes, rejects tables that overlap.
      assertEquals("", work.differences(work.store.current(), work.published()));
    }
    assertEquals("", work.differences(work.store.current(), first));
    RangeTombstones all =
        work.store
            .current()
            .rangeTombstones(shape().levels().stream().flatMap(List::stream).toList());
    assertTrue(all.count() > 0);
    assertEquals("key-00500", text(all.start(0)));
    assertEquals("key-01500", text(all.end(all.count() - 1)), "no gap, and no more");
    for (int i = 1; i < all.count(); i++) {
      assertEquals(text(all.end(i - 1)), text(all.start(i)));
    }
  }

  @Test
  void aFlushOfRangeTombstonesOnlyWritesATable() {
    work.deleteRange("key-00001", "key-00002");
    work.flush();
    assertEquals(1, shape().tableCount());
    assertEquals(1, shape().level(0).getFirst().rangeTombstoneCount());
    work.compactAll();
    assertEquals(0, shape().tableCount());
  }

  @Test
  void inEachSnapshotStripeTheNewestRangeTombstoneIsKept() {
    RangeTombstones tombstones =
        new RangeTombstones.Builder()
            .add(new byte[] {1}, new byte[] {2}, new long[] {19, 18, 12, 11, 7, 6, 3, 2})
            .build();
    long[] visible = {5, 10, 15};
    assertEquals(
        "[\"\\x01\", \"\\x02\") @19 @18 @12 @7 @3\n",
        TombstoneFilter.kept(tombstones, visible, LowerLevels.UNKNOWN).toString());
    LowerLevels empty = LowerLevels.below(1, new TreeShape(List.of()));
    assertEquals(
        "[\"\\x01\", \"\\x02\") @19 @18 @12 @7\n",
        TombstoneFilter.kept(tombstones, visible, empty).toString());
  }
}
