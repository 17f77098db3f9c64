package io.apexstore;

import io.apexstore.engine.EngineOptions;
import io.apexstore.engine.wal.LogOptions;
import io.apexstore.options.Compression;
import io.apexstore.options.StoreOptions;

/** Turns the API's options into the engine's. */
final class EngineOptionsMapper {
  private EngineOptionsMapper() {}

  static EngineOptions of(StoreOptions options) {
    return new EngineOptions(
        options.syncMode(),
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
        options.compaction(),
        options.backgroundBytesPerSecond(),
        options.historyRetention().toMillis(),
        LogOptions.DEFAULT.withRetention(
            options.logRetentionBytes(), options.logRetentionTime().toMillis()));
  }
}
