package io.apexstore.engine;

import io.apexstore.engine.background.BackgroundContext;
import io.apexstore.engine.background.BackgroundWork;
import io.apexstore.engine.background.Compactions;
import io.apexstore.engine.background.WriterStall;
import io.apexstore.engine.base.EngineException;
import io.apexstore.engine.cache.BlockCache;
import io.apexstore.engine.commit.CommitPipeline;
import io.apexstore.engine.commit.MemTableWriter;
import io.apexstore.engine.compaction.WorkStats;
import io.apexstore.engine.encryption.DataKey;
import io.apexstore.engine.encryption.DataKeys;
import io.apexstore.engine.feed.ChangeLog;
import io.apexstore.engine.io.Storage;
import io.apexstore.engine.keyspace.KeyspaceTree;
import io.apexstore.engine.keyspace.Keyspaces;
import io.apexstore.engine.manifest.KeyspaceState;
import io.apexstore.engine.manifest.StoreState;
import io.apexstore.engine.manifest.TableMeta;
import io.apexstore.engine.memtable.MemTable;
import io.apexstore.engine.read.EngineSnapshot;
import io.apexstore.engine.read.OpenSnapshots;
import io.apexstore.engine.read.ReadView;
import io.apexstore.engine.version.TreeShape;
import io.apexstore.stats.StoreStats;
import io.apexstore.stats.StoreStats.DataKeyStats;
import io.apexstore.stats.StoreStats.KeyspaceStats;
import io.apexstore.stats.StoreStats.LevelStats;
import io.apexstore.stats.StoreStats.LogStats;
import io.apexstore.stats.StoreStats.MemtableStats;
import io.apexstore.stats.StoreStats.ReadStats;
import io.apexstore.stats.StoreStats.SnapshotStats;
import io.apexstore.stats.StoreStats.StallStats;
import io.apexstore.stats.StoreStats.WriteStats;
import java.util.ArrayList;
import java.util.List;

/**
 * Gathers {@link StoreStats} from the parts of the engine.
 *
 * <p><b>Threads:</b> any, inside a read section of the engine. It waits for no one.
 */
final class StatsReader {
  private final Storage storage;
  private final BackgroundContext context;
  private final BlockCache cache;
  private final Keyspaces keyspaces;
  private final MemTableWriter writes;
  private final CommitPipeline pipeline;
  private final WriterStall stall;
  private final Compactions compactions;
  private final ChangeLog changes;

  StatsReader(
      Storage storage,
      BackgroundContext context,
      BlockCache cache,
      MemTableWriter writes,
      CommitPipeline pipeline,
      BackgroundWork background,
      ChangeLog changes) {
    this.storage = storage;
    this.context = context;
    this.cache = cache;
    this.keyspaces = context.keyspaces();
    this.writes = writes;
    this.pipeline = pipeline;
    this.stall = background.stall();
    this.compactions = background.compactions();
    this.changes = changes;
  }

  StoreStats read(ReadStats reads, int openCursors, OpenSnapshots open, long expired) {
    return new StoreStats(
        storage.describe(),
        writes.published(),
        context.log().durableVersion(),
        keyspaces.all().stream().filter(tree -> !tree.isDropped()).map(this::keyspace).toList(),
        memtables(),
        log(),
        cache.stats(),
        writes(),
        reads,
        stall(),
        tableMemoryBytes(),
        context.versions().tableFiles().count(),
        context.versions().tableFiles().max(),
        openCursors,
        snapshots(open),
        expired,
        changes.stats(),
        compactions.status(),
        dataKeys(),
        damage());
  }

  private KeyspaceStats keyspace(KeyspaceTree tree) {
    TreeShape shape = tree.view().version().shape();
    List<LevelStats> levels = new ArrayList<>();
    for (int level = 0; level < shape.levelCount(); level++) {
      levels.add(level(level, shape.level(level)));
    }
    return new KeyspaceStats(
        tree.name(), tree.id(), tree.compaction(), compactions.pendingBytes(tree), levels);
  }

  private static LevelStats level(int level, List<TableMeta> tables) {
    return new LevelStats(
        level,
        tables.size(),
        tables.stream().mapToLong(TableMeta::fileBytes).sum(),
        tables.stream().mapToLong(TableMeta::entryCount).sum(),
        tables.stream().mapToLong(TableMeta::tombstoneCount).sum(),
        tables.stream().mapToLong(TableMeta::rangeTombstoneCount).sum());
  }

  private MemtableStats memtables() {
    long activeBytes = 0;
    long activeEntries = 0;
    int sealedCount = 0;
    long sealedBytes = 0;
    for (KeyspaceTree tree : keyspaces.all()) {
      ReadView view = tree.view();
      MemTable active = view.active().table;
      activeBytes += active.memoryBytes();
      activeEntries += active.entryCount();
      sealedCount += view.sealedCount();
      for (int i = 0; i < view.sealedCount(); i++) {
        sealedBytes += view.sealed(i).table.memoryBytes();
      }
    }
    return new MemtableStats(
        activeBytes, sealedCount, sealedBytes, context.memtableBytesMax(), activeEntries);
  }

  private LogStats log() {
    long flushed = Long.MAX_VALUE;
    for (KeyspaceTree tree : keyspaces.all()) {
      ReadView view = tree.view();
      if (!view.isFlushed()) {
        flushed = Math.min(flushed, view.flushedTo());
      }
    }
    return new LogStats(
        context.log().diskBytes(),
        context.log().retainedBytes(),
        flushed == Long.MAX_VALUE ? 0 : context.log().bytesAfter(flushed),
        context.logWriter().bytesAppended(),
        context.logWriter().syncs(),
        context.logWriter().syncNanos());
  }

  private WriteStats writes() {
    WorkStats.Sums work = context.stats().sums();
    return new WriteStats(
        pipeline.commits(),
        pipeline.operations(),
        pipeline.userBytes(),
        work.flushes(),
        work.flushedBytes(),
        work.compactions(),
        work.compactionBytesRead(),
        work.compactionBytesWritten(),
        context.jobs().limiter().waitedNanos());
  }

  /** A log that refuses all writes comes before whatever else holds writers back. */
  private StallStats stall() {
    EngineException failure = context.logWriter().failure();
    EngineException refusal = context.logWriter().refusal();
    EngineException ofLog = failure == null ? refusal : failure;
    String state = refusal == null ? stall.state() : stateOf(refusal);
    String reason = stall.reason().isEmpty() ? postponed() : stall.reason();
    return new StallStats(
        failure == null ? state : "failed",
        ofLog == null ? reason : String.valueOf(ofLog.getMessage()),
        stall.slowedNanos(),
        stall.stops(),
        stall.stoppedNanos(),
        stall.longestNanos());
  }

  private static String stateOf(EngineException refusal) {
    return refusal.failure() == EngineException.Failure.DISK_FULL ? "disk_full" : "unavailable";
  }

  private String postponed() {
    return String.join("; ", compactions.postponed());
  }

  private SnapshotStats snapshots(OpenSnapshots open) {
    EngineSnapshot oldest = open.oldest().orElse(null);
    return new SnapshotStats(
        open.count(),
        oldest == null ? 0 : oldest.version(),
        oldest == null ? "" : oldest.opened().toString(),
        context.snapshots().readableSince());
  }

  private List<DataKeyStats> dataKeys() {
    DataKeys keys = context.dataKeys();
    return keys == null ? List.of() : keys.all().stream().map(this::dataKey).toList();
  }

  private DataKeyStats dataKey(DataKey key) {
    StoreState state = context.versions().state();
    int tables = 0;
    long tableBytes = 0;
    for (KeyspaceState keyspace : state.keyspaces()) {
      for (TableMeta table : keyspace.tables()) {
        if (table.encryption().dataKeyEpoch() == key.epoch()) {
          tables++;
          tableBytes += table.fileBytes();
        }
      }
    }
    int logSegments =
        (int)
            state.logs().stream()
                .filter(log -> log.encryption().dataKeyEpoch() == key.epoch())
                .count();
    return new DataKeyStats(
        key.epoch(), key.createdMs(), key.wrappedWith(), tables, tableBytes, logSegments);
  }

  private List<String> damage() {
    List<String> damage = new ArrayList<>();
    for (KeyspaceTree tree : keyspaces.all()) {
      for (String line : tree.view().version().damage()) {
        damage.add("keyspace " + tree.name() + ": " + line);
      }
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
