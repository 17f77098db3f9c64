package io.apexstore.engine.expiry;

import io.apexstore.engine.background.BackgroundContext;
import io.apexstore.engine.background.Compactions;
import io.apexstore.engine.base.EngineException;
import io.apexstore.engine.base.EngineException.Failure;
import io.apexstore.engine.base.Limits;
import io.apexstore.engine.base.Lookup;
import io.apexstore.engine.base.ValueKind;
import io.apexstore.engine.commit.Committer;
import io.apexstore.engine.iterator.InternalIterator;
import io.apexstore.engine.keyspace.KeyspaceTree;
import io.apexstore.engine.keyspace.Keyspaces;
import io.apexstore.engine.keyspace.PointReader;
import io.apexstore.engine.manifest.TableMeta;
import io.apexstore.engine.read.ReadEpochs;
import io.apexstore.engine.read.ReadView;
import io.apexstore.engine.version.Version;
import io.apexstore.engine.version.VersionSet;
import io.apexstore.engine.version.VersionTimeIndex;
import io.apexstore.options.SyncMode;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Deletes the oldest entries of FIFO keyspaces that exceed their limits, so that their oldest
 * tables can be dropped.
 *
 * <p>A sweep walks one table from its first key to its last, one batch at a time. It deletes each
 * entry that is still the newest of its key. The last batch of a table, empty or not, is durable
 * when it is acknowledged, and so is everything before it: from that batch's version on no reader
 * sees anything of the table, not even after a power cut, and {@link Compactions#hidden} may drop
 * it.
 *
 * <p><b>Threads:</b> as {@link Sweeper}; one table at a time.
 */
public final class FifoSweeper extends Sweeper {
  // While a keyspace is written, at least this many tables are started per maximum age.
  private static final int TABLES_PER_AGE = 8;
  private static final int ENTRIES_MAX = 16_384;

  private final Keyspaces keyspaces;
  private final PointReader reader;
  private final ReadEpochs epochs;
  private final BackgroundContext context;
  private final Compactions compactions;
  private final VersionTimeIndex versionTimes;
  private final Consumer<KeyspaceTree> sealIfIdle;
  private final Runnable requireOpen;
  // File ids of tables that cannot be read.
  private final Set<Long> unreadable = ConcurrentHashMap.newKeySet();

  /**
   * Creates a sweeper at rest.
   *
   * @param sealIfIdle seals a keyspace's active memtable unless someone is committing
   * @param requireOpen throws {@code CLOSED} if the store is closed
   */
  public FifoSweeper(
      PointReader reader,
      ReadEpochs epochs,
      Committer committer,
      BackgroundContext context,
      Compactions compactions,
      VersionTimeIndex versionTimes,
      Consumer<KeyspaceTree> sealIfIdle,
      Runnable requireOpen) {
    super(
        "deleting the oldest entries",
        context.threads().sweeps(),
        context.signal(),
        committer,
        context.reserve()::release);
    this.keyspaces = context.keyspaces();
    this.reader = reader;
    this.epochs = epochs;
    this.context = context;
    this.compactions = compactions;
    this.versionTimes = versionTimes;
    this.sealIfIdle = sealIfIdle;
    this.requireOpen = requireOpen;
  }

  @Override
  public void tick() {
    if (isStopped()) {
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
      // A table is as old as its newest entry, so it must not take too long to fill.
      sealIfIdle.accept(tree);
    }
    if (nextTable(tree) != null && tryBegin()) {
      post(() -> begin(tree));
    }
  }

  // The newest version that is at least a fraction of the maximum age old; 0 for none.
  private long versionOfAge(KeyspaceTree tree, int fraction) {
    long ageMs = tree.options().fifoAgeMax().toMillis();
    return ageMs == 0
        ? 0
        : versionTimes.newestUpTo(context.clock().currentTimeMs() - ageMs / fraction);
  }

  private @Nullable TableMeta nextTable(KeyspaceTree tree) {
    List<TableMeta> overLimit =
        context
            .compactionPolicy(tree)
            .tablesOverLimit(
                tree.view().version().shape(),
                tree.options().fifoBytesMax(),
                versionOfAge(tree, 1));
    for (TableMeta table : overLimit) {
      if (!compactions.isHidden(table)) {
        // No newer table may go before an unreadable one.
        return unreadable.contains(table.fileId()) ? null : table;
      }
    }
    return null;
  }

  private void begin(KeyspaceTree tree) {
    TableMeta table = nextTable(tree);
    if (table == null) {
      rest();
    } else {
      new TableStep(tree, table).run();
    }
  }

  /** Deletes the entries of one table, one batch after another. */
  private final class TableStep implements Step {
    private final KeyspaceTree tree;
    private final TableMeta table;
    // First key of the batch; null: the table's first key.
    private byte @Nullable [] from;
    private byte @Nullable [] nextFrom;
    private SweepBatch batch = new SweepBatch();

    TableStep(KeyspaceTree tree, TableMeta table) {
      this.tree = tree;
      this.table = table;
    }

    @Override
    public void run() {
      batch = new SweepBatch();
      nextFrom = null;
      // Inside a read section, so that close waits for it.
      int ticket = epochs.enter();
      try {
        requireOpen.run();
        if (!gather()) {
          // A compaction has replaced the table.
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
      commit(this, batch, SyncMode.GROUP);
    }

    @Override
    public void committed(long version) {
      from = nextFrom;
      if (from != null) {
        post(this::run);
      } else {
        compactions.hidden(List.of(table), version);
        post(() -> begin(tree));
      }
    }

    // Returns whether the table still exists.
    private boolean gather() {
      VersionSet versions = context.versions();
      Version version = versions.retainCurrent(tree.id());
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
        for (int read = 0; entries.isValid(); entries.next(), read++) {
          byte[] key = Arrays.copyOf(entries.key(), entries.keyLength());
          if (Arrays.equals(key, last)) {
            continue;
          }
          if (read >= ENTRIES_MAX || batch.isFull()) {
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

    private void deleteIfNewest(byte[] key, long version) {
      Lookup lookup = new Lookup();
      lookup.start(key, Limits.VERSION_MAX, false);
      lookup.withoutValue();
      if (reader.get(tree, lookup) == Lookup.Outcome.FOUND && lookup.version() == version) {
        batch.delete(tree, key, version, lookup.valueLength());
      }
    }
  }
}
