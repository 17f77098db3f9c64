package io.apexstore.engine;

import io.apexstore.engine.background.BackgroundWork;
import io.apexstore.engine.background.Compactions;
import io.apexstore.engine.background.WriterStall;
import io.apexstore.engine.base.EngineException;
import io.apexstore.engine.commit.CommitPipeline;
import io.apexstore.engine.commit.MemTableWriter;
import io.apexstore.engine.encryption.DataKey;
import io.apexstore.engine.encryption.DataKeys;
import io.apexstore.engine.feed.ChangeLog;
import io.apexstore.engine.keyspace.KeyspaceTree;
import io.apexstore.engine.keyspace.Keyspaces;
import io.apexstore.engine.manifest.KeyspaceState;
import io.apexstore.engine.manifest.StoreState;
import io.apexstore.engine.manifest.TableMeta;
import io.apexstore.engine.memtable.MemTable;
import io.apexstore.engine.read.EngineSnapshot;
import io.apexstore.engine.read.OpenSnapshots;
import io.apexstore.engine.read.ReadView;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Gathers {@link EngineStats}. It waits for nobody, so figures of one answer may be some moments
 * apart.
 *
 * <p><b>Threads:</b> any, inside a read section of the engine.
 */
final class StatsReader {
  private final EngineParts parts;
  private final Keyspaces keyspaces;
  private final MemTableWriter writes;
  private final CommitPipeline pipeline;
  private final WriterStall stall;
  private final Compactions compactions;
  private final ChangeLog changes;

  StatsReader(
      EngineParts parts,
      Keyspaces keyspaces,
      MemTableWriter writes,
      CommitPipeline pipeline,
      BackgroundWork background,
      ChangeLog changes) {
    this.parts = parts;
    this.keyspaces = keyspaces;
    this.writes = writes;
    this.pipeline = pipeline;
    this.stall = background.stall();
    this.compactions = background.compactions();
    this.changes = changes;
  }

  EngineStats read(long gets, long scans, int openCursors, OpenSnapshots open, long expired) {
    List<EngineStats.Tree> trees =
        keyspaces.all().stream().filter(tree -> !tree.isDropped()).map(this::tree).toList();
    return new EngineStats(
        parts.storage().describe(),
        writes.published(),
        parts.log().durableVersion(),
        trees,
        memtables(),
        log(),
        parts.cache().stats(),
        parts.workStats().sums(),
        new EngineStats.Commits(pipeline.commits(), pipeline.operations(), pipeline.userBytes()),
        stall(parts.logWriter().failure()),
        gets,
        scans,
        openCursors,
        tableMemoryBytes(),
        snapshots(open),
        expired,
        changes.stats(),
        compactions.status(),
        parts.jobs().limiter().waitedNanos(),
        keyEpochs(),
        damage());
  }

  private EngineStats.Tree tree(KeyspaceTree tree) {
    return new EngineStats.Tree(
        tree.id(),
        tree.name(),
        tree.compaction(),
        tree.view().version().shape(),
        compactions.pendingBytes(tree));
  }

  /** A log that failed refuses all writes, whatever the writers are held back by besides. */
  private EngineStats.Stall stall(@Nullable EngineException logFailure) {
    return new EngineStats.Stall(
        logFailure == null ? stall.state() : "failed",
        logFailure == null ? stall.reason() : String.valueOf(logFailure.getMessage()),
        stall.slowedNanos(),
        stall.stops(),
        stall.stoppedNanos(),
        stall.longestNanos());
  }

  private EngineStats.Snapshots snapshots(OpenSnapshots open) {
    EngineSnapshot oldest = open.oldest().orElse(null);
    return new EngineStats.Snapshots(
        open.count(),
        oldest == null ? 0 : oldest.version(),
        oldest == null ? "" : oldest.opened().toString(),
        parts.snapshots().readableSince());
  }

  private EngineStats.Memtables memtables() {
    long activeBytes = 0;
    long activeEntries = 0;
    int sealed = 0;
    long sealedBytes = 0;
    for (KeyspaceTree tree : keyspaces.all()) {
      ReadView view = tree.view();
      MemTable active = view.active().table;
      activeBytes += active.memoryBytes();
      activeEntries += active.entryCount();
      sealed += view.sealedCount();
      for (int i = 0; i < view.sealedCount(); i++) {
        sealedBytes += view.sealed(i).table.memoryBytes();
      }
    }
    return new EngineStats.Memtables(activeBytes, sealed, sealedBytes, activeEntries);
  }

  private EngineStats.Log log() {
    long flushed = Long.MAX_VALUE;
    for (KeyspaceTree tree : keyspaces.all()) {
      ReadView view = tree.view();
      if (!view.isFlushed()) {
        flushed = Math.min(flushed, view.flushedTo());
      }
    }
    return new EngineStats.Log(
        parts.log().diskBytes(),
        parts.log().retainedBytes(),
        flushed == Long.MAX_VALUE ? 0 : parts.log().bytesAfter(flushed),
        parts.logWriter().bytesAppended(),
        parts.logWriter().syncs(),
        parts.logWriter().syncNanos());
  }

  private List<EngineStats.KeyUse> keyEpochs() {
    DataKeys keys = parts.keys();
    if (keys == null) {
      return List.of();
    }
    StoreState state = parts.versions().state();
    List<EngineStats.KeyUse> uses = new ArrayList<>();
    for (DataKey epoch : keys.epochs()) {
      int tables = 0;
      long tableBytes = 0;
      for (KeyspaceState keyspace : state.keyspaces()) {
        for (TableMeta table : keyspace.tables()) {
          if (table.key().keyId() == epoch.id()) {
            tables++;
            tableBytes += table.fileBytes();
          }
        }
      }
      int logs = (int) state.logs().stream().filter(log -> log.key().keyId() == epoch.id()).count();
      uses.add(
          new EngineStats.KeyUse(
              epoch.id(), epoch.madeMs(), epoch.wrappedWith(), tables, tableBytes, logs));
    }
    return uses;
  }

  private List<String> damage() {
    List<String> damage = new ArrayList<>();
    for (KeyspaceTree tree : keyspaces.all()) {
      damage.addAll(tree.view().version().damage());
    }
    damage.addAll(compactions.damage());
    return damage;
  }

  private long tableMemoryBytes() {
    long bytes = 0;
    for (KeyspaceTree tree : keyspaces.all()) {
      bytes += tree.view().version().memoryBytes();
    }
    return bytes;
  }
}
