package io.apexstore.server.rest.admin;

import io.apexstore.server.http.json.JsonOutput;
import io.apexstore.server.metrics.RequestMetrics;
import io.apexstore.stats.StoreStats;
import java.util.List;
import java.util.Locale;
import java.util.TreeMap;

/** The JSON of statistics. Sizes are in bytes, times in the unit at the end of the name. */
final class StatsJson {
  private StatsJson() {}

  static void writeMemtables(JsonOutput out, StoreStats.MemtableStats memtables) {
    out.beginObject();
    out.name("active_bytes").number(memtables.activeBytes());
    out.name("active_entries").number(memtables.activeEntries());
    out.name("limit_bytes").number(memtables.limitBytes());
    out.name("sealed").number(memtables.sealedCount());
    out.name("sealed_bytes").number(memtables.sealedBytes());
    out.endObject();
  }

  /**
   * Writes the statistics of the store as members of the object that is being written.
   *
   * @param all whether to write also what only administrators may see
   */
  static void writeStore(JsonOutput out, StoreStats stats, boolean all) {
    out.name("version").number(stats.version());
    out.name("durable_version").number(stats.durableVersion());
    writeMemtables(out.name("memtable"), stats.memtables());
    StoreStats.LogStats log = stats.log();
    out.name("log").beginObject();
    out.name("disk_bytes").number(log.diskBytes());
    out.name("retained_bytes").number(log.retainedBytes());
    out.name("unflushed_bytes").number(log.unflushedBytes());
    out.name("written_bytes").number(log.writtenBytes());
    out.name("syncs").number(log.syncs());
    out.name("sync_nanos").number(log.syncNanos()).endObject();
    StoreStats.CacheStats cache = stats.cache();
    out.name("cache").beginObject();
    out.name("hits").number(cache.hits());
    out.name("misses").number(cache.misses());
    out.name("evictions").number(cache.evictions());
    out.name("bytes").number(cache.bytes());
    out.name("limit_bytes").number(cache.limitBytes()).endObject();
    writeLevels(out.name("levels"), stats.keyspaces());
    writeWork(out, stats);
    writeStall(out.name("stall"), stats.stall());
    out.name("table_files").beginObject();
    out.name("open").number(stats.openTables());
    out.name("limit").number(stats.openTablesMax()).endObject();
    out.name("open_cursors").number(stats.openCursors());
    out.name("snapshots").beginObject();
    out.name("open").number(stats.snapshots().open());
    out.name("oldest_version").number(stats.snapshots().oldestVersion());
    if (all) {
      // It shows stack frames of the program that embeds the store.
      out.name("oldest_opened").string(stats.snapshots().oldestOpened());
    }
    out.name("readable_since").number(stats.snapshots().readableSince()).endObject();
    out.name("expired").number(stats.expired());
    out.name("feeds").beginObject();
    out.name("readers").number(stats.feeds().readers());
    out.name("oldest_position").number(stats.feeds().oldestPosition());
    out.name("lag_versions").number(stats.feeds().lagVersions()).endObject();
    writeHealth(out.name("health"), stats.health());
    out.name("damage").beginArray();
    for (String line : stats.damage()) {
      out.string(line);
    }
    out.endArray();
  }

  private static void writeWork(JsonOutput out, StoreStats stats) {
    StoreStats.WriteStats writes = stats.writes();
    out.name("writes").beginObject();
    out.name("commits").number(writes.commits());
    out.name("operations").number(writes.operations());
    out.name("user_bytes").number(writes.userBytes());
    out.name("flushes").number(writes.flushes());
    out.name("flush_bytes").number(writes.flushBytes());
    out.name("compactions").number(writes.compactions());
    out.name("compaction_read_bytes").number(writes.compactionReadBytes());
    out.name("compaction_write_bytes").number(writes.compactionWriteBytes()).endObject();
    StoreStats.ReadStats reads = stats.reads();
    out.name("reads").beginObject();
    out.name("gets").number(reads.gets());
    out.name("scans").number(reads.scans()).endObject();
    long tableBytes =
        stats.keyspaces().stream()
            .flatMap(keyspace -> keyspace.levels().stream())
            .mapToLong(StoreStats.LevelStats::bytes)
            .sum();
    out.name("disk").beginObject();
    out.name("table_bytes").number(tableBytes);
    out.name("log_bytes").number(stats.log().diskBytes());
    out.name("total_bytes").number(tableBytes + stats.log().diskBytes()).endObject();
    Runtime runtime = Runtime.getRuntime();
    out.name("memory").beginObject();
    out.name("heap_used_bytes").number(runtime.totalMemory() - runtime.freeMemory());
    out.name("heap_max_bytes").number(runtime.maxMemory());
    out.name("table_index_bytes").number(stats.tableMemoryBytes());
    out.name("cache_bytes").number(stats.cache().bytes());
    out.name("large_read_bytes").number(stats.cache().largeBytes());
    out.name("memtable_bytes")
        .number(stats.memtables().activeBytes() + stats.memtables().sealedBytes())
        .endObject();
    long gets = Math.max(1, reads.gets());
    out.name("amplification").beginObject();
    out.name("table_write").number(writes.tableWriteAmplification());
    out.name("total_write")
        .number(
            writes.userBytes() == 0
                ? 0
                : writes.tableWriteAmplification()
                    + (double) stats.log().writtenBytes() / writes.userBytes());
    out.name("blocks_read_per_get").number((double) stats.cache().misses() / gets).endObject();
  }

  static void writeHealth(JsonOutput out, StoreStats.Health health) {
    out.beginObject().name("state").string(word(health.state())).name("causes").beginArray();
    for (StoreStats.Health.Cause cause : health.causes()) {
      out.beginObject().name("cause").string(cause.word());
      out.name("text").string(cause.text()).endObject();
    }
    out.endArray().endObject();
  }

  static String word(StoreStats.Health.State state) {
    return state.name().toLowerCase(Locale.ROOT);
  }

  private static void writeStall(JsonOutput out, StoreStats.StallStats stall) {
    out.beginObject();
    out.name("state").string(stall.state());
    out.name("reason").string(stall.reason());
    out.name("slowed_nanos").number(stall.slowedNanos());
    out.name("stops").number(stall.stops());
    out.name("stopped_nanos").number(stall.stoppedNanos());
    out.name("longest_nanos").number(stall.longestNanos());
    out.endObject();
  }

  /** Writes the levels, each summed over all keyspaces. */
  private static void writeLevels(JsonOutput out, List<StoreStats.KeyspaceStats> keyspaces) {
    TreeMap<Integer, StoreStats.LevelStats> sums = new TreeMap<>();
    for (StoreStats.KeyspaceStats keyspace : keyspaces) {
      for (StoreStats.LevelStats level : keyspace.levels()) {
        sums.merge(level.level(), level, StatsJson::sum);
      }
    }
    out.beginArray();
    sums.values().forEach(level -> writeLevel(out, level));
    out.endArray();
  }

  private static StoreStats.LevelStats sum(StoreStats.LevelStats a, StoreStats.LevelStats b) {
    return new StoreStats.LevelStats(
        a.level(),
        a.tables() + b.tables(),
        a.bytes() + b.bytes(),
        a.entries() + b.entries(),
        a.tombstones() + b.tombstones(),
        a.rangeTombstones() + b.rangeTombstones());
  }

  private static void writeLevel(JsonOutput out, StoreStats.LevelStats level) {
    out.beginObject();
    out.name("level").number(level.level());
    out.name("tables").number(level.tables());
    out.name("bytes").number(level.bytes());
    out.name("entries").number(level.entries());
    out.name("tombstones").number(level.tombstones());
    out.name("range_tombstones").number(level.rangeTombstones());
    out.endObject();
  }

  static void writeKeyspaces(JsonOutput out, List<StoreStats.KeyspaceStats> keyspaces) {
    out.beginArray();
    for (StoreStats.KeyspaceStats keyspace : keyspaces) {
      out.beginObject().name("name").string(keyspace.name()).name("levels").beginArray();
      keyspace.levels().forEach(level -> writeLevel(out, level));
      out.endArray().endObject();
    }
    out.endArray();
  }

  /** Writes the running compactions and the shape of every tree. */
  static void writeCompaction(JsonOutput out, StoreStats stats) {
    out.beginObject().name("running").beginArray();
    for (StoreStats.CompactionStats running : stats.compactions()) {
      out.beginObject();
      out.name("keyspace").string(running.keyspace());
      out.name("from_level").number(running.fromLevel());
      out.name("to_level").number(running.toLevel());
      out.name("reason").string(running.reason());
      out.name("tables").number(running.tables());
      out.name("bytes").number(running.bytes());
      out.name("bytes_done").number(running.bytesDone());
      out.name("started_ms").number(running.startedMs());
      out.endObject();
    }
    out.endArray().name("keyspaces").beginArray();
    for (StoreStats.KeyspaceStats keyspace : stats.keyspaces()) {
      out.beginObject();
      out.name("name").string(keyspace.name());
      out.name("compaction").string(keyspace.compaction().toString());
      out.name("pending_bytes").number(keyspace.pendingBytes()).name("levels").beginArray();
      keyspace.levels().forEach(level -> writeLevel(out, level));
      out.endArray().endObject();
    }
    StoreStats.WriteStats writes = stats.writes();
    out.endArray().name("totals").beginObject();
    out.name("compactions").number(writes.compactions());
    out.name("read_bytes").number(writes.compactionReadBytes());
    out.name("write_bytes").number(writes.compactionWriteBytes());
    out.name("paced_ms").number(writes.compactionPacedNanos() / 1_000_000);
    out.name("table_write_amplification").number(writes.tableWriteAmplification()).endObject();
    writeStall(out.name("stall"), stats.stall());
    out.endObject();
  }

  static void writeEncryption(JsonOutput out, List<StoreStats.DataKeyStats> epochs) {
    out.beginObject().name("enabled").bool(!epochs.isEmpty()).name("epochs").beginArray();
    for (StoreStats.DataKeyStats epoch : epochs) {
      out.beginObject();
      out.name("epoch").number(epoch.epoch());
      out.name("created_ms").number(epoch.createdMs());
      out.name("key_encryption_key_id").string(epoch.keyEncryptionKeyId());
      out.name("tables").number(epoch.tables());
      out.name("table_bytes").number(epoch.tableBytes());
      out.name("log_segments").number(epoch.logSegments());
      out.endObject();
    }
    out.endArray().endObject();
  }

  static void writeRequests(JsonOutput out, List<RequestMetrics.OperationFigures> figures) {
    out.beginObject();
    for (RequestMetrics.OperationFigures operation : figures) {
      out.name(operation.operation().label()).beginObject();
      out.name("succeeded").number(operation.succeeded());
      out.name("refused").number(operation.refused());
      out.name("failed").number(operation.failed());
      out.name("recent").number(operation.recent());
      out.name("p50_us").number(operation.p50Nanos() / 1e3);
      out.name("p99_us").number(operation.p99Nanos() / 1e3);
      out.name("p999_us").number(operation.p999Nanos() / 1e3);
      out.name("max_us").number(operation.maxNanos() / 1e3);
      out.endObject();
    }
    out.endObject();
  }
}
