package io.apexstore.engine.crash;

import io.apexstore.engine.CommitMode;
import io.apexstore.engine.EngineOptions;
import io.apexstore.engine.KeyspaceSettings;
import io.apexstore.engine.base.Batch;
import io.apexstore.engine.base.EngineException;
import io.apexstore.engine.base.EngineException.Failure;
import io.apexstore.engine.base.Limits;
import io.apexstore.engine.compaction.Strategy;
import io.apexstore.engine.crash.CrashHistory.Change;
import io.apexstore.engine.crash.CrashHistory.Commit;
import io.apexstore.engine.crash.CrashHistory.Expectation;
import io.apexstore.engine.crypto.TestWrapper;
import io.apexstore.engine.io.CrashStorage;
import io.apexstore.engine.io.FaultStorage;
import io.apexstore.engine.io.Storage;
import java.lang.foreign.MemorySegment;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * One recorded run: a seeded workload over a store whose every storage operation is written down,
 * with restarts, killed processes and, for some seeds, failing syncs and full disks.
 *
 * <p>It all happens on the calling thread, so the same seed gives the same run.
 */
final class CrashRun {
  static final String[] KEYSPACES = {"default", "orders", "users"};
  private static final int KEYS = 80;
  // Those that delete nothing.
  private static final List<Strategy> STRATEGIES =
      List.of(Strategy.LEVELED, Strategy.TIERED, Strategy.LAZY_LEVELING);
  private static final List<CommitMode> MODES = List.of(CommitMode.values());

  final CrashStorage storage = new CrashStorage();
  final CrashHistory history = new CrashHistory();
  final EngineOptions options;

  /** The key-encryption keys of a run whose store is encrypted: every other run's is. */
  final @Nullable TestWrapper keys;

  private final PlantedFault planted;
  private final SplittableRandom random;
  private final boolean syncsFail;
  private final boolean diskFills;
  private final SimulatedProcess.Clock clock = new SimulatedProcess.Clock();
  private final ArrayDeque<Pending> pending = new ArrayDeque<>();
  private final CrashFeed feed = new CrashFeed();
  private StoreContent content = new StoreContent();
  private SimulatedProcess process;
  private boolean broken;
  private int restarts;

  private record Pending(Commit commit, boolean durable, CompletableFuture<Long> outcome) {}

  private CrashRun(long seed, PlantedFault planted) {
    this.planted = planted;
    this.random = new SplittableRandom(seed);
    this.options =
        SimulatedProcess.options(
            MODES.get(Math.floorMod(seed, MODES.size())),
            STRATEGIES.get(Math.floorMod(seed, STRATEGIES.size())));
    this.syncsFail = Math.floorMod(seed, 5) == 3;
    this.diskFills = Math.floorMod(seed, 5) == 4;
    this.keys = Math.floorMod(seed / MODES.size(), 2) == 0 ? new TestWrapper(seed) : null;
    this.process = open();
  }

  /** Runs a workload of so many operations; everything about it follows from the seed. */
  static CrashRun record(long seed, int operations, PlantedFault planted) {
    CrashRun run = new CrashRun(seed, planted);
    for (int i = 0; i < operations; i++) {
      run.operation();
    }
    run.process.kill();
    return run;
  }

  private SimulatedProcess open() {
    Storage files = storage;
    if (syncsFail) {
      FaultStorage faulty = new FaultStorage(storage);
      FaultStorage.Kind kind =
          random.nextInt(4) == 0 ? FaultStorage.Kind.APPEND_SYNC : FaultStorage.Kind.REGION_SYNC;
      faulty.failNthSyncAndLosePages(kind, random.nextInt(5, 120));
      files = faulty;
    }
    SimulatedProcess opened;
    try {
      opened =
          SimulatedProcess.open(
              storage, planted.process(files), options, keys, clock, random.nextLong());
    } catch (EngineException e) {
      expected(e);
      broken = false;
      opened =
          SimulatedProcess.open(
              storage, planted.process(storage), options, keys, clock, random.nextLong());
    }
    feed.attach(opened.engine);
    return opened;
  }

  private void operation() {
    clock.advance(random.nextInt(8));
    for (int steps = random.nextInt(3); steps > 0; steps--) {
      process.executor.step();
    }
    collect();
    if (broken) {
      restart(random.nextBoolean());
      return;
    }
    int dice = random.nextInt(1000);
    try {
      if (random.nextInt(5) == 0) {
        consume();
      }
      if (dice < 780) {
        commit();
      } else if (dice < 880) {
        checkOneKey();
      } else if (dice < 950) {
        tick(random.nextBoolean());
      } else if (dice < 956 && keys != null) {
        process.engine.rotateKeys();
      } else if (dice < 965) {
        process.engine.sync();
        history.acknowledgeReturned(storage.steps());
      } else if (dice < 975) {
        process.engine.flush();
      } else if (dice < 977) {
        process.engine.compact();
      } else if (dice < 980) {
        changeStrategy();
      } else if (dice < 990) {
        restart(random.nextBoolean());
      } else if (diskFills) {
        storage.setCapacityBytes(storage.usedBytes() + random.nextInt(100_000));
      }
    } catch (EngineException e) {
      expected(e);
    }
    if (diskFills && random.nextInt(20) == 0) {
      storage.setCapacityBytes(1L << 40);
    }
  }

  private void changeStrategy() {
    Strategy strategy = STRATEGIES.get(random.nextInt(STRATEGIES.size()));
    String keyspace = KEYSPACES[random.nextInt(KEYSPACES.length)];
    process.engine.keyspace(keyspace, before -> new KeyspaceSettings(strategy, 0, 0, 0, false));
  }

  /**
   * Lets the feed give some changes. What it gives is as good as acknowledged as durable. Now and
   * then it gives all there are, and then has made of them what the store holds.
   */
  private void consume() {
    boolean all = random.nextInt(30) == 0;
    if (all) {
      process.executor.runAll(); // What is submitted is committed, so that the sync has it all.
      collect();
      process.engine.sync();
      history.acknowledgeReturned(storage.steps());
    }
    boolean end =
        feed.consume(
            process.engine,
            all ? Integer.MAX_VALUE : random.nextInt(40),
            value -> history.told(value, storage.steps()));
    if (all && end && !broken && pending.isEmpty()) {
      String difference = content.firstDifference(feed.content());
      if (!feed.isConsistent() || difference != null) {
        throw new AssertionError("the feed made something else of the changes: " + difference);
      }
    }
  }

  /** In the modes that sync by time, all that was committed before is durable after such a tick. */
  private void tick(boolean syncDue) {
    process.engine.tick(syncDue);
    if (syncDue && !syncsFail && !diskFills) { // A failing tick does not say so.
      history.acknowledgeReturned(storage.steps());
    }
  }

  /** Takes note of an exception that the run has provoked; throws any other. */
  private void expected(EngineException e) {
    boolean provoked =
        (e.failure() == Failure.STORAGE_FAILED && syncsFail)
            || (e.failure() == Failure.DISK_FULL && diskFills);
    if (!provoked) {
      throw e;
    }
    broken |= e.failure() == Failure.STORAGE_FAILED;
  }

  private void commit() {
    List<Change> changes = changes();
    Batch batch = encode(changes);
    CommitMode atLeast = random.nextInt(4) == 0 ? MODES.get(random.nextInt(MODES.size())) : null;
    CommitMode mode = atLeast == null ? options.mode() : options.mode().atLeast(atLeast);
    Commit commit = history.submit(changes, batch.length(), storage.steps());
    storage.submitted(commit.number);
    if (random.nextInt(4) == 0) {
      pending.add(
          new Pending(
              commit,
              mode.isDurable(),
              process.engine.commitAsync(batch, atLeast).toCompletableFuture()));
      return;
    }
    try {
      long version = process.engine.commit(batch, atLeast);
      // Those submitted before it were led by it, and are done, though not yet told.
      process.executor.runAll();
      collect();
      done(commit, version, mode.isDurable());
    } catch (EngineException e) {
      process.executor.runAll();
      collect();
      failed(commit, e);
    }
  }

  /** Looks which of the asynchronous commits have completed. */
  private void collect() {
    while (!pending.isEmpty() && pending.getFirst().outcome().isDone()) {
      Pending first = pending.removeFirst();
      try {
        done(first.commit(), first.outcome().join(), first.durable());
      } catch (CompletionException e) {
        if (!(e.getCause() instanceof EngineException cause)) {
          throw e;
        }
        failed(first.commit(), cause);
      }
    }
  }

  private void done(Commit commit, long version, boolean durable) {
    commit.returned(version, storage.steps());
    apply(content, commit);
    if (durable) {
      history.acknowledge(commit, storage.steps());
      storage.acknowledged(commit.number);
    }
  }

  private void failed(Commit commit, EngineException e) {
    expected(e);
    if (e.failure() == Failure.DISK_FULL) {
      history.died(commit, storage.steps());
    }
  }

  private static void apply(StoreContent content, Commit commit) {
    commit.changes.forEach(change -> change.applyTo(content));
  }

  private List<Change> changes() {
    int number = history.nextNumber();
    // What a batch puts into a range that it deletes comes behind that.
    List<Change> ranges = new ArrayList<>();
    if (random.nextInt(25) == 0) {
      String keyspace = KEYSPACES[random.nextInt(KEYSPACES.length)];
      String from = key();
      ranges.add(new Change(keyspace, from, null, random.nextInt(3) == 0 ? from + "\0" : key()));
    }
    TreeMap<String, Change> changes = new TreeMap<>();
    int count = random.nextInt(3) == 0 ? random.nextInt(2, 9) : 1;
    for (int i = 0; i < count; i++) {
      String keyspace = KEYSPACES[random.nextInt(KEYSPACES.length)];
      String key = key();
      byte[] value = random.nextInt(4) == 0 ? null : CrashHistory.value(number, random, length());
      changes.put(keyspace + "/" + key, new Change(keyspace, key, value, null));
    }
    ranges.addAll(changes.values());
    return ranges;
  }

  private String key() {
    return key(random.nextInt(KEYS));
  }

  private static String key(int n) {
    return "key-" + n + (n % 7 == 0 ? "\u00ff\u0000".repeat(n) : "");
  }

  /** Returns every key that a run may use. */
  static List<String> allKeys() {
    return IntStream.range(0, KEYS).mapToObj(CrashRun::key).toList();
  }

  private int length() {
    return switch (random.nextInt(100)) {
      case 0 -> random.nextInt(20_000, 40_000);
      case 1, 2, 3 -> random.nextInt(2_000, 8_000);
      default -> random.nextInt(8, 600);
    };
  }

  private Batch encode(List<Change> changes) {
    Batch batch = new Batch(64);
    for (Change change : changes) {
      int keyspace = process.engine.keyspace(change.keyspace()).id();
      byte[] key = change.key().getBytes(StandardCharsets.ISO_8859_1);
      byte[] value = change.value();
      String to = change.to();
      if (to != null) {
        batch.deleteRange(keyspace, key, to.getBytes(StandardCharsets.ISO_8859_1));
      } else if (value == null) {
        batch.delete(keyspace, key);
      } else {
        batch.put(keyspace, key, Limits.NEVER_EXPIRES, MemorySegment.ofArray(value));
      }
    }
    batch.seal();
    return batch;
  }

  private void checkOneKey() {
    if (!pending.isEmpty()) {
      return; // Some may be visible and not yet told.
    }
    String keyspace = KEYSPACES[random.nextInt(KEYSPACES.length)];
    String key = key();
    byte @Nullable [] expected = content.get(keyspace, key);
    byte @Nullable [] found = process.get(keyspace, key);
    if (!Arrays.equals(expected, found)) {
      throw new AssertionError("while running, " + keyspace + "/" + key + " is not what was put");
    }
  }

  /** Ends the process, in order or not, and opens the store anew. */
  private void restart(boolean inOrder) {
    restarts++;
    boolean closed = false;
    if (inOrder && !broken) {
      try {
        process.engine.close();
        process.executor.runAll();
        collect();
        history.acknowledgeReturned(storage.steps());
        closed = true;
      } catch (EngineException e) {
        expected(e);
      }
    }
    process.kill();
    broken = false;
    storage.setCapacityBytes(1L << 40);
    pending.clear();
    int step = storage.steps();
    Expectation expectation = history.at(step);
    process = open();
    StoreContent found = process.scanAll(false);
    int prefix = expectation.prefixOf(found);
    if ((closed || survivesProcess()) && prefix < expectation.returned()) {
      throw new AssertionError(
          "restart "
              + restarts
              + ", after the store was "
              + (closed ? "closed" : "killed")
              + ": only "
              + prefix
              + " of "
              + expectation.returned()
              + " commits are there");
    }
    long lostBytes = expectation.returnedBytesFrom(prefix);
    if (lostBytes >= options.asyncBytesMax()) {
      throw new AssertionError(
          "restart " + restarts + ": " + lostBytes + " bytes of commits were in memory only");
    }
    history.cutTo(expectation, prefix, step);
    content = found;
  }

  /** Whether what was acknowledged in the store's mode outlives a killed process. */
  private boolean survivesProcess() {
    return options.mode() != CommitMode.ASYNC;
  }
}
