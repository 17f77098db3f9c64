package io.apexstore;

import io.apexstore.engine.EngineOptions;
import io.apexstore.engine.commit.CommitMode;
import io.apexstore.engine.wal.LogOptions;
import io.apexstore.options.Compression;
import io.apexstore.options.StoreOptions;
import io.apexstore.options.SyncMode;

/** Turns the API's options into the engine's. */
final class EngineOptionsMapper {
  private EngineOptionsMapper() {}

  static EngineOptions of(StoreOptions options) {
    return new EngineOptions(
        mode(options.syncMode()),
        options.syncInterval().toMillis(),
        options.asyncDelay().toMillis(),
        options.asyncBytesMax(),
        options.memtableBytesMax(),
        options.blockBytes(),
        options.restartInterval(),
        options.blockCacheBytes(),
        options.bloomFalsePositiveRate(),
        options.compression() == Compression.LZ4,
        options.level0Threshold(),
        options.sizeRatio(),
        options.maxLevels(),
        options.compactionThreads(),
        KeyspaceSettingsMapper.strategy(options.compaction()),
        options.backgroundBytesPerSecond(),
        options.historyRetention().toMillis(),
        LogOptions.DEFAULT.withRetention(
            options.logRetentionBytes(), options.logRetentionTime().toMillis()));
  }

  static CommitMode mode(SyncMode mode) {
    return switch (mode) {
      case EVERY -> CommitMode.EVERY;
      case GROUP -> CommitMode.GROUP;
      case INTERVAL -> CommitMode.INTERVAL;
      case ASYNC -> CommitMode.ASYNC;
    };
  }
}
