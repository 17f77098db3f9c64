package io.apexstore.engine.compaction;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.apexstore.engine.io.CrashImages;
import io.apexstore.engine.io.CrashStorage;
import io.apexstore.engine.io.MemoryStorage;
import io.apexstore.engine.io.PowerCut;
import io.apexstore.engine.manifest.TableMeta;
import io.apexstore.engine.version.TestStore;
import io.apexstore.engine.version.Version;
import io.apexstore.options.CompactionStrategy;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.TreeSet;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Whatever is flushed and compacted, readers see what they saw. Another seed: -Dseed=… */
@Tag("model")
class CompactionModelTest {
  private static final long SEED = Long.getLong("seed", System.nanoTime());
  private static final List<PowerCut> CUTS = List.of(PowerCut.values());

  /** A reader that began at some moment: its version, and the tree it pinned. */
  private record Reader(long version, Version tree) {}

  @ParameterizedTest
  @EnumSource
  void readersSeeWhatTheySawBefore(CompactionStrategy strategy) {
    checkReaders(strategy, CompactionJob.Help.NONE, /* rangesIn10Rounds= */ 0);
  }

  @ParameterizedTest
  @EnumSource
  void readersSeeWhatTheySawBeforeAlsoWhereRangesAreDeleted(CompactionStrategy strategy) {
    checkReaders(strategy, CompactionJob.Help.NONE, /* rangesIn10Rounds= */ 4);
  }

  @ParameterizedTest
  @EnumSource
  void readersSeeWhatTheySawBeforeAlsoWhereOthersHelp(CompactionStrategy strategy) {
    try (ExecutorService helpers = Executors.newFixedThreadPool(2)) {
      CompactionJob.Help help =
          new CompactionJob.Help(4, SubcompactionRunner.helpedBy(helpers), null);
      checkReaders(strategy, help, /* rangesIn10Rounds= */ 0);
      checkReaders(strategy, help, /* rangesIn10Rounds= */ 4);
    }
  }

  private static void checkReaders(
      CompactionStrategy strategy, CompactionJob.Help help, int rangesIn10Rounds) {
    Random random = new Random(SEED);
    MemoryStorage storage = new MemoryStorage();
    TreeWorkload work = new TreeWorkload(storage, SEED, 150, strategy, help);
    List<Long> snapshots = new ArrayList<>();
    List<Reader> readers = new ArrayList<>();
    boolean reachedLevel2 = false;
    for (int round = 0; round < 120; round++) {
      for (int i = random.nextInt(3); i > 0 && random.nextInt(10) < rangesIn10Rounds; i--) {
        work.write(random.nextInt(30));
        work.deleteRange();
      }
      work.write(random.nextInt(60));
      // What is visible is flushed here, so that the tree alone answers reads at every snapshot.
      work.flush();
      if (random.nextInt(3) == 0) {
        snapshots.add(work.snapshots.register());
      }
      if (random.nextInt(4) == 0) {
        readers.add(
            new Reader(work.published(), work.store.versions().retainCurrent(TestStore.KEYSPACE)));
      }
      for (int i = random.nextInt(4); i > 0 && work.compactOnce(); i--) {}
      if (random.nextInt(40) == 0) {
        work.compactAll();
      }
      reachedLevel2 |= work.store.current().shape().levelCount() > 2;
      check(work, snapshots, readers, round);
      while (snapshots.size() > 6 || (!snapshots.isEmpty() && random.nextInt(8) == 0)) {
        work.snapshots.release(snapshots.remove(random.nextInt(snapshots.size())));
      }
      while (readers.size() > 3 || (!readers.isEmpty() && random.nextInt(8) == 0)) {
        readers.remove(random.nextInt(readers.size())).tree().release();
      }
      work.store.runCloser();
    }
    assertTrue(
        strategy == CompactionStrategy.FIFO || reachedLevel2 || rangesIn10Rounds > 0,
        "seed " + SEED);
    readers.forEach(reader -> reader.tree().release());
    work.store.runCloser();
    assertEquals(work.store.namedFiles(), new TreeSet<>(storage.list()), "seed " + SEED);
    work.store.close();
  }

  private static void check(
      TreeWorkload work, List<Long> snapshots, List<Reader> readers, int round) {
    String where = "seed " + SEED + " round " + round;
    Version now = work.store.current();
    assertEquals("", work.differences(now, work.published()), where);
    for (long snapshot : snapshots) {
      assertEquals("", work.differences(now, snapshot), where + " snapshot " + snapshot);
    }
    for (Reader reader : readers) {
      assertEquals("", work.differences(reader.tree(), reader.version()), where + " pinned");
    }
  }

  @ParameterizedTest
  @EnumSource(mode = EnumSource.Mode.EXCLUDE, names = "FIFO")
  void whatNobodyCanSeeIsGoneWhenEverythingWasCompacted(CompactionStrategy strategy) {
    TreeWorkload work =
        new TreeWorkload(new MemoryStorage(), SEED, 100, strategy, CompactionJob.Help.NONE);
    for (int round = 0; round < 20; round++) {
      work.write(100);
      if (round % 3 == 0) {
        work.deleteRange();
      }
      work.flush();
      work.compactOnce();
    }
    work.compactAll();
    for (List<TableMeta> level : work.store.current().shape().levels()) {
      level.forEach(table -> assertEquals(0, table.rangeCount(), "seed " + SEED));
    }
    List<String> expected = new ArrayList<>();
    for (String entry : work.expectedScan(work.published())) {
      expected.add(entry.substring(0, entry.indexOf('=')) + entry.substring(entry.indexOf('@')));
    }
    assertEquals(expected, TestStore.entries(work.store.current()), "seed " + SEED);
    work.store.close();
  }

  @Test
  void tablesBelowLevel0EndAtTheirTargetSizeAndSplitNoKey() {
    TreeWorkload work = new TreeWorkload(new MemoryStorage(), SEED, 400);
    for (int round = 0; round < 30; round++) {
      work.snapshots.register();
      work.write(100);
      work.flush();
      while (work.compactOnce()) {}
    }
    // TreeShape.of, which every installed version goes through, refuses tables that share a key.
    long target = TreeWorkload.OPTIONS.tableBytesTarget();
    for (int level = 1; level < work.store.current().shape().levelCount(); level++) {
      work.store
          .current()
          .shape()
          .level(level)
          .forEach(table -> assertTrue(table.fileBytes() < 3 * target, "seed " + SEED));
    }
    work.store.close();
  }

  @ParameterizedTest
  @EnumSource
  void everyPowerCutDuringFlushesAndCompactionsLeavesAFlushedState(CompactionStrategy strategy) {
    CrashStorage storage = new CrashStorage();
    TreeWorkload work = new TreeWorkload(storage, SEED, 60, strategy, CompactionJob.Help.NONE);
    Random random = new Random(SEED);
    for (int round = 0; round < 12; round++) {
      work.write(30);
      if (round % 2 == 0) {
        work.deleteRange();
      }
      storage.submitted(work.published());
      work.flush();
      storage.acknowledged(work.published());
      while (random.nextInt(3) > 0 && work.compactOnce()) {}
      if (random.nextBoolean()) {
        work.store.runCloser();
      }
    }
    work.compactAll();
    work.store.close();
    CrashImages images = storage.images();
    for (int step = 0; step <= images.steps(); step++) {
      PowerCut policy = CUTS.get(random.nextInt(CUTS.size()));
      MemoryStorage image = images.at(step, policy, SEED + step);
      String where = "seed " + SEED + " step " + step + " " + policy;
      try (TestStore store = TestStore.open(image)) {
        long flushed = store.versions().state().keyspaces().getFirst().flushedTo();
        assertTrue(flushed >= images.acknowledgedAt(step), where);
        assertTrue(flushed <= Math.max(0, images.submittedAt(step)), where);
        assertEquals("", work.differences(store.current(), flushed), where);
        assertEquals(store.namedFiles(), new TreeSet<>(image.list()), where);
      }
    }
  }
}
