package io.apexstore.engine.background;

import io.apexstore.engine.base.EngineException;
import io.apexstore.engine.base.EngineException.Failure;
import io.apexstore.engine.base.SafeLogger;
import io.apexstore.engine.compaction.CompactionChoice;
import io.apexstore.engine.compaction.CompactionJob;
import io.apexstore.engine.compaction.CompactionPolicy;
import io.apexstore.engine.compaction.CompactionRequest;
import io.apexstore.engine.compaction.TreeState;
import io.apexstore.engine.encryption.DataKeys;
import io.apexstore.engine.keyspace.KeyspaceTree;
import io.apexstore.engine.keyspace.Keyspaces;
import io.apexstore.engine.manifest.TableMeta;
import io.apexstore.engine.version.TreeShape;
import io.apexstore.stats.StoreStats;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CancellationException;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.BiConsumer;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * The compaction scheduler: runs the compactions that the policies pick, as many at once as the
 * options allow.
 *
 * <p><b>Threads:</b> any. <b>Invariants:</b> a table takes part in at most one compaction at a
 * time. A keyspace whose compaction read damaged bytes, or a table of an unknown format, is not
 * compacted again until the store is reopened: its input tables stay, and reads of them answer as
 * before. A compaction that failed for a reason that may pass, such as a lack of file descriptors,
 * is postponed, together with the others of its keyspace. Other keyspaces are not affected.
 */
public final class Compactions {
  private static final Logger LOG = SafeLogger.of(Compactions.class);

  // Keyspaces that a tick looks at. With this many or fewer, each is looked at every second.
  private static final int LOOKS_PER_TICK = 256;

  private final BackgroundContext context;
  private final Keyspaces keyspaces;
  private final WriterStall stall;
  private final WorkSignal signal;
  private final BiConsumer<String, EngineException> onFailure;
  private final ReentrantLock lock = new ReentrantLock();
  // By keyspace id. Written under the lock.
  private final Map<Integer, EngineException> damaged = new ConcurrentSkipListMap<>();
  // Why compactions of a keyspace are postponed. By keyspace id, written under the lock.
  private final Map<Integer, EngineException> postponed = new ConcurrentSkipListMap<>();
  // By keyspace id, of keyspaces whose last compaction failed. Under the lock.
  private final Map<Integer, RetryPauses> pauses = new HashMap<>();
  // File ids of the inputs of running compactions. Under the lock, as what follows.
  private final Set<Long> busy = new HashSet<>();
  private final Set<RunningCompaction> running = new LinkedHashSet<>();
  // The keyspaces in which a compaction may be due, in the order in which they are looked at.
  private final LinkedHashSet<KeyspaceTree> candidates = new LinkedHashSet<>();
  // By file id: the version from which on no reader sees anything of the table.
  private final Map<Long, Long> hiddenAt = new HashMap<>();
  // Confined to the ticker.
  private int nextLook;
  private volatile boolean closing;
  private volatile boolean atRest;
  // Whether no thread could be had for a compaction that was due.
  private volatile boolean rejected;

  /**
   * @param onFailure called with the name of the work and its failure, unless only one keyspace is
   *     affected
   */
  Compactions(
      BackgroundContext context, WriterStall stall, BiConsumer<String, EngineException> onFailure) {
    this.context = context;
    this.keyspaces = context.keyspaces();
    this.stall = stall;
    this.signal = context.signal();
    this.onFailure = onFailure;
  }

  /** Starts the compactions that are due in any keyspace, within the limit of concurrent ones. */
  void schedule() {
    schedule(keyspaces.all());
  }

  /**
   * Starts the compactions that are due in some keyspaces, within the limit of concurrent ones. So
   * a change of one keyspace costs nothing for the others.
   */
  void schedule(Collection<KeyspaceTree> changed) {
    lock.lock();
    try {
      candidates.addAll(changed);
      beginDue();
    } finally {
      lock.unlock();
    }
  }

  /**
   * Looks at some keyspaces, others at each call: time that passes and snapshots that are closed
   * make compactions due, too. Called once a second.
   */
  void scheduleSome() {
    List<KeyspaceTree> all = keyspaces.all();
    int count = Math.min(LOOKS_PER_TICK, all.size());
    List<KeyspaceTree> some = new ArrayList<>(count);
    for (int i = 0; i < count; i++) {
      nextLook = nextLook < all.size() ? nextLook : 0;
      some.add(all.get(nextLook++));
    }
    schedule(some);
  }

  // Under the lock. A keyspace stays a candidate until a look finds nothing due, or all that may
  // run runs: a compaction that ends may make another one possible.
  private void beginDue() {
    while (!candidates.isEmpty() && running.size() < context.compactionThreads()) {
      KeyspaceTree tree = candidates.removeFirst();
      if (beginOne(tree, null) == Begun.STARTED) {
        candidates.addLast(tree);
      }
    }
  }

  /** Sets whether no one writes; then tables that waste space are compacted, too. */
  void setAtRest(boolean now) {
    boolean begins = now && !atRest;
    atRest = now;
    if (begins) {
      schedule();
    }
  }

  /**
   * Compacts every keyspace until all entries up to a version are in one level. Damage in one
   * keyspace does not keep the others from being compacted; it is thrown at the end.
   *
   * @throws EngineException {@code CLOSED} if the store was closed before it was done; {@code
   *     CORRUPTION} or {@code UNSUPPORTED_FORMAT} if a keyspace is damaged; {@code READ_FAILED} or
   *     {@code STORAGE_UNAVAILABLE} if it is compacted later, for a reason that may pass
   */
  void compactAll(long upToVersion) {
    CompactionRequest request = CompactionRequest.ofAllKeys(upToVersion);
    List<KeyspaceTree> trees = keyspaces.all();
    for (KeyspaceTree tree : trees) {
      await(() -> compacted(tree, request));
    }
    trees.forEach(this::throwIfDamaged);
  }

  /**
   * Compacts a range of a keyspace until all of its entries up to a version are in one level.
   *
   * @throws EngineException as {@link #compactAll}, for this keyspace alone
   */
  public void compact(KeyspaceTree tree, CompactionRequest request) {
    await(() -> compacted(tree, request));
    throwIfDamaged(tree);
  }

  /**
   * Rewrites the tables of every keyspace that are encrypted with a data key older than an epoch.
   *
   * @throws EngineException as {@link #compactAll}
   */
  void replaceDataKeysBefore(long epoch) {
    List<KeyspaceTree> trees = keyspaces.all();
    for (KeyspaceTree tree : trees) {
      await(() -> encryptedSince(tree, epoch));
    }
    trees.forEach(this::throwIfDamaged);
  }

  /** Records that no reader at a version or a later one sees anything of some tables. */
  public void hidden(List<TableMeta> tables, long atVersion) {
    lock.lock();
    try {
      for (TableMeta table : tables) {
        // A compaction may have replaced it meanwhile; then there is nothing to drop.
        if (isCurrent(table)) {
          hiddenAt.put(table.fileId(), atVersion);
        }
      }
    } finally {
      lock.unlock();
    }
    scheduleDrops();
  }

  private boolean isCurrent(TableMeta table) {
    return context.versions().current(table.keyspaceId()).shape().levels().stream()
        .anyMatch(level -> level.contains(table));
  }

  /** Returns whether {@link #hidden} was called for a table that still exists. */
  public boolean isHidden(TableMeta table) {
    lock.lock();
    try {
      return hiddenAt.containsKey(table.fileId());
    } finally {
      lock.unlock();
    }
  }

  /** Starts due compactions where tables wait to be dropped, which may trigger nothing else. */
  public void scheduleDrops() {
    lock.lock();
    try {
      if (!hiddenAt.isEmpty()) {
        schedule(
            keyspaces.all().stream().filter(tree -> tree.compaction().deletesOldest()).toList());
      }
    } finally {
      lock.unlock();
    }
  }

  /** Returns the running compactions, in the order in which they began. */
  public List<StoreStats.CompactionStats> status() {
    lock.lock();
    try {
      return running.stream().map(RunningCompaction::status).toList();
    } finally {
      lock.unlock();
    }
  }

  /** Returns the bytes that compactions of a keyspace still have to rewrite. */
  public long pendingBytes(KeyspaceTree tree) {
    return context.compactionPolicy(tree).pendingBytes(tree.view().version().shape());
  }

  /** Returns the number of running compactions. */
  int running() {
    lock.lock();
    try {
      return running.size();
    } finally {
      lock.unlock();
    }
  }

  /** Returns a line for each keyspace that is no longer compacted, with the cause. Lock-free. */
  public List<String> damage() {
    List<String> lines = new ArrayList<>();
    for (KeyspaceTree tree : keyspaces.all()) {
      EngineException cause = damaged.get(tree.id());
      if (cause != null) {
        lines.add(notCompacted(tree, cause));
      }
    }
    return lines;
  }

  /**
   * Returns a line for each keyspace whose compactions are postponed, with the cause. Lock-free.
   */
  public List<String> postponed() {
    List<String> lines = new ArrayList<>();
    for (KeyspaceTree tree : keyspaces.all()) {
      EngineException cause = postponed.get(tree.id());
      if (cause != null) {
        lines.add(
            "compaction of keyspace " + tree.name() + " is tried again: " + cause.getMessage());
      }
    }
    return lines;
  }

  /** Compacts keyspaces again whose compactions were postponed long enough. */
  void retryPostponed() {
    if (postponed.isEmpty()) {
      return;
    }
    List<KeyspaceTree> again = new ArrayList<>();
    lock.lock();
    try {
      for (KeyspaceTree tree : keyspaces.all()) {
        RetryPauses pause = pauses.get(tree.id());
        if (pause != null && pause.isOver() && postponed.remove(tree.id()) != null) {
          stall.countCompactionsOf(tree);
          again.add(tree);
        }
      }
    } finally {
      lock.unlock();
    }
    schedule(again);
    stall.update(again);
  }

  // Under the lock.
  private boolean isHalted(KeyspaceTree tree) {
    return damaged.containsKey(tree.id()) || postponed.containsKey(tree.id());
  }

  private static String notCompacted(KeyspaceTree tree, EngineException cause) {
    return "keyspace " + tree.name() + " is no longer compacted: " + cause.getMessage();
  }

  /** Starts no more compactions, and waits for the running ones to end. */
  void close() {
    closing = true;
    signal.until(() -> running() == 0);
  }

  /** What a look at a keyspace showed that someone waits for. */
  private enum Progress {
    WORKING,
    DONE,
    ABANDONED
  }

  private void await(Supplier<Progress> look) {
    AtomicReference<Progress> last = new AtomicReference<>(Progress.WORKING);
    signal.until(
        () -> {
          Progress now = look.get();
          if (now == Progress.ABANDONED) {
            // Later the disk may have room again, and the work would seem to be done.
            stall.throwIfBroken();
          }
          last.set(now);
          return now != Progress.WORKING;
        });
    stall.throwIfBroken();
    if (closing && last.get() == Progress.ABANDONED) {
      throw new EngineException(
          Failure.CLOSED, "the store was closed before the compaction was done");
    }
  }

  // Starts the next steps if any may start now.
  private Progress compacted(KeyspaceTree tree, CompactionRequest request) {
    lock.lock();
    try {
      if (stall.isBroken() || isHalted(tree)) {
        return Progress.ABANDONED;
      }
      if (closing) {
        boolean isDone = choose(tree, request).isNone() && !isBusy(tree);
        return isDone ? Progress.DONE : Progress.ABANDONED;
      }
      return begin(tree, request) || isBusy(tree) ? Progress.WORKING : Progress.DONE;
    } finally {
      lock.unlock();
    }
  }

  // Starts the next steps if any may start now.
  private Progress encryptedSince(KeyspaceTree tree, long epoch) {
    lock.lock();
    try {
      boolean isDone =
          context.versions().current(tree.id()).shape().levels().stream()
              .flatMap(List::stream)
              .allMatch(table -> table.encryption().dataKeyEpoch() >= epoch);
      if (isDone) {
        return Progress.DONE;
      }
      if (closing || stall.isBroken() || isHalted(tree)) {
        return Progress.ABANDONED;
      }
      begin(tree, null);
      return Progress.WORKING;
    } finally {
      lock.unlock();
    }
  }

  private boolean isBusy(KeyspaceTree tree) {
    TreeShape shape = context.versions().current(tree.id()).shape();
    for (int level = 0; level < shape.levelCount(); level++) {
      for (TableMeta table : shape.level(level)) {
        if (busy.contains(table.fileId())) {
          return true;
        }
      }
    }
    return false;
  }

  // Returns whether compactions of this keyspace are running or due. Under the lock.
  private boolean begin(KeyspaceTree tree, @Nullable CompactionRequest request) {
    boolean any = false;
    while (running.size() < context.compactionThreads()) {
      switch (beginOne(tree, request)) {
        case STARTED -> any = true;
        case REJECTED -> {
          return true;
        }
        case NOTHING_DUE -> {
          return any;
        }
      }
    }
    return true;
  }

  /** What an attempt to begin a compaction has led to. */
  private enum Begun {
    STARTED,
    NOTHING_DUE,
    /** There was no thread. */
    REJECTED
  }

  private Begun beginOne(KeyspaceTree tree, @Nullable CompactionRequest request) {
    if (closing || stall.isBroken() || isHalted(tree)) {
      return Begun.NOTHING_DUE;
    }
    CompactionChoice choice = choose(tree, request);
    if (choice.isNone()) {
      return Begun.NOTHING_DUE;
    }
    choice.inputs().forEach(table -> busy.add(table.fileId()));
    RunningCompaction begun = new RunningCompaction(tree, choice, context.clock().currentTimeMs());
    running.add(begun);
    try {
      context.threads().compactions().execute(() -> run(begun));
      return Begun.STARTED;
    } catch (RuntimeException | Error e) {
      remove(begun);
      rejected = true;
      LOG.log(Level.WARNING, "no thread for a compaction; the next tick tries again", e);
      return Begun.REJECTED;
    }
  }

  private void remove(RunningCompaction compaction) {
    compaction.choice().inputs().forEach(table -> busy.remove(table.fileId()));
    running.remove(compaction);
  }

  /** Starts due compactions if there was no thread for one. */
  void retryRejected() {
    if (rejected) {
      rejected = false;
      schedule();
      signal.wakeAll();
    }
  }

  private CompactionChoice choose(KeyspaceTree tree, @Nullable CompactionRequest request) {
    CompactionPolicy policy = context.compactionPolicy(tree);
    TreeState state =
        new TreeState(
            context.versions().current(tree.id()).shape(),
            busy,
            context.snapshots().oldestVisible(),
            context.clock().currentTimeMs());
    CompactionChoice drop = policy.pickDrop(state, hiddenAt);
    if (!drop.isNone()) {
      return drop;
    }
    if (request != null) {
      return policy.pickManual(state, request);
    }
    CompactionChoice due = atRest ? policy.pickAtRest(state) : policy.pick(state);
    DataKeys keys = context.dataKeys();
    return keys != null && due.isNone() ? policy.pickOldTables(state, keys.currentEpoch()) : due;
  }

  private void run(RunningCompaction compaction) {
    EngineException failure = null;
    try {
      if (!closing) {
        carryOut(compaction);
      }
    } catch (CancellationException e) {
      LOG.log(Level.DEBUG, "close cancelled a compaction");
    } catch (EngineException e) {
      failure = e;
    } catch (RuntimeException | Error e) {
      failure = new EngineException(Failure.STORAGE_FAILED, "compaction failed: " + e, e);
    }
    ended(compaction, failure);
  }

  private void carryOut(RunningCompaction compaction) {
    KeyspaceTree tree = compaction.tree();
    Runnable installed =
        () ->
            keyspaces.change(tree, view -> view.withVersion(context.versions().current(tree.id())));
    switch (compaction.choice()) {
      case CompactionChoice.Merge merge -> {
        CompactionJob job = new CompactionJob(context.jobs(), tree.id(), merge, settings(tree));
        compaction.setJob(job);
        context.stats().addCompaction(job.run(installed));
      }
      case CompactionChoice.Move move -> {
        CompactionJob.move(context.jobs(), move, installed);
        context.stats().addMove();
      }
      case CompactionChoice.Drop drop -> {
        if (CompactionJob.drop(context.jobs(), drop, installed)) {
          context.stats().addMove();
        }
      }
      case CompactionChoice.None none -> {}
    }
  }

  private CompactionJob.Settings settings(KeyspaceTree tree) {
    return new CompactionJob.Settings(
        context.compactionOptions().tableBytesTarget(),
        context.compactionThreads(),
        context.runner(),
        context.filters().get(tree.name()));
  }

  private void ended(RunningCompaction compaction, @Nullable EngineException failure) {
    KeyspaceTree tree = compaction.tree();
    lock.lock();
    try {
      remove(compaction);
      if (failure == null) {
        compaction.choice().inputs().forEach(table -> hiddenAt.remove(table.fileId()));
        pauses.remove(tree.id());
      }
      if (failure != null && isDamage(failure)) {
        damaged.put(tree.id(), failure);
        stall.ignoreCompactionsOf(tree);
        LOG.log(Level.ERROR, notCompacted(tree, failure), failure);
      } else if (failure != null && isPostponedAfter(failure)) {
        pauses.computeIfAbsent(tree.id(), id -> new RetryPauses(context.clock())).failed();
        postponed.put(tree.id(), failure);
        stall.ignoreCompactionsOf(tree);
        LOG.log(
            Level.WARNING,
            "a compaction of keyspace {0} failed, it is tried again: {1}",
            tree.name(),
            failure.getMessage());
      }
    } finally {
      lock.unlock();
    }
    if (failure != null && !isDamage(failure) && !isPostponedAfter(failure)) {
      onFailure.accept("compaction", failure);
    }
    stall.update(List.of(tree));
    schedule(List.of(tree));
    signal.wakeAll();
  }

  private void throwIfDamaged(KeyspaceTree tree) {
    EngineException damage = damaged.get(tree.id());
    EngineException cause = damage == null ? postponed.get(tree.id()) : damage;
    if (cause != null) {
      throw new EngineException(cause.failure(), String.valueOf(cause.getMessage()), cause);
    }
  }

  private static boolean isDamage(EngineException failure) {
    return switch (failure.failure()) {
      case CORRUPTION, UNSUPPORTED_FORMAT -> true;
      default -> false;
    };
  }

  // A full disk stops all background work instead, until there is space.
  private static boolean isPostponedAfter(EngineException failure) {
    return failure.failure().isRetryable() && failure.failure() != Failure.DISK_FULL;
  }
}
