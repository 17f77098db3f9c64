package io.apexstore.engine.expiry;

import io.apexstore.engine.EngineParts;
import io.apexstore.engine.LsmEngine;
import io.apexstore.engine.background.Compactions;
import io.apexstore.engine.background.WorkSignal;
import io.apexstore.engine.base.Batch;
import io.apexstore.engine.base.EngineException;
import io.apexstore.engine.base.EngineException.Failure;
import io.apexstore.engine.base.Limits;
import io.apexstore.engine.base.Lookup;
import io.apexstore.engine.base.ValueKind;
import io.apexstore.engine.commit.CommitPipeline;
import io.apexstore.engine.commit.Conditions;
import io.apexstore.engine.commit.MemTableWriter;
import io.apexstore.engine.compaction.FifoPolicy;
import io.apexstore.engine.iterator.InternalIterator;
import io.apexstore.engine.keyspace.KeyspaceTree;
import io.apexstore.engine.keyspace.Keyspaces;
import io.apexstore.engine.manifest.TableMeta;
import io.apexstore.engine.read.ReadEpochs;
import io.apexstore.engine.read.ReadView;
import io.apexstore.engine.version.Version;
import io.apexstore.options.SyncMode;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.LongAdder;
import org.jspecify.annotations.Nullable;

/**
 * Deletes the oldest entries of the keyspaces that are first in, first out, so that their oldest
 * tables can be dropped.
 *
 * <p>It walks a table from its first key to its last, a batch at a time: a logged deletion for each
 * entry that is still its key's newest, at the version that was looked at, so that what was written
 * meanwhile stays. The last batch of a table, empty or not, is durable when it is acknowledged, and
 * so is all that came before: then nothing of the table will ever be seen at that batch's version
 * or later, after a power cut neither, and {@link Compactions#hidden} is told.
 *
 * <p><b>Threads:</b> {@link #tick} by any; one table at a time, on the executor given, which never
 * waits for a commit.
 */
final class FifoSweeper {
  private static final Logger LOG = System.getLogger(FifoSweeper.class.getName());
  // While anything is written, at least so many tables begin in the time after which entries go.
  private static final int TABLES_PER_AGE = 8;
  private static final int DELETIONS_MAX = 512;
  private static final int ENTRIES_MAX = 16_384;
  private static final long BYTES_MAX = 1 << 20;
  // Of the values that are logged with their deletion; one alone may be larger.
  private static final long PREVIOUS_BYTES_MAX = 4 << 20;
  // How often in a row a batch is made again because something was written meanwhile.
  private static final int OVERTAKEN_MAX = 10;

  private final LsmEngine engine;
  private final EngineParts parts;
  private final ReadEpochs epochs;
  private final Keyspaces keyspaces;
  private final Compactions compactions;
  private final CommitPipeline pipeline;
  private final MemTableWriter writes;
  private final WorkSignal waiting;
  private final AtomicBoolean sweeping = new AtomicBoolean();
  private final LongAdder deleted = new LongAdder();
  private volatile boolean stopped;
  // Tables that cannot be read.
  private final Set<Long> unreadable = ConcurrentHashMap.newKeySet();

  /** Makes a sweeper that is at rest. */
  FifoSweeper(
      LsmEngine engine,
      EngineParts parts,
      ReadEpochs epochs,
      Keyspaces keyspaces,
      Compactions compactions,
      CommitPipeline pipeline,
      MemTableWriter writes,
      WorkSignal waiting) {
    this.engine = engine;
    this.parts = parts;
    this.epochs = epochs;
    this.keyspaces = keyspaces;
    this.compactions = compactions;
    this.pipeline = pipeline;
    this.writes = writes;
    this.waiting = waiting;
  }

  /** How many entries were deleted. */
  long deleted() {
    return deleted.sum();
  }

  /** Begins nothing any more, and waits until a sweep under way has ended. */
  void stop() {
    stopped = true;
    waiting.until(() -> !sweeping.get());
  }

  private void rest() {
    sweeping.set(false);
    waiting.wakeAll();
  }

  /** Begins with the next table that has to go, if there is one. */
  void tick() {
    if (stopped) {
      return;
    }
    compactions.scheduleDrops();
    for (KeyspaceTree tree : keyspaces.all()) {
      if (tree.compaction().deletesOldest()) {
        tick(tree);
      }
    }
  }

  private void tick(KeyspaceTree tree) {
    ReadView view = tree.view();
    if (!view.isFlushed() && view.flushedTo() < versionOfAge(tree, TABLES_PER_AGE)) {
      // A table is as old as its newest entry: it must not take too long to fill. If somebody
      // commits just now, another tick comes.
      pipeline.runIfIdle(() -> writes.seal(tree));
    }
    if (next(tree) != null && sweeping.compareAndSet(false, true)) {
      post(() -> begin(tree));
    }
  }

  // The newest version that has a part of the age at which entries go; 0 for none.
  private long versionOfAge(KeyspaceTree tree, int part) {
    long ageMs = tree.options().fifoAgeMax().toMillis();
    return ageMs == 0 ? 0 : parts.history().newestUpTo(engine.nowMs() - ageMs / part);
  }

  private @Nullable TableMeta next(KeyspaceTree tree) {
    List<TableMeta> expired =
        FifoPolicy.expired(
            tree.view().version().shape(), tree.options().fifoBytesMax(), versionOfAge(tree, 1));
    for (TableMeta table : expired) {
      if (!compactions.isHidden(table)) {
        // Nothing newer can go before it.
        return unreadable.contains(table.fileId()) ? null : table;
      }
    }
    return null;
  }

  private void post(Runnable step) {
    if (stopped) {
      rest();
      return;
    }
    try {
      parts.threads().sweeps().execute(() -> guarded(step));
    } catch (RejectedExecutionException e) {
      rest();
    }
  }

  private void guarded(Runnable step) {
    try {
      step.run();
    } catch (EngineException e) {
      stopAfter(e);
    } catch (RuntimeException | Error e) {
      stopAfter(e);
      throw e;
    }
  }

  private void begin(KeyspaceTree tree) {
    TableMeta table = next(tree);
    if (table == null) {
      rest();
    } else {
      new Sweep(tree, table).step();
    }
  }

  // The next tick begins anew.
  private void stopAfter(Throwable cause) {
    rest();
    boolean expected =
        cause instanceof EngineException e
            && (e.failure() == Failure.CLOSED || e.failure() == Failure.DISK_FULL);
    LOG.log(
        expected ? Level.DEBUG : Level.WARNING,
        "deleting the oldest entries stopped: " + cause.getMessage(),
        cause);
  }

  /** One table, a batch at a time. */
  private final class Sweep {
    private final KeyspaceTree tree;
    private final TableMeta table;
    // Where the next batch begins; null: at the first key.
    private byte @Nullable [] from;

    // Of the batch that is being made or committed.
    private Batch batch = new Batch(0);
    private Conditions conditions = new Conditions();
    private byte @Nullable [] nextFrom;
    private int deletions;
    private long previousBytes;
    private int overtaken;

    Sweep(KeyspaceTree tree, TableMeta table) {
      this.tree = tree;
      this.table = table;
    }

    void step() {
      batch = new Batch(4 << 10);
      conditions = new Conditions();
      nextFrom = null;
      deletions = 0;
      previousBytes = 0;
      // Closing waits for it.
      int ticket = epochs.enter();
      try {
        engine.requireOpen();
        if (!gather()) {
          // A compaction has taken the table meanwhile.
          rest();
          return;
        }
      } catch (EngineException e) {
        if (e.failure() == Failure.CORRUPTION) {
          unreadable.add(table.fileId());
        }
        throw e;
      } finally {
        epochs.exit(ticket);
      }
      batch.seal();
      engine
          .commitAsync(batch, conditions, SyncMode.GROUP)
          .whenComplete((committed, failure) -> guarded(() -> ended(committed, failure)));
    }

    // Whether the table is still there.
    private boolean gather() {
      Version version = parts.versions().retainCurrent(tree.id());
      try {
        if (version.shape().levels().stream().noneMatch(level -> level.contains(table))) {
          return false;
        }
        gather(version);
        return true;
      } finally {
        version.release();
      }
    }

    private void gather(Version version) {
      try (InternalIterator entries = version.allVersions(List.of(table))) {
        byte[] first = from;
        if (first == null) {
          entries.seekToFirst();
        } else {
          entries.seek(first, first.length);
        }
        byte[] last = new byte[0];
        for (int looked = 0; entries.isValid(); entries.next(), looked++) {
          byte[] key = Arrays.copyOf(entries.key(), entries.keyLength());
          if (Arrays.equals(key, last)) {
            continue;
          }
          if (looked >= ENTRIES_MAX || isFull()) {
            nextFrom = key;
            return;
          }
          last = key;
          if (entries.kind() == ValueKind.PUT) {
            deleteIfNewest(key, entries.version());
          }
        }
      }
    }

    private boolean isFull() {
      return deletions == DELETIONS_MAX
          || batch.length() > BYTES_MAX
          || previousBytes > PREVIOUS_BYTES_MAX;
    }

    private void deleteIfNewest(byte[] key, long version) {
      Lookup lookup = new Lookup();
      lookup.start(key, Limits.VERSION_MAX, false);
      lookup.withoutValue();
      if (engine.read(tree, lookup) == Lookup.Outcome.FOUND && lookup.version() == version) {
        conditions.versionEvenIfExpired(tree.id(), key, version);
        batch.deleteExpired(tree.id(), key);
        previousBytes += tree.options().logPreviousValues() ? lookup.valueLength() : 0;
        deletions++;
      }
    }

    private void ended(@Nullable Long committed, @Nullable Throwable failure) {
      Throwable cause =
          failure instanceof CompletionException && failure.getCause() != null
              ? failure.getCause()
              : failure;
      if (cause instanceof EngineException e && e.failure() == Failure.CONDITION_FAILED) {
        // Something was written meanwhile: look again, now or with a later tick.
        if (++overtaken < OVERTAKEN_MAX) {
          post(this::step);
        } else {
          rest();
        }
        return;
      }
      if (cause instanceof EngineException e
          && e.failure() == Failure.DISK_FULL
          && parts.reserve().release()) {
        // Deletions take a little room, and make much.
        post(this::step);
        return;
      }
      if (cause != null || committed == null) {
        stopAfter(cause == null ? new IllegalStateException("no version") : cause);
        return;
      }
      deleted.add(deletions);
      overtaken = 0;
      from = nextFrom;
      if (from != null) {
        post(this::step);
      } else {
        compactions.hidden(List.of(table), committed);
        post(() -> begin(tree));
      }
    }
  }
}
