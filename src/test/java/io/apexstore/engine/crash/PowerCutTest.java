package io.apexstore.engine.crash;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.apexstore.engine.crash.PowerCuts.Finding;
import io.apexstore.engine.file.FileNames;
import io.apexstore.engine.io.CrashImages;
import io.apexstore.options.SyncMode;
import java.util.EnumSet;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Predicate;
import java.util.logging.Level;
import java.util.logging.Logger;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.EnumSource.Mode;

/**
 * After a power cut at any moment, and any loss of unsynced writes, the store opens with everything
 * that was acknowledged. The test is strong enough: it finds each planted fault.
 *
 * <p>{@code -Dseed=} is the seed of the first run, {@code -Dcrash.images=} the number of images,
 * {@code -Dcrash.image=} the only image of the first run to check.
 */
@Tag("crash")
class PowerCutTest {
  private static final int IMAGES_PER_RUN = 100;
  private static final int IMAGES = Integer.getInteger("crash.images", 2_000);
  // The counts that 20 runs must exceed.
  private static final Map<String, Integer> REACHED =
      Map.ofEntries(
          Map.entry("puts that expire", 1_000),
          Map.entry("expired and oldest entries deleted", 200),
          Map.entry("range tombstones", 150),
          Map.entry("puts to first in, first out", 200),
          Map.entry("keyspaces created or changed", 30),
          Map.entry("conditional commits done", 500),
          Map.entry("conditional commits refused", 80),
          Map.entry("commits that log previous values", 400),
          Map.entry("data keys rotated", 20),
          Map.entry("processes killed", 20),
          Map.entry("restarts", 20));
  private static final int IMAGES_TO_A_FAULT = 500;
  private static final long SEED = Long.getLong("seed", 1);

  /** Torn tails and failing disks are expected here and would fill the log. */
  private static final Logger ENGINE_LOG = Logger.getLogger("io.apexstore.engine");

  @BeforeAll
  static void silenceTheLogOfTheEngine() {
    ENGINE_LOG.setLevel(Level.OFF);
  }

  @AfterAll
  static void restoreTheLogOfTheEngine() {
    ENGINE_LOG.setLevel(null);
  }

  @Test
  void everyPowerCutLeavesAPrefixWithAllAcknowledgedCommits() {
    PowerCuts cuts = new PowerCuts(PlantedFault.NONE, IMAGES_PER_RUN);
    int image = Integer.getInteger("crash.image", -1);
    if (image >= 0) {
      Finding finding = cuts.checkImage(SEED, image);
      assertNull(finding, () -> String.valueOf(finding));
      return;
    }
    System.out.println("power cuts: " + IMAGES + " images, runs from -Dseed=" + SEED);
    for (int done = 0; done < IMAGES; done += IMAGES_PER_RUN) {
      Finding finding = cuts.checkRun(SEED + done / IMAGES_PER_RUN);
      assertNull(finding, () -> String.valueOf(finding));
    }
    System.out.println("power cuts: " + cuts.counts());
  }

  @ParameterizedTest
  @EnumSource(mode = Mode.EXCLUDE, names = "NONE")
  void aPlantedFaultIsFound(PlantedFault planted) {
    PowerCuts cuts = new PowerCuts(planted, IMAGES_PER_RUN);
    Finding found = null;
    int checked = 0;
    while (found == null && checked < IMAGES_TO_A_FAULT) {
      found = cuts.checkRun(SEED + checked / IMAGES_PER_RUN);
      checked += IMAGES_PER_RUN;
    }
    System.out.println(planted + " found within " + checked + " images: " + found);
    assertNotNull(found, planted + " was not found in " + checked + " images");
  }

  @Test
  void theWorkloadsExerciseEveryFeature() {
    Set<SyncMode> modes = EnumSet.noneOf(SyncMode.class);
    int flushed = 0;
    int compacted = 0;
    int recycled = 0;
    int opened = 0;
    int failedSyncs = 0;
    int keyFilesReplaced = 0;
    int died = 0;
    TreeMap<String, Integer> counts = new TreeMap<>();
    for (long seed = SEED; seed < SEED + 20; seed++) {
      CrashRun run = CrashRun.record(seed, PowerCuts.OPERATIONS, PlantedFault.NONE);
      CrashImages images = run.storage.images();
      modes.add(run.options.syncMode());
      flushed += count(images, step -> step.startsWith("Create") && isTable(step));
      compacted += count(images, step -> step.startsWith("Delete") && isTable(step));
      recycled += count(images, step -> step.startsWith("Rename") && isLog(step));
      opened += count(images, step -> step.startsWith("Rename[from=MANIFEST.tmp"));
      keyFilesReplaced += count(images, step -> step.startsWith("Rename[from=KEYS.tmp"));
      run.counts.forEach((what, count) -> counts.merge(what, count, Integer::sum));
      failedSyncs += count(images, step -> step.contains("done=false"));
      died += run.history.nextNumber() - run.history.at(images.steps()).commits().size();
    }
    assertEquals(EnumSet.allOf(SyncMode.class), modes);
    assertTrue(flushed > 500, () -> "tables created");
    assertTrue(compacted > 300, () -> "tables deleted");
    assertTrue(recycled > 30, () -> "log segments recycled");
    assertTrue(opened > 60, () -> "stores opened");
    int rotations = keyFilesReplaced;
    assertTrue(rotations > 30, () -> "data key files replaced: " + rotations);
    assertTrue(failedSyncs > 2, () -> "failed syncs");
    REACHED.forEach(
        (what, least) ->
            assertTrue(counts.getOrDefault(what, 0) > least, () -> what + ": " + counts));
    assertTrue(died > 20, () -> "commits lost to a full disk or a killed process");
  }

  private static int count(CrashImages images, Predicate<String> which) {
    return (int)
        IntStream.range(0, images.steps()).mapToObj(images::describe).filter(which).count();
  }

  private static boolean isTable(String step) {
    return step.contains(FileNames.TABLE_SUFFIX);
  }

  private static boolean isLog(String step) {
    return step.contains(FileNames.LOG_SUFFIX);
  }
}
