package io.apexstore;

import io.apexstore.engine.EngineStats;
import io.apexstore.engine.manifest.TableMeta;
import io.apexstore.options.StoreOptions;
import io.apexstore.stats.StoreStats;
import io.apexstore.stats.StoreStats.CacheStats;
import io.apexstore.stats.StoreStats.CompactionStats;
import io.apexstore.stats.StoreStats.FeedStats;
import io.apexstore.stats.StoreStats.KeyEpochStats;
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

/** Turns the engine's figures into the API's. */
final class StatsMapper {
  private StatsMapper() {}

  static StoreStats of(EngineStats stats, StoreOptions options) {
    return new StoreStats(
        stats.directory(),
        stats.version(),
        stats.durableVersion(),
        stats.trees().stream().map(StatsMapper::keyspace).toList(),
        new MemtableStats(
            stats.memtables().activeBytes(),
            stats.memtables().sealed(),
            stats.memtables().sealedBytes(),
            options.memtableBytesMax(),
            stats.memtables().activeEntries()),
        new LogStats(
            stats.log().diskBytes(),
            stats.log().retainedBytes(),
            stats.log().unflushedBytes(),
            stats.log().writtenBytes(),
            stats.log().syncs(),
            stats.log().syncNanos()),
        new CacheStats(
            stats.cache().hits(),
            stats.cache().misses(),
            stats.cache().evictions(),
            stats.cache().usedBytes(),
            stats.cache().budgetBytes()),
        new WriteStats(
            stats.commits().commits(),
            stats.commits().operations(),
            stats.commits().userBytes(),
            stats.work().flushes(),
            stats.work().flushedBytes(),
            stats.work().compactions(),
            stats.work().compactionBytesRead(),
            stats.work().compactionBytesWritten(),
            stats.compactionPacedNanos()),
        new ReadStats(stats.gets(), stats.scans()),
        new StallStats(
            stats.stall().state(),
            stats.stall().reason(),
            stats.stall().slowedNanos(),
            stats.stall().stops(),
            stats.stall().stoppedNanos(),
            stats.stall().longestNanos()),
        stats.tableMemoryBytes(),
        stats.openCursors(),
        new SnapshotStats(
            stats.snapshots().open(),
            stats.snapshots().oldestVersion(),
            stats.snapshots().oldestOpened(),
            stats.snapshots().readableSince()),
        stats.expired(),
        new FeedStats(
            stats.changes().readers(),
            stats.changes().oldestPosition(),
            stats.changes().readableVersion() - stats.changes().oldestPosition()),
        stats.compactions().stream()
            .map(
                c ->
                    new CompactionStats(
                        c.keyspace(),
                        c.fromLevel(),
                        c.toLevel(),
                        c.reason(),
                        c.tables(),
                        c.bytes(),
                        c.bytesDone(),
                        c.startedMs()))
            .toList(),
        stats.keyEpochs().stream()
            .map(
                use ->
                    new KeyEpochStats(
                        use.epoch(),
                        use.madeMs(),
                        use.wrappedWith(),
                        use.tables(),
                        use.tableBytes(),
                        use.logs()))
            .toList(),
        stats.damage());
  }

  private static KeyspaceStats keyspace(EngineStats.Tree tree) {
    List<LevelStats> levels = new ArrayList<>();
    for (int level = 0; level < tree.shape().levelCount(); level++) {
      List<TableMeta> tables = tree.shape().level(level);
      levels.add(
          new LevelStats(
              level,
              tables.size(),
              tables.stream().mapToLong(TableMeta::fileBytes).sum(),
              tables.stream().mapToLong(TableMeta::entryCount).sum(),
              tables.stream().mapToLong(TableMeta::tombstoneCount).sum(),
              tables.stream().mapToLong(TableMeta::rangeTombstoneCount).sum()));
    }
    return new KeyspaceStats(
        tree.name(), tree.id(), tree.compaction(), tree.pendingBytes(), levels);
  }
}
