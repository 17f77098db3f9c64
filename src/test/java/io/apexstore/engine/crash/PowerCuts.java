package io.apexstore.engine.crash;

import io.apexstore.engine.io.CrashImages;
import io.apexstore.engine.io.MemoryStorage;
import io.apexstore.engine.io.PowerCut;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.TreeMap;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * Power cuts at many steps of recorded workloads. An image is the state of the disk after one.
 *
 * <p>Everything follows from the seed of the run and the number of the image in it.
 */
final class PowerCuts {
  static final int OPERATIONS = 350;

  private final PlantedFault planted;
  private final int imagesPerRun;
  private final TreeMap<String, Integer> counts = new TreeMap<>();

  /** One image: its run, step, policy and seed. */
  record Cut(long runSeed, int image, int step, PowerCut policy, long seed) {}

  /** An image that violates the durability contract. */
  record Finding(Cut cut, String before, Throwable failure) {
    @Override
    public String toString() {
      return "power cut "
          + cut
          + " before "
          + before
          + "\n  replay it: scripts/crash --seed "
          + cut.runSeed()
          + " --image "
          + cut.image()
          + "\n  "
          + failure;
    }
  }

  PowerCuts(PlantedFault planted, int imagesPerRun) {
    this.planted = planted;
    this.imagesPerRun = imagesPerRun;
  }

  /** The counts of operations of the runs and of checks of their images. */
  Map<String, Integer> counts() {
    return counts;
  }

  /** Checks the images of one run; returns the first that violates the contract, or null. */
  @Nullable Finding checkRun(long runSeed) {
    return check(runSeed, -1);
  }

  /** Checks one image of a run; returns it if it violates the contract, or null. */
  @Nullable Finding checkImage(long runSeed, int image) {
    return check(runSeed, image);
  }

  private @Nullable Finding check(long runSeed, int only) {
    CrashRun run;
    try {
      run = CrashRun.record(runSeed, OPERATIONS, planted);
    } catch (RuntimeException | AssertionError e) {
      return new Finding(new Cut(runSeed, 0, 0, PowerCut.KEEP_ALL, 0), "the first image", e);
    }
    CrashImages images = run.storage.images();
    CrashCheck check = new CrashCheck(run, planted);
    for (Cut cut : cuts(runSeed, images)) {
      if (only >= 0 && cut.image() != only) {
        continue;
      }
      try {
        MemoryStorage image = images.at(cut.step(), cut.policy(), cut.seed());
        check.check(image, run.history.at(cut.step()), cut.seed());
      } catch (RuntimeException | AssertionError e) {
        return new Finding(cut, images.describe(cut.step()), e);
      }
    }
    run.counts.forEach((what, count) -> counts.merge(what, count, Integer::sum));
    check.counts().forEach((what, count) -> counts.merge(what, count, Integer::sum));
    return null;
  }

  /**
   * Picks steps: half of them at random, half next to changes of names and syncs, where the order
   * of operations matters. Policies take turns.
   */
  private List<Cut> cuts(long runSeed, CrashImages images) {
    SplittableRandom random = new SplittableRandom(runSeed ^ 0x5DEECE66DL);
    int[] turning = images.turningPoints();
    TreeSet<Long> picked = new TreeSet<>();
    for (int i = 0; i < imagesPerRun; i++) {
      int step =
          i % 2 == 0 || turning.length == 0
              ? random.nextInt(images.steps() + 1)
              : turning[random.nextInt(turning.length)];
      picked.add((long) step << 32 | i);
    }
    PowerCut[] policies = PowerCut.values();
    List<Cut> cuts = new ArrayList<>();
    for (long at :
        picked) { // In the order of their steps, so that one replay of the run serves all.
      int i = (int) at;
      PowerCut policy = policies[Math.floorMod(runSeed + i, policies.length)];
      cuts.add(new Cut(runSeed, i, (int) (at >> 32), policy, random.nextLong()));
    }
    return cuts;
  }
}
