package io.apexstore.engine;

import io.apexstore.engine.base.EngineException;
import io.apexstore.engine.base.EngineException.Failure;
import io.apexstore.engine.base.TableMeta;
import io.apexstore.engine.compaction.CompactionChoice;
import io.apexstore.engine.compaction.CompactionJob;
import io.apexstore.engine.compaction.CompactionOptions;
import io.apexstore.engine.compaction.CompactionPicker;
import io.apexstore.engine.version.TreeShape;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CancellationException;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.BiConsumer;
import org.jspecify.annotations.Nullable;

/**
 * Carries out what {@link CompactionPicker} chooses, as many at once as the options allow.
 *
 * <p><b>Threads:</b> any. <b>Invariants:</b> a table takes part in at most one compaction at a
 * time. A keyspace whose compaction met damaged bytes, or a table of a format that is not known, is
 * not compacted any more until the store is opened anew: its inputs stay, and so does what they
 * answer.
 */
final class Compactions {
  private static final Logger LOG = System.getLogger(Compactions.class.getName());

  private final EngineParts parts;
  private final Keyspaces keyspaces;
  private final WriterStall stall;
  private final Waiting waiting;
  private final BiConsumer<String, EngineException> onFailure;
  private final ReentrantLock lock = new ReentrantLock();
  // Written under the lock.
  private final Map<Integer, EngineException> damaged = new ConcurrentSkipListMap<>();
  // Under the lock.
  private final Set<Long> busy = new HashSet<>();
  private int running;
  private volatile boolean closing;
  private volatile boolean atRest;

  Compactions(
      EngineParts parts,
      Keyspaces keyspaces,
      WriterStall stall,
      Waiting waiting,
      BiConsumer<String, EngineException> onFailure) {
    this.parts = parts;
    this.keyspaces = keyspaces;
    this.stall = stall;
    this.waiting = waiting;
    this.onFailure = onFailure;
  }

  /** Begins what is due and may run now. */
  void schedule() {
    lock.lock();
    try {
      for (KeyspaceTree tree : keyspaces.all()) {
        begin(tree, Long.MIN_VALUE);
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
    for (KeyspaceTree tree : keyspaces.all()) {
      waiting.until(() -> isCompacted(tree, upToVersion));
    }
    stall.throwIfBroken();
    throwIfDamaged();
  }

  /** How many run now. */
  int running() {
    lock.lock();
    try {
      return running;
    } finally {
      lock.unlock();
    }
  }

  /** Which keyspaces are not compacted any more, and why, one line each. Takes no lock. */
  List<String> damage() {
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
  private boolean isCompacted(KeyspaceTree tree, long upToVersion) {
    lock.lock();
    try {
      if (closing || stall.isBroken() || damaged.containsKey(tree.id())) {
        return true;
      }
      return !begin(tree, upToVersion) && !isBusy(tree);
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
  private boolean begin(KeyspaceTree tree, long manuallyUpTo) {
    boolean any = false;
    while (!closing
        && !stall.isBroken()
        && !damaged.containsKey(tree.id())
        && running < parts.options().compactionThreads()) {
      CompactionChoice choice = choose(tree, manuallyUpTo);
      if (choice instanceof CompactionChoice.None) {
        return any;
      }
      any = true;
      choice.inputs().forEach(table -> busy.add(table.fileId()));
      running++;
      parts.threads().compactions().execute(() -> run(tree, choice));
    }
    return any || running >= parts.options().compactionThreads();
  }

  private CompactionChoice choose(KeyspaceTree tree, long manuallyUpTo) {
    TreeShape shape = parts.versions().current(tree.id()).shape();
    long oldestVisible = parts.snapshots().oldestVisible();
    CompactionOptions options = parts.compactionOptions();
    if (manuallyUpTo != Long.MIN_VALUE) {
      return CompactionPicker.pickManual(shape, options, busy, oldestVisible, manuallyUpTo);
    }
    return atRest
        ? CompactionPicker.pickAtRest(shape, options, busy, oldestVisible)
        : CompactionPicker.pick(shape, options, busy, oldestVisible);
  }

  private void run(KeyspaceTree tree, CompactionChoice choice) {
    EngineException failure = null;
    try {
      if (!closing) {
        carryOut(tree, choice);
      }
    } catch (CancellationException e) {
      LOG.log(Level.DEBUG, "a compaction was ended by close");
    } catch (EngineException e) {
      failure = e;
    } catch (RuntimeException | Error e) {
      failure = new EngineException(Failure.STORAGE_FAILED, "compaction failed: " + e, e);
    }
    ended(tree, choice, failure);
  }

  private void carryOut(KeyspaceTree tree, CompactionChoice choice) {
    Runnable installed =
        () -> keyspaces.change(tree, view -> view.withVersion(parts.versions().current(tree.id())));
    switch (choice) {
      case CompactionChoice.Merge merge ->
          parts
              .workStats()
              .addCompaction(
                  new CompactionJob(parts.jobs(), tree.id(), merge, parts.compactionOptions())
                      .run(installed));
      case CompactionChoice.Move move -> {
        CompactionJob.move(parts.jobs(), move, installed);
        parts.workStats().addMove();
      }
      case CompactionChoice.None none -> {}
    }
  }

  private void ended(
      KeyspaceTree tree, CompactionChoice choice, @Nullable EngineException failure) {
    lock.lock();
    try {
      choice.inputs().forEach(table -> busy.remove(table.fileId()));
      running--;
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
