package io.apexstore.engine.compaction;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.apexstore.engine.io.CrashImages;
import io.apexstore.engine.io.CrashStorage;
import io.apexstore.engine.io.MemoryStorage;
import io.apexstore.engine.io.PowerCut;
import io.apexstore.engine.manifest.TableMeta;
import io.apexstore.engine.version.TestVersionSet;
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

/** Flushes and compactions do not change what readers see. Another seed: -Dseed=… */
@Tag("model")
class CompactionModelTest {
  private static final long SEED = Long.getLong("seed", System.nanoTime());
  private static final List<PowerCut> CUTS = List.of(PowerCut.values());

  /** A reader: its version, and the tree that it pinned. */
  private record Reader(long version, Version tree) {}

  @ParameterizedTest
  @EnumSource
  void readersSeeWhatTheySawBefore(CompactionStrategy strategy) {
    checkReaders(strategy, 1, SubcompactionRunner.INLINE, /* rangesIn10Rounds= */ 0);
  }

  @ParameterizedTest
  @EnumSource
  void readersSeeWhatTheySawBeforeWithRangeTombstones(CompactionStrategy strategy) {
    checkReaders(strategy, 1, SubcompactionRunner.INLINE, /* rangesIn10Rounds= */ 4);
  }

  @ParameterizedTest
  @EnumSource
  void readersSeeWhatTheySawBeforeWithSubcompactions(CompactionStrategy strategy) {
    try (ExecutorService helpers = Executors.newFixedThreadPool(2)) {
      SubcompactionRunner runner = SubcompactionRunner.helpedBy(helpers, 3);
      checkReaders(strategy, 4, runner, /* rangesIn10Rounds= */ 0);
      checkReaders(strategy, 4, runner, /* rangesIn10Rounds= */ 4);
    }
  }

  private static void checkReaders(
      CompactionStrategy strategy,
      int subcompactionsMax,
      SubcompactionRunner runner,
      int rangesIn10Rounds) {
    Random random = new Random(SEED);
    MemoryStorage storage = new MemoryStorage();
    TreeWorkload work =
        new TreeWorkload(storage, SEED, 150, strategy, subcompactionsMax, runner, null);
    List<Long> snapshots = new ArrayList<>();
    List<Reader> readers = new ArrayList<>();
    boolean reachedLevel2 = false;
    for (int round = 0; round < 120; round++) {
      for (int i = random.nextInt(3); i > 0 && random.nextInt(10) < rangesIn10Rounds; i--) {
        work.write(random.nextInt(30));
        work.deleteRange();
      }
      work.write(random.nextInt(60));
      // Every visible entry is flushed, so the tree alone answers reads at every snapshot.
      work.flush();
      if (random.nextInt(3) == 0) {
        snapshots.add(work.snapshots.register());
      }
      if (random.nextInt(4) == 0) {
        readers.add(
            new Reader(
                work.published(), work.store.versions().retainCurrent(TestVersionSet.KEYSPACE)));
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
  void entriesThatNoReaderSeesAreGoneAfterAFullCompaction(CompactionStrategy strategy) {
    TreeWorkload work = new TreeWorkload(new MemoryStorage(), SEED, 100, strategy);
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
      level.forEach(table -> assertEquals(0, table.rangeTombstoneCount(), "seed " + SEED));
    }
    List<String> expected = new ArrayList<>();
    for (String entry : work.expectedScan(work.published())) {
      expected.add(entry.substring(0, entry.indexOf('=')) + entry.substring(entry.indexOf('@')));
    }
    assertEquals(expected, TestVersionSet.entries(work.store.current()), "seed " + SEED);
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
    // TreeShape.of, which every installed version passes, rejects tables that share a key.
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
    TreeWorkload work = new TreeWorkload(storage, SEED, 60, strategy);
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
      try (TestVersionSet store = TestVersionSet.open(image)) {
        long flushed = store.versions().state().keyspaces().getFirst().flushedTo();
        assertTrue(flushed >= images.acknowledgedAt(step), where);
        assertTrue(flushed <= Math.max(0, images.submittedAt(step)), where);
        assertEquals("", work.differences(store.current(), flushed), where);
        assertEquals(store.namedFiles(), new TreeSet<>(image.list()), where);
      }
    }
  }
}
