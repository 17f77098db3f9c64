package io.apexstore.engine.crash;

import io.apexstore.engine.base.Batch;
import io.apexstore.engine.base.EngineException;
import io.apexstore.engine.base.EngineException.Failure;
import io.apexstore.engine.base.TestClock;
import io.apexstore.engine.crash.CrashHistory.Commit;
import io.apexstore.engine.crash.CrashHistory.Expectation;
import io.apexstore.engine.crash.StoreContent.Entry;
import io.apexstore.engine.encryption.KeyWrapper;
import io.apexstore.engine.io.CrashImages;
import io.apexstore.engine.io.CrashStorage;
import io.apexstore.engine.io.MemoryStorage;
import io.apexstore.engine.io.PowerCut;
import io.apexstore.engine.keyspace.KeyspaceTree;
import io.apexstore.engine.read.EngineSnapshot;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** Opens images and checks that they satisfy the durability contract. */
final class CrashCheck {
  private static final String NEW_KEY = "written after the power cut";
  private static final int OLDER_VERSIONS = 3;

  private static final List<PowerCut> POLICIES = List.of(PowerCut.values());

  private final CrashRun run;
  private final PlantedFault planted;
  private final CrashKeys keys;
  private final TreeMap<String, Integer> counts = new TreeMap<>();

  CrashCheck(CrashRun run, PlantedFault planted) {
    this.run = run;
    this.planted = planted;
    this.keys = new CrashKeys(run);
  }

  /** The counts of checks, by their names. */
  Map<String, Integer> counts() {
    return counts;
  }

  /**
   * Checks one image.
   *
   * @throws AssertionError or an exception of the engine if the contract is violated
   */
  void check(MemoryStorage image, Expectation expectation, long seed) {
    new Image(image, expectation, new SplittableRandom(seed)).check();
  }

  private void count(String what) {
    counts.merge(what, 1, Integer::sum);
  }

  /** One image, and what it may contain. */
  private final class Image {
    private final MemoryStorage image;
    private final Expectation expectation;
    private final SplittableRandom random;
    private final TestClock clock;
    private final @Nullable KeyWrapper wrapper;

    Image(MemoryStorage image, Expectation expectation, SplittableRandom random) {
      this.image = image;
      this.expectation = expectation;
      this.random = random;
      this.clock = TestClock.at(timeToOpen());
      this.wrapper = keys.needed(image, expectation.step());
    }

    /** Draws the time of the open: earlier, a moment later, or after nearly everything expired. */
    private long timeToOpen() {
      long last = expectation.timeSubmitted();
      return switch (random.nextInt(5)) {
        case 0 -> last - random.nextInt(10_000_000);
        case 1, 2 -> last + random.nextInt(50);
        case 3 -> last + random.nextInt(2_000);
        default -> last + 10_000_000;
      };
    }

    void check() {
      if (random.nextInt(8) == 0) {
        keys.checkRefusals(image);
        count("wrong encryption keys refused");
      }
      CrashStorage files = new CrashStorage(image);
      SimulatedProcess process = open(files);
      checkTime(process, expectation.timeReached());
      run.keyspaces.check(process.engine, expectation.step());
      StoreContent found = process.scanAll(false);
      int prefix = expectation.prefixOf(found);
      checkPointReads(process, found, null);
      checkOlderVersions(process, prefix);
      CrashFeed feed = resumeFeed(process, prefix, found);
      sweepAndWork(process);
      same("after background work", found, process);
      checkFiles(process);
      CrashImages cuts = files.images();

      final long openedMs = process.engine.nowMs();
      checkNewVersion(process);
      checkFeedGoesOn(feed, process);
      end(process);
      found.put("default", NEW_KEY, new Entry(CrashWorkload.bytes(NEW_KEY), 0));
      if (random.nextBoolean()) {
        clock.setWall(openedMs - random.nextInt(1_000_000));
      }
      SimulatedProcess again = open(files);
      checkTime(again, openedMs);
      same("opened a second time", found, again);
      end(again);

      found.remove("default", NEW_KEY);
      clock.setWall(openedMs + random.nextInt(20));
      checkCutRecovery(cuts, found);
    }

    /** Cuts the power again while the store recovers from the first cut. */
    private void checkCutRecovery(CrashImages cuts, StoreContent found) {
      int step = random.nextInt(cuts.steps() + 1);
      PowerCut policy = POLICIES.get(random.nextInt(POLICIES.size()));
      String where = "power cut again at step " + step + " of " + cuts.steps() + " by " + policy;
      try {
        SimulatedProcess process = open(new CrashStorage(cuts.at(step, policy, random.nextLong())));
        same("recovered", found, process);
        run.keyspaces.check(process.engine, expectation.step());
        process.executor.runAll();
        checkFiles(process);
        checkNewVersion(process);
        end(process);
      } catch (RuntimeException | AssertionError e) {
        throw new AssertionError(where + ", before " + cuts.describe(step) + ": " + e, e);
      }
    }

    private SimulatedProcess open(MemoryStorage files) {
      return SimulatedProcess.open(
          files, planted.process(files), run.options, wrapper, clock, random.nextLong());
    }

    private void end(SimulatedProcess process) {
      if (random.nextBoolean()) {
        process.close();
      } else {
        process.executor.runAll();
        process.engine.sync();
        process.kill();
      }
    }

    private void sweepAndWork(SimulatedProcess process) {
      if (random.nextBoolean()) {
        process.engine.tick(true);
        count("swept after the power cut");
      }
      process.executor.runAll();
    }

    private void same(String when, StoreContent expected, SimulatedProcess process) {
      StoreContent found = process.scanAll(random.nextBoolean());
      String difference = expected.at(process.engine.nowMs()).firstDifference(found);
      if (difference != null) {
        throw new AssertionError(when + ", the content is wrong: " + difference);
      }
    }

    private void checkTime(SimulatedProcess process, long reachedMs) {
      if (process.engine.nowMs() < reachedMs) {
        throw new AssertionError(
            "the clock ran back from " + reachedMs + " to " + process.engine.nowMs());
      }
    }

    private void checkFiles(SimulatedProcess process) {
      Set<String> stray = process.strayFiles();
      if (!stray.isEmpty()) {
        throw new AssertionError("files do not match the manifest: " + stray);
      }
    }

    private void checkPointReads(
        SimulatedProcess process, StoreContent found, @Nullable EngineSnapshot at) {
      for (String name : process.engine.keyspaceNames()) {
        KeyspaceTree keyspace = process.engine.keyspace(name);
        for (String key : CrashWorkload.ALL_KEYS) {
          if (!Arrays.equals(found.get(name, key), process.get(keyspace, key, at))) {
            throw new AssertionError("get and scan differ on " + name + "/" + key);
          }
        }
      }
    }

    /**
     * Checks that reads of older versions are right, or fail because the version has expired;
     * recent ones must be readable.
     */
    private void checkOlderVersions(SimulatedProcess process, int prefix) {
      for (int i = 0; i < OLDER_VERSIONS && prefix > 0; i++) {
        // Recent ones are more likely to be readable.
        int n = 1 + (random.nextBoolean() ? random.nextInt(prefix) : prefix - 1 - back(prefix));
        Commit commit = expectation.commits().get(n - 1);
        long version = commit.versionAt(expectation.step());
        if (version == 0) {
          continue;
        }
        try (EngineSnapshot at = process.engine.openSnapshotAt(version)) {
          StoreContent old = process.scanAll(random.nextBoolean(), at);
          String difference = expectation.contentOf(n, at.timeMs()).firstDifference(old);
          if (difference != null) {
            throw new AssertionError("as of version " + version + ": " + difference);
          }
          if (i == 0) {
            checkPointReads(process, old, at);
          }
          count("older versions read");
        } catch (EngineException e) {
          // The clock may have been later before the power cut.
          long latestMs = Math.max(process.engine.nowMs(), run.latestMsAt(expectation.step()));
          long agoMs = latestMs - commit.submittedMs;
          if (e.failure() != Failure.VERSION_EXPIRED
              || agoMs < run.options.historyRetention().toMillis()) {
            throw e;
          }
          count("older versions expired");
        }
      }
    }

    private int back(int prefix) {
      return random.nextInt(Math.min(prefix, 30));
    }

    /** A consumer resumes from its token and gets each change after it once. */
    private @Nullable CrashFeed resumeFeed(
        SimulatedProcess process, int prefix, StoreContent found) {
      CrashFeed feed = run.feed.asOf(expectation.step());
      if (feed == null) {
        return null;
      }
      if (!feed.resume(process.engine)) {
        // An empty store has no log either: the token is not known where versions skip.
        if (run.keepsItsLog() && !feed.isAtTheBeginning()) {
          throw new AssertionError("the log is not retained after the token " + feed.token());
        }
        count("feeds whose token had expired");
        return null;
      }
      feed.consume(process.engine, Integer.MAX_VALUE, value -> {});
      if (feed.expired() > 0) {
        return null;
      }
      feed.checkLastChanges(expectation.changesOf(prefix));
      StoreContent yielded = feed.content().at(process.engine.nowMs());
      String difference = yielded.firstDifferenceEitherWay(found);
      if (!feed.isConsistent() || difference != null) {
        throw new AssertionError("the changes of the feed yield another content: " + difference);
      }
      count("feeds resumed");
      return feed;
    }

    private void checkFeedGoesOn(@Nullable CrashFeed feed, SimulatedProcess process) {
      if (feed != null) {
        process.engine.sync();
        List<String> values = new ArrayList<>();
        feed.consume(
            process.engine,
            Integer.MAX_VALUE,
            value -> values.add(new String(value, StandardCharsets.ISO_8859_1)));
        if (!values.equals(List.of(NEW_KEY))) {
          throw new AssertionError("after the power cut the feed returned " + values);
        }
      }
    }

    private void checkNewVersion(SimulatedProcess process) {
      int keyspace = process.engine.keyspace("default").id();
      byte[] bytes = CrashWorkload.bytes(NEW_KEY);
      long version = process.engine.commit(Batch.ofPut(keyspace, bytes, bytes), null);
      if (version <= expectation.versionGiven()) {
        throw new AssertionError(
            "version "
                + version
                + " is used again: the last one was "
                + expectation.versionGiven());
      }
    }
  }
}
