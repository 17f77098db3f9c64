package io.apexstore.engine.crash;

import io.apexstore.engine.base.Batch;
import io.apexstore.engine.base.EngineException;
import io.apexstore.engine.base.EngineException.Failure;
import io.apexstore.engine.base.TestClock;
import io.apexstore.engine.commit.Conditions;
import io.apexstore.engine.crash.CrashConditions.Planned;
import io.apexstore.engine.crash.CrashHistory.Change;
import io.apexstore.engine.crash.CrashHistory.Commit;
import io.apexstore.engine.crash.CrashHistory.Expectation;
import io.apexstore.engine.crash.StoreContent.Entry;
import io.apexstore.engine.encryption.TestWrapper;
import io.apexstore.engine.io.CrashStorage;
import io.apexstore.engine.io.FaultStorage;
import io.apexstore.engine.io.Storage;
import io.apexstore.options.CompactionStrategy;
import io.apexstore.options.StoreOptions;
import io.apexstore.options.SyncMode;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.SplittableRandom;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import org.jspecify.annotations.Nullable;

/**
 * A recorded run of a seeded workload on a store: every operation of the storage is recorded. It
 * has restarts, killed processes and, for some seeds, failing syncs and full disks.
 *
 * <p>Everything runs on the calling thread, so the same seed yields the same run.
 */
final class CrashRun {
  private static final List<CompactionStrategy> STRATEGIES =
      List.of(
          CompactionStrategy.LEVELED, CompactionStrategy.TIERED, CompactionStrategy.LAZY_LEVELING);
  private static final List<SyncMode> MODES = List.of(SyncMode.values());
  private static final long ENDLESS_LOG_BYTES = 1 << 30;

  final CrashStorage storage = new CrashStorage();
  final CrashHistory history = new CrashHistory();
  final CrashFeed feed = new CrashFeed();
  final CrashKeyspaces keyspaces;
  final StoreOptions options;

  /** The key-encryption keys, if the store of the run is encrypted: in half of the runs. */
  final @Nullable TestWrapper keys;

  /** The key-encryption key after each rotation, by the step at which the rotation ended. */
  final TreeMap<Integer, String> rotations = new TreeMap<>();

  // The latest time that a process may have seen, by the step from which it is valid.
  private final TreeMap<Integer, Long> times = new TreeMap<>();
  private long latestMs;

  /** The counts of operations, by their names. */
  final TreeMap<String, Integer> counts = new TreeMap<>();

  private final PlantedFault planted;
  private final SplittableRandom random;
  private final CrashWorkload workload;
  private final CrashConditions conditions;
  private final boolean syncsFail;
  private final boolean diskFills;
  private final boolean clockJumps;
  private final TestClock clock = TestClock.at(1_700_000_000_000L);
  private final ArrayDeque<Pending> pending = new ArrayDeque<>();
  private StoreContent content = new StoreContent(StoreContent.BEFORE_EVERYTHING);
  private SimulatedProcess process;
  private boolean broken;
  private int restarts;

  private record KeyToSweep(String keyspace, String key, long expiryMs) {}

  // For the fault SWEPT_UNCONDITIONALLY.
  private final ArrayDeque<KeyToSweep> expiring = new ArrayDeque<>();

  private record Pending(Commit commit, boolean durable, CompletableFuture<Long> outcome) {}

  private CrashRun(long seed, PlantedFault planted) {
    this.planted = planted;
    this.random = new SplittableRandom(seed);
    this.workload = new CrashWorkload(random);
    this.conditions = new CrashConditions(random, workload);
    this.clockJumps = random.nextInt(3) == 0;
    this.options =
        SimulatedProcess.options(
            MODES.get(Math.floorMod(seed, MODES.size())),
            STRATEGIES.get(Math.floorMod(seed, STRATEGIES.size())),
            /* historyRetention= */ Duration.ofMillis(
                random.nextBoolean() ? 0 : random.nextInt(200, 5_000)),
            /* logRetentionBytes= */ random.nextBoolean() ? 32 << 10 : ENDLESS_LOG_BYTES);
    this.keyspaces = new CrashKeyspaces(random, options.compaction(), storage::steps);
    this.syncsFail = Math.floorMod(seed, 5) == 3;
    this.diskFills = Math.floorMod(seed, 5) == 4;
    this.keys = Math.floorMod(seed / MODES.size(), 2) == 0 ? new TestWrapper(seed) : null;
    this.process = open();
  }

  /** Records a run with this many operations. It depends on the seed only. */
  static CrashRun record(long seed, int operations, PlantedFault planted) {
    CrashRun run = new CrashRun(seed, planted);
    for (int i = 0; i < operations; i++) {
      run.operation();
    }
    run.countExpired();
    run.process.kill();
    return run;
  }

  /** Whether the log retains every change. */
  boolean keepsItsLog() {
    return options.logRetentionBytes() == ENDLESS_LOG_BYTES;
  }

  /** Returns the latest time that a process may have seen before a step, in ms since the epoch. */
  long latestMsAt(int step) {
    Map.Entry<Integer, Long> last = times.floorEntry(step);
    return last == null ? 0 : last.getValue();
  }

  private void count(String name, int times) {
    counts.merge(name, times, Integer::sum);
  }

  private void countExpired() {
    count("expired and oldest entries deleted", (int) process.engine.stats().expired());
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
    conditions.forget();
    return opened;
  }

  private void operation() {
    clock.advance(random.nextInt(clockJumps && random.nextInt(20) == 0 ? 1_500 : 8));
    latestMs = Math.max(latestMs, process.engine.nowMs());
    times.put(storage.steps(), latestMs);
    for (int steps = random.nextInt(3); steps > 0; steps--) {
      process.executor.step();
    }
    collect();
    if (broken) {
      restart(random.nextBoolean());
      return;
    }
    try {
      if (random.nextInt(5) == 0) {
        consume();
      }
      operation(random.nextInt(1000));
    } catch (EngineException e) {
      expected(e);
    }
    if (diskFills && random.nextInt(20) == 0) {
      storage.setCapacityBytes(1L << 40);
    }
  }

  private void operation(int dice) {
    if (dice < 780) {
      commit();
    } else if (dice < 870) {
      checkOneKey();
    } else if (dice < 945) {
      tick(random.nextBoolean());
    } else if (dice < 954 && keys != null) {
      rotateEncryptionKeys();
    } else if (dice < 962) {
      process.engine.sync();
      history.acknowledgeReturned(storage.steps());
    } else if (dice < 970) {
      process.engine.flush();
    } else if (dice < 972) {
      process.engine.compact();
    } else if (dice < 980) {
      keyspaces.changeOne(process.engine);
      count("keyspaces created or changed", 1);
    } else if (dice < 990) {
      restart(random.nextBoolean());
    } else if (diskFills) {
      storage.setCapacityBytes(storage.usedBytes() + random.nextInt(100_000));
    }
  }

  private void rotateEncryptionKeys() {
    process.engine.rotateDataKeys();
    rotations.put(storage.steps(), Objects.requireNonNull(keys).currentKeyId());
    count("data keys rotated", 1);
  }

  /**
   * Consumes some changes of the feed. A change of the feed is durable, as if its commit had been
   * acknowledged. Sometimes consumes all, and checks that they yield the content of the store.
   */
  private void consume() {
    boolean all = random.nextInt(30) == 0;
    if (all) {
      process.executor
          .runAll(); // Commits everything that was submitted, so that the sync includes it.
      collect();
      process.engine.sync();
      history.acknowledgeReturned(storage.steps());
    }
    boolean end =
        feed.consume(
            process.engine,
            all ? Integer.MAX_VALUE : random.nextInt(40),
            value -> history.delivered(value, storage.steps()));
    feed.remember(storage.steps());
    if (all && end && !broken && pending.isEmpty()) {
      StoreContent found = process.scanAll(random.nextBoolean());
      long nowMs = process.engine.nowMs();
      String difference = feed.content().at(nowMs).firstDifferenceEitherWay(found);
      if (difference == null) {
        difference = content.at(nowMs).firstDifference(found);
      }
      if (!feed.isConsistent() || difference != null) {
        throw new AssertionError("the changes of the feed yield another content: " + difference);
      }
    }
  }

  /** A tick; if a sync is due, it makes everything durable that was committed before. */
  private void tick(boolean syncDue) {
    process.engine.tick(syncDue);
    if (syncDue && !syncsFail && !diskFills) { // A tick does not report its failure.
      history.acknowledgeReturned(storage.steps());
    }
  }

  /** Accepts an exception that the run has provoked; throws any other. */
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
    List<String> names = keyspaces.names(process.engine);
    List<Change> changes = workload.changes(names, history.nextNumber(), process.engine.nowMs());
    Batch batch = CrashWorkload.encode(process, changes);
    SyncMode atLeast = random.nextInt(4) == 0 ? MODES.get(random.nextInt(MODES.size())) : null;
    SyncMode mode = atLeast == null ? options.syncMode() : options.syncMode().atLeast(atLeast);
    StoreContent known = pending.isEmpty() ? content : null;
    Planned planned = random.nextInt(5) == 0 ? conditions.plan(process, known, names) : null;
    count(changes);
    if (planted == PlantedFault.SWEPT_UNCONDITIONALLY) {
      sweepUnconditionally(changes);
    }
    long nowMs = process.engine.nowMs();
    Commit commit =
        history.submit(
            changes,
            planned == null ? null : planned.precondition(),
            batch.length(),
            storage.steps(),
            nowMs);
    storage.submitted(commit.number);
    if (planned != null) {
      commit(commit, batch, planned, atLeast, mode, known);
      return;
    }
    // A commit that may be tried again must not be overtaken, because the history is ordered.
    if (random.nextInt(4) == 0 && !logsPrevious(changes)) {
      CompletableFuture<Long> outcome =
          process.engine.commitAsync(batch, atLeast).toCompletableFuture();
      pending.add(new Pending(commit, mode.isDurable(), outcome));
      return;
    }
    try {
      long version = process.engine.commit(batch, atLeast);
      // It led the commits that were submitted before: they are done, but not reported yet.
      process.executor.runAll();
      collect();
      done(commit, version, mode.isDurable());
    } catch (EngineException e) {
      process.executor.runAll();
      collect();
      failed(commit, e);
    }
  }

  /** Sweeps without conditions, as for an outdated scan; the history does not record it. */
  private void sweepUnconditionally(List<Change> changes) {
    Batch batch = new Batch(64);
    for (KeyToSweep toSweep : List.copyOf(expiring)) {
      if (toSweep.expiryMs <= process.engine.nowMs() && pending.isEmpty()) {
        int keyspace = process.engine.keyspace(toSweep.keyspace).id();
        batch.deleteExpired(keyspace, CrashWorkload.bytes(toSweep.key));
        expiring.remove(toSweep);
      }
    }
    if (batch.operations() > 0) {
      batch.seal();
      process.engine.commit(batch, null);
    }
    for (Change change : changes) {
      Entry entry = change.entry();
      if (entry != null && entry.expiryMs() != 0) {
        expiring.add(new KeyToSweep(change.keyspace(), change.key(), entry.expiryMs()));
      }
    }
  }

  private boolean logsPrevious(List<Change> changes) {
    return changes.stream()
        .anyMatch(
            change -> process.engine.keyspace(change.keyspace()).options().logPreviousValues());
  }

  private void count(List<Change> changes) {
    for (Change change : changes) {
      if (change.to() != null) {
        count("range tombstones", 1);
      } else if (change.entry() == null) {
        count("keys deleted", 1);
      } else {
        count(change.entry().expiryMs() == 0 ? "puts" : "puts that expire", 1);
      }
      if (!CrashWorkload.losesNothing(change.keyspace())) {
        count("puts to first in, first out", 1);
      }
    }
    if (logsPrevious(changes)) {
      count("commits that log previous values", 1);
    }
  }

  /** Commits with conditions, and checks the outcome if the content of the store is known. */
  private void commit(
      Commit commit,
      Batch batch,
      Planned planned,
      @Nullable SyncMode atLeast,
      SyncMode mode,
      @Nullable StoreContent known) {
    Precondition precondition = planned.precondition();
    boolean holds =
        known == null || precondition.holds(known, commit.submittedMs, commit.submittedMs);
    try {
      long version =
          random.nextBoolean()
              ? process.engine.commit(batch, planned.conditions(), atLeast)
              : commitAndWait(batch, planned.conditions(), atLeast);
      process.executor.runAll();
      collect();
      if (!holds) {
        throw new AssertionError("a commit violates its condition: " + precondition);
      }
      count("conditional commits done", 1);
      done(commit, version, mode.isDurable());
    } catch (EngineException e) {
      process.executor.runAll();
      collect();
      if (e.failure() == Failure.CONDITION_FAILED || e.failure() == Failure.VERSION_EXPIRED) {
        if (known != null && holds && precondition.isOfKeysOnly()) {
          throw new AssertionError("a commit was refused although " + precondition, e);
        }
        count("conditional commits refused", 1);
        history.refused(commit);
      } else {
        failed(commit, e);
      }
    }
  }

  private long commitAndWait(Batch batch, Conditions wanted, @Nullable SyncMode atLeast) {
    CompletableFuture<Long> outcome =
        process.engine.commitAsync(batch, wanted, atLeast).toCompletableFuture();
    process.executor.runAll();
    try {
      if (!outcome.isDone()) {
        throw new AssertionError("a conditional commit hangs");
      }
      return outcome.join();
    } catch (CompletionException e) {
      throw e.getCause() instanceof EngineException cause ? cause : e;
    }
  }

  /** Collects the asynchronous commits that have completed. */
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
    commit.returned(version, storage.steps(), process.engine.nowMs());
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

  private void checkOneKey() {
    if (!pending.isEmpty()) {
      return; // Some may be visible, but not reported yet.
    }
    String keyspace = workload.losingNothing(keyspaces.names(process.engine));
    String key = workload.key();
    Entry entry = content.entry(keyspace, key);
    byte @Nullable [] expected =
        entry != null && entry.isVisibleAt(process.engine.nowMs()) ? entry.value() : null;
    byte @Nullable [] found = process.get(process.engine.keyspace(keyspace), key);
    if (!Arrays.equals(expected, found)) {
      throw new AssertionError(
          "while running, " + keyspace + "/" + key + "  does not have the value that was put");
    }
  }

  /** Ends the process, orderly or not, and opens the store again. */
  private void restart(boolean inOrder) {
    restarts++;
    count(inOrder ? "restarts" : "processes killed", 1);
    boolean closed = false;
    if (inOrder && !broken) {
      try {
        countExpired();
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
    if (random.nextInt(3) == 0) {
      clock.setWall(clock.currentTimeMs() - random.nextInt(5_000));
    }
    process = open();
    keyspaces.check(process.engine, step);
    if (process.engine.nowMs() < expectation.timeReached()) {
      throw new AssertionError(
          "restart " + restarts + ": the clock ran back to " + process.engine.nowMs());
    }
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
              + " commits are present");
    }
    long lostBytes = expectation.returnedBytesFrom(prefix);
    if (lostBytes >= options.asyncBytesMax()) {
      throw new AssertionError(
          "restart " + restarts + ": " + lostBytes + " bytes of commits were in memory only");
    }
    history.cutTo(expectation, prefix, step);
    content = expectation.contentOf(prefix, StoreContent.BEFORE_EVERYTHING);
  }

  /** Whether acknowledged commits of the store's mode survive a killed process. */
  private boolean survivesProcess() {
    return options.syncMode() != SyncMode.ASYNC;
  }
}
