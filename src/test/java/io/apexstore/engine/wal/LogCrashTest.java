package io.apexstore.engine.wal;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.apexstore.engine.file.FileNames;
import io.apexstore.engine.io.CrashImages;
import io.apexstore.engine.io.CrashStorage;
import io.apexstore.engine.io.MemoryStorage;
import io.apexstore.engine.io.PowerCut;
import io.apexstore.engine.io.SimulatedExecutor;
import java.io.IOException;
import java.util.List;
import java.util.SplittableRandom;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Power cuts of a log alone: recovery finds a prefix that includes everything synced. */
@ExtendWith(QuietLogs.class)
@Tag("crash")
class LogCrashTest {
  private static final LogOptions OPTIONS = new LogOptions(8 << 10, 32 << 10, 60_000, 0, 2);
  private static final int IMAGES = 150;
  private static final List<PowerCut> POLICIES = List.of(PowerCut.values());

  /**
   * Commits, syncs, marks, flushes, renews and reopens at random; records what was submitted and
   * synced.
   */
  private static void work(CrashStorage storage, long seed, int rounds) throws IOException {
    SplittableRandom random = new SplittableRandom(seed);
    SimulatedExecutor background = new SimulatedExecutor(seed);
    LogStore store = LogStore.open(storage, OPTIONS, background);
    long version = store.result.lastVersion();
    int syncOneIn = random.nextInt(1, 8);
    for (int round = 0; round < rounds; round++) {
      int size = random.nextInt(5) == 0 ? random.nextInt(1, 12) : 1;
      storage.submitted(version + size);
      for (int i = 0; i < size; i++) {
        store.add(++version);
      }
      store.log.write();
      if (random.nextInt(syncOneIn) == 0) {
        sync(storage, store);
      }
      switch (random.nextInt(40)) {
        case 0, 1 -> store.log.mark();
        case 2, 3, 4, 5, 6, 7, 8 -> background.step();
        case 12 -> {
          store.log.renew();
          storage.acknowledged(store.log.durableVersion());
        }
        case 9, 10 -> {
          sync(storage, store);
          store.flush(version - random.nextLong(0, Math.min(version, 20)));
        }
        case 11 -> {
          if (random.nextBoolean()) {
            store.close();
          }
          background.discardAll();
          storage.kill();
          store = LogStore.open(storage, OPTIONS, background);
          assertEquals(version, store.result.lastVersion());
          storage.acknowledged(version);
        }
        default -> {}
      }
    }
  }

  private static PowerCut any(SplittableRandom random) {
    return POLICIES.get(random.nextInt(POLICIES.size()));
  }

  private static void sync(CrashStorage storage, LogStore store) throws IOException {
    store.log.sync();
    storage.acknowledged(store.log.durableVersion());
  }

  /** Opens an image; returns the newest version in it. */
  private static long check(MemoryStorage image, long acknowledged, long submitted, String what)
      throws IOException {
    long flushed = LogStore.read(image).flushedVersion();
    LogStore store;
    try {
      store = LogStore.open(image, OPTIONS, LogStore.NO_BACKGROUND);
    } catch (RuntimeException e) {
      throw new AssertionError(what + ": " + e.getMessage(), e);
    }
    long newest = Math.max(store.result.lastVersion(), flushed);
    assertTrue(newest >= Math.max(0, acknowledged), () -> what + ": only up to " + newest);
    assertTrue(newest <= submitted, () -> what + ": up to " + newest);
    assertEquals(
        LongStream.rangeClosed(flushed + 1, newest).boxed().toList(), store.versions(), what);
    assertTrue(store.replayed.stream().allMatch(LogStore.Commit::isExpected), what);
    List<Long> adopted =
        LogStore.read(image).adopted().stream().map(AdoptedSegment::fileId).toList();
    List<Long> files = image.list().stream().filter(FileNames::isLog).map(FileNames::idOf).toList();
    assertTrue(files.containsAll(adopted), what);
    assertTrue(files.size() <= adopted.size() + OPTIONS.sparesMax(), () -> what + ": " + files);
    image.kill();
    return newest;
  }

  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3, 4, 5, 6, 7, 8})
  void everyPowerCutLeavesAPrefixWithAllThatWasSynced(long defaultSeed) throws IOException {
    long seed = Long.getLong("seed", defaultSeed);
    CrashStorage storage = new CrashStorage();
    work(storage, seed, 250);
    CrashImages images = storage.images();
    SplittableRandom random = new SplittableRandom(seed);
    int[] steps = random.ints(IMAGES, 0, images.steps() + 1).sorted().toArray();
    for (int step : steps) {
      PowerCut policy = any(random);
      long pick = random.nextLong();
      String what =
          "-Dseed=" + seed + " step " + step + " " + policy + ", before " + images.describe(step);
      MemoryStorage image = images.at(step, policy, pick);
      long submitted = Math.max(0, images.submittedAt(step));
      long newest = check(image, images.acknowledgedAt(step), submitted, what);
      assertEquals(newest, check(image, newest, newest, what + ", opened again"));
    }
  }

  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3, 4, 5, 6})
  void aPowerCutDuringRecoveryChangesNothing(long defaultSeed) throws IOException {
    long seed = Long.getLong("seed", defaultSeed);
    CrashStorage storage = new CrashStorage();
    work(storage, seed, 60);
    SplittableRandom random = new SplittableRandom(seed);
    CrashImages images = storage.images();
    for (int i = 0; i < 12; i++) {
      int step = random.nextInt(images.steps() + 1);
      PowerCut policy = any(random);
      MemoryStorage image = images.at(step, policy, random.nextLong());
      CrashStorage recovering = new CrashStorage(image);
      String what = "-Dseed=" + seed + " step " + step + " " + policy;
      long newest =
          check(
              recovering, images.acknowledgedAt(step), Math.max(0, images.submittedAt(step)), what);
      CrashImages again = recovering.images();
      for (int second = 0; second <= again.steps(); second++) {
        PowerCut then = any(random);
        String both = what + ", then step " + second + " " + then;
        assertEquals(newest, check(again.at(second, then, random.nextLong()), 0, newest, both));
      }
    }
  }

  @Test
  void aMissingSyncIsFound() throws IOException {
    // Tests the simulation: acknowledgments without a sync must fail after some power cut.
    CrashStorage storage = new CrashStorage();
    LogStore store = LogStore.open(storage, OPTIONS, LogStore.NO_BACKGROUND);
    for (long version = 1; version <= 20; version++) {
      storage.submitted(version);
      store.commit(version);
      storage.acknowledged(version);
    }
    CrashImages images = storage.images();
    long found = 0;
    for (int step = 0; step <= images.steps(); step++) {
      MemoryStorage image = images.at(step, PowerCut.DROP_ALL, 1);
      try (LogStore opened = LogStore.open(image, OPTIONS, LogStore.NO_BACKGROUND)) {
        found += opened.result.lastVersion() < images.acknowledgedAt(step) ? 1 : 0;
      }
    }
    assertTrue(found > 0);
  }
}
