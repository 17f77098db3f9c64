package io.apexstore.engine.crash;

import io.apexstore.engine.EngineOptions;
import io.apexstore.engine.base.Batch;
import io.apexstore.engine.crash.CrashHistory.Expectation;
import io.apexstore.engine.crypto.KeyWrapper;
import io.apexstore.engine.io.CrashImages;
import io.apexstore.engine.io.CrashStorage;
import io.apexstore.engine.io.MemoryStorage;
import io.apexstore.engine.io.PowerCut;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SplittableRandom;
import org.jspecify.annotations.Nullable;

/** Opens what a power cut left and checks that it keeps the durability contract. */
final class CrashCheck {
  private static final String NEW_KEY = "written after the power cut";

  private static final List<PowerCut> POLICIES = List.of(PowerCut.values());

  private final EngineOptions options;
  private final @Nullable KeyWrapper keys;
  private final PlantedFault planted;
  private final SimulatedProcess.Clock clock = new SimulatedProcess.Clock();

  CrashCheck(EngineOptions options, @Nullable KeyWrapper keys, PlantedFault planted) {
    this.options = options;
    this.keys = keys;
    this.planted = planted;
    clock.advance(10_000_000);
  }

  /**
   * Checks one image.
   *
   * @throws AssertionError or an exception of the engine if the contract is broken
   */
  void check(MemoryStorage image, Expectation expectation, long seed) {
    SplittableRandom random = new SplittableRandom(seed);
    CrashStorage files = new CrashStorage(image);
    SimulatedProcess process = open(files, random);
    StoreContent found = process.scanAll(false);
    expectation.prefixOf(found);
    checkPointReads(process, found);
    process.executor.runAll();
    same("after background work", found, process.scanAll(random.nextBoolean()));
    Set<String> stray = process.strayFiles();
    if (!stray.isEmpty()) {
      throw new AssertionError("files do not match the manifest: " + stray);
    }
    CrashImages cuts = files.images();
    checkNewVersion(process, expectation);
    end(process, random);
    found.set("default", NEW_KEY, bytes(NEW_KEY));
    SimulatedProcess again = open(files, random);
    same("opened a second time", found, again.scanAll(false));
    end(again, random);

    found.set("default", NEW_KEY, null);
    checkCutRecovery(cuts, found, expectation, random);
  }

  /** Cuts the power again while the store recovers from the first cut. */
  private void checkCutRecovery(
      CrashImages cuts, StoreContent found, Expectation expectation, SplittableRandom random) {
    int step = random.nextInt(cuts.steps() + 1);
    PowerCut policy = POLICIES.get(random.nextInt(POLICIES.size()));
    String where = "power cut again at step " + step + " of " + cuts.steps() + " by " + policy;
    try {
      CrashStorage files = new CrashStorage(cuts.at(step, policy, random.nextLong()));
      SimulatedProcess process = open(files, random);
      same("recovered", found, process.scanAll(false));
      process.executor.runAll();
      Set<String> stray = process.strayFiles();
      if (!stray.isEmpty()) {
        throw new AssertionError("files do not match the manifest: " + stray);
      }
      checkNewVersion(process, expectation);
      end(process, random);
    } catch (RuntimeException | AssertionError e) {
      throw new AssertionError(where + ", before " + cuts.describe(step) + ": " + e, e);
    }
  }

  private SimulatedProcess open(MemoryStorage files, SplittableRandom random) {
    return SimulatedProcess.open(
        files, planted.process(files), options, keys, clock, random.nextLong());
  }

  private static void end(SimulatedProcess process, SplittableRandom random) {
    if (random.nextBoolean()) {
      process.close();
    } else {
      process.executor.runAll();
      process.engine.sync();
      process.kill();
    }
  }

  private static void same(String when, StoreContent expected, StoreContent found) {
    String difference = expected.firstDifference(found);
    if (difference != null) {
      throw new AssertionError(when + ", it holds something else: " + difference);
    }
  }

  private static void checkPointReads(SimulatedProcess process, StoreContent found) {
    for (String keyspace : CrashRun.KEYSPACES) {
      Map<String, byte[]> entries = found.entries(keyspace);
      for (String key : CrashRun.allKeys()) {
        if (!Arrays.equals(entries.get(key), process.get(keyspace, key))) {
          throw new AssertionError("get and scan differ on " + keyspace + "/" + key);
        }
      }
    }
  }

  private static void checkNewVersion(SimulatedProcess process, Expectation expectation) {
    int keyspace = process.engine.keyspace("default").id();
    long version =
        process.engine.commit(Batch.ofPut(keyspace, bytes(NEW_KEY), bytes(NEW_KEY)), null);
    if (version <= expectation.versionGiven()) {
      throw new AssertionError(
          "version " + version + " is given again: it was " + expectation.versionGiven());
    }
  }

  private static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.ISO_8859_1);
  }
}
