package io.apexstore.engine.background;

import io.apexstore.engine.EngineParts;
import io.apexstore.engine.base.EngineException;
import io.apexstore.engine.base.EngineException.Failure;
import io.apexstore.engine.compaction.CompactionChoice;
import io.apexstore.engine.compaction.CompactionJob;
import io.apexstore.engine.compaction.CompactionOptions;
import io.apexstore.engine.compaction.FifoPolicy;
import io.apexstore.engine.compaction.KeySpan;
import io.apexstore.engine.compaction.LeveledPolicy;
import io.apexstore.engine.compaction.SubcompactionRunner;
import io.apexstore.engine.encryption.DataKeys;
import io.apexstore.engine.keyspace.KeyspaceTree;
import io.apexstore.engine.keyspace.Keyspaces;
import io.apexstore.engine.manifest.TableMeta;
import io.apexstore.engine.version.TreeShape;
import io.apexstore.options.CompactionStrategy;
import io.apexstore.stats.StoreStats;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CancellationException;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.BiConsumer;
import org.jspecify.annotations.Nullable;

/**
 * Carries out what {@link LeveledPolicy} chooses, as many at once as the options allow.
 *
 * <p><b>Threads:</b> any. <b>Invariants:</b> a table takes part in at most one compaction at a
 * time. A keyspace whose compaction met damaged bytes, or a table of a format that is not known, is
 * not compacted any more until the store is opened anew: its inputs stay, and so does what they
 * answer.
 */
public final class Compactions {
  private static final Logger LOG = System.getLogger(Compactions.class.getName());

  private final EngineParts parts;
  private final Keyspaces keyspaces;
  private final WriterStall stall;
  private final WorkSignal waiting;
  private final BiConsumer<String, EngineException> onFailure;
  private final ReentrantLock lock = new ReentrantLock();
  // Written under the lock.
  private final Map<Integer, EngineException> damaged = new ConcurrentSkipListMap<>();
  // Under the lock.
  private final Set<Long> busy = new HashSet<>();
  private final Set<RunningCompaction> running = new LinkedHashSet<>();
  // By file id: as of which version nothing in a table is seen any more.
  private final Map<Long, Long> hiddenAt = new HashMap<>();
  private final SubcompactionRunner partRunner;
  private volatile boolean closing;
  private volatile boolean atRest;

  Compactions(
      EngineParts parts,
      Keyspaces keyspaces,
      WriterStall stall,
      WorkSignal waiting,
      BiConsumer<String, EngineException> onFailure) {
    this.parts = parts;
    this.keyspaces = keyspaces;
    this.stall = stall;
    this.waiting = waiting;
    this.onFailure = onFailure;
    this.partRunner =
        parts.isSimulated()
            ? SubcompactionRunner.INLINE
            : SubcompactionRunner.helpedBy(parts.threads().compactions());
  }

  /** Begins what is due and may run now. */
  void schedule() {
    lock.lock();
    try {
      for (KeyspaceTree tree : keyspaces.all()) {
        begin(tree, Request.NONE);
      }
    } finally {
      lock.unlock();
    }
  }

  /** Tells whether nobody writes; then what takes room needlessly is compacted too. */
  void setAtRest(boolean now) {
    boolean begins = now && !atRest;
    atRest = now;
    if (begins) {
      schedule();
    }
  }

  /** Compacts every keyspace until all that is of a version or older is in one level. */
  void compactAll(long upToVersion) {
    Request request = new Request(upToVersion, KeySpan.ALL);
    for (KeyspaceTree tree : keyspaces.all()) {
      waiting.until(() -> isCompacted(tree, request));
    }
    stall.throwIfBroken();
    throwIfDamaged();
  }

  /**
   * Compacts a range of a keyspace until all of it that is of a version or older is in one level.
   */
  public void compact(KeyspaceTree tree, KeySpan span, long upToVersion) {
    Request request = new Request(upToVersion, span);
    waiting.until(() -> isCompacted(tree, request));
    stall.throwIfBroken();
    throwIfDamaged();
  }

  /** Says that nothing in some tables is seen any more at a version and all later ones. */
  public void hidden(List<TableMeta> tables, long atVersion) {
    lock.lock();
    try {
      for (TableMeta table : tables) {
        // One that a compaction has replaced meanwhile is nobody's to drop.
        if (isCurrent(table)) {
          hiddenAt.put(table.fileId(), atVersion);
        }
      }
    } finally {
      lock.unlock();
    }
    schedule();
  }

  private boolean isCurrent(TableMeta table) {
    return parts.versions().current(table.keyspaceId()).shape().levels().stream()
        .anyMatch(level -> level.contains(table));
  }

  /** Whether {@link #hidden} was said of a table that is still there. */
  public boolean isHidden(TableMeta table) {
    lock.lock();
    try {
      return hiddenAt.containsKey(table.fileId());
    } finally {
      lock.unlock();
    }
  }

  /** Begins what is due if tables wait for being dropped, which nothing else may call for. */
  public void scheduleDrops() {
    boolean any;
    lock.lock();
    try {
      any = !hiddenAt.isEmpty();
    } finally {
      lock.unlock();
    }
    if (any) {
      schedule();
    }
  }

  /** What runs now, in the order in which it began. */
  public List<StoreStats.CompactionStats> status() {
    lock.lock();
    try {
      return running.stream().map(RunningCompaction::status).toList();
    } finally {
      lock.unlock();
    }
  }

  /** How many bytes the compactions of a keyspace are behind. */
  public long pendingBytes(KeyspaceTree tree) {
    return LeveledPolicy.pendingBytes(tree.view().version().shape(), parts.compactionOptions(tree));
  }

  /** How many run now. */
  int running() {
    lock.lock();
    try {
      return running.size();
    } finally {
      lock.unlock();
    }
  }

  /** Which keyspaces are not compacted any more, and why, one line each. Takes no lock. */
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

  private static String notCompacted(KeyspaceTree tree, EngineException cause) {
    return "keyspace " + tree.name() + " is not compacted any more: " + cause.getMessage();
  }

  /** Whether compactions should give up. */
  boolean isClosing() {
    return closing;
  }

  /** Begins nothing any more, and waits for what runs. */
  void close() {
    closing = true;
    waiting.until(() -> running() == 0);
  }

  // Begins the next step if one may begin now; whether there is nothing more to do.
  private boolean isCompacted(KeyspaceTree tree, Request request) {
    lock.lock();
    try {
      if (closing || stall.isBroken() || damaged.containsKey(tree.id())) {
        return true;
      }
      return !begin(tree, request) && !isBusy(tree);
    } finally {
      lock.unlock();
    }
  }

  private boolean isBusy(KeyspaceTree tree) {
    TreeShape shape = parts.versions().current(tree.id()).shape();
    for (int level = 0; level < shape.levelCount(); level++) {
      for (TableMeta table : shape.level(level)) {
        if (busy.contains(table.fileId())) {
          return true;
        }
      }
    }
    return false;
  }

  // Whether compactions of this keyspace go on, in place of being at rest. Under the lock.
  private boolean begin(KeyspaceTree tree, Request request) {
    boolean any = false;
    while (!closing
        && !stall.isBroken()
        && !damaged.containsKey(tree.id())
        && running.size() < parts.options().compactionThreads()) {
      CompactionChoice choice = choose(tree, request);
      if (choice instanceof CompactionChoice.None) {
        return any;
      }
      any = true;
      choice.inputs().forEach(table -> busy.add(table.fileId()));
      RunningCompaction begun = new RunningCompaction(tree, choice, parts.time().currentTimeMs());
      running.add(begun);
      parts.threads().compactions().execute(() -> run(begun));
    }
    return any || running.size() >= parts.options().compactionThreads();
  }

  private CompactionChoice choose(KeyspaceTree tree, Request request) {
    TreeShape shape = parts.versions().current(tree.id()).shape();
    long oldestVisible = parts.snapshots().oldestVisible();
    CompactionOptions options = parts.compactionOptions(tree);
    if (options.strategy() == CompactionStrategy.FIFO) {
      CompactionChoice drop = FifoPolicy.pickDrop(shape, hiddenAt, busy, oldestVisible);
      if (!drop.equals(CompactionChoice.none())) {
        return drop;
      }
    }
    if (!request.equals(Request.NONE)) {
      return LeveledPolicy.pickManual(
          shape, options, busy, oldestVisible, request.upToVersion(), request.span());
    }
    long nowMs = parts.time().currentTimeMs();
    CompactionChoice due =
        atRest
            ? LeveledPolicy.pickAtRest(shape, options, busy, oldestVisible, nowMs)
            : LeveledPolicy.pick(shape, options, busy, oldestVisible, nowMs);
    DataKeys keys = parts.keys();
    return keys != null && due instanceof CompactionChoice.None
        ? LeveledPolicy.pickOldKeys(shape, options, busy, keys.currentEpoch())
        : due;
  }

  /** Rewrites the tables of every keyspace that are encrypted with a key before an epoch's. */
  void replaceKeysBefore(long epoch) {
    for (KeyspaceTree tree : keyspaces.all()) {
      waiting.until(() -> hasKeysFrom(tree, epoch));
    }
    stall.throwIfBroken();
    throwIfDamaged();
  }

  // Begins the next step if one may begin now; whether there is nothing more to do.
  private boolean hasKeysFrom(KeyspaceTree tree, long epoch) {
    lock.lock();
    try {
      if (closing || stall.isBroken() || damaged.containsKey(tree.id())) {
        return true;
      }
      begin(tree, Request.NONE);
      return parts.versions().current(tree.id()).shape().levels().stream()
          .flatMap(List::stream)
          .allMatch(table -> table.key().keyId() >= epoch);
    } finally {
      lock.unlock();
    }
  }

  private void run(RunningCompaction compaction) {
    EngineException failure = null;
    try {
      if (!closing) {
        carryOut(compaction);
      }
    } catch (CancellationException e) {
      LOG.log(Level.DEBUG, "a compaction was ended by close");
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
        () -> keyspaces.change(tree, view -> view.withVersion(parts.versions().current(tree.id())));
    switch (compaction.choice()) {
      case CompactionChoice.Merge merge -> {
        CompactionJob job =
            new CompactionJob(
                parts.jobs(), tree.id(), merge, parts.compactionOptions(tree), help(tree));
        compaction.runs(job);
        parts.workStats().addCompaction(job.run(installed));
      }
      case CompactionChoice.Move move -> {
        CompactionJob.move(parts.jobs(), move, installed);
        parts.workStats().addMove();
      }
      case CompactionChoice.Drop drop -> {
        if (CompactionJob.drop(parts.jobs(), drop, installed)) {
          parts.workStats().addMove();
        }
      }
      case CompactionChoice.None none -> {}
    }
  }

  private CompactionJob.Help help(KeyspaceTree tree) {
    return new CompactionJob.Help(
        parts.options().compactionThreads(),
        partRunner,
        parts.components().filters().get(tree.name()));
  }

  private void ended(RunningCompaction compaction, @Nullable EngineException failure) {
    KeyspaceTree tree = compaction.tree();
    lock.lock();
    try {
      // If its tables are gone now, whoever asked about them does not any more.
      for (TableMeta table : compaction.choice().inputs()) {
        busy.remove(table.fileId());
        if (failure == null) {
          hiddenAt.remove(table.fileId());
        }
      }
      running.remove(compaction);
      if (failure != null && isDamage(failure)) {
        damaged.put(tree.id(), failure);
        stall.ignoreCompactionsOf(tree);
        LOG.log(Level.ERROR, notCompacted(tree, failure), failure);
      }
    } finally {
      lock.unlock();
    }
    if (failure != null && !isDamage(failure)) {
      onFailure.accept("compaction", failure);
    }
    stall.update();
    schedule();
    waiting.wakeAll();
  }

  /**
   * What somebody asked for.
   *
   * @param upToVersion of which version or older
   * @param span of which keys
   */
  private record Request(long upToVersion, KeySpan span) {
    static final Request NONE = new Request(Long.MIN_VALUE, KeySpan.ALL);
  }

  private void throwIfDamaged() {
    lock.lock();
    try {
      for (EngineException cause : damaged.values()) {
        throw new EngineException(cause.failure(), String.valueOf(cause.getMessage()), cause);
      }
    } finally {
      lock.unlock();
    }
  }

  private static boolean isDamage(EngineException failure) {
    return switch (failure.failure()) {
      case CORRUPTION, UNSUPPORTED_FORMAT, READ_FAILED -> true;
      default -> false;
    };
  }
}
