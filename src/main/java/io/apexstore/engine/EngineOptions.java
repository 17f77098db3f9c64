package io.apexstore.engine;

import io.apexstore.engine.wal.LogOptions;
import io.apexstore.options.CompactionStrategy;
import io.apexstore.options.SyncMode;

/**
 * The engine's options, checked by whoever made them.
 *
 * @param mode when a commit is acknowledged unless it asks for more
 * @param syncIntervalMs time between syncs in {@code INTERVAL} and {@code ASYNC}
 * @param asyncDelayMs longest time a commit in {@code ASYNC} is in memory only
 * @param asyncBytesMax most bytes of commits in {@code ASYNC} that are in memory only
 * @param memtableBytesMax arena bytes at which a memtable is sealed
 * @param blockBytes size of data blocks before compression
 * @param restartInterval entries between whole keys in a block
 * @param blockCacheBytes budget of the block cache
 * @param bloomFalsePositiveRate share of absent keys a filter lets through
 * @param lz4 whether blocks are compressed
 * @param level0Threshold tables at level 0 that start a compaction
 * @param sizeRatio how much larger each level is than the one above
 * @param maxLevels number of levels
 * @param compactionThreads compactions that may run at once
 * @param compaction how keyspaces are compacted that are made without saying so
 * @param backgroundBytesPerSecond bytes of entries that flushes and compactions may go through in a
 *     second; 0: no limit
 * @param historyRetentionMs for how long old versions stay readable
 * @param log sizes and retention of the log's segments
 */
public record EngineOptions(
    SyncMode mode,
    long syncIntervalMs,
    long asyncDelayMs,
    long asyncBytesMax,
    long memtableBytesMax,
    int blockBytes,
    int restartInterval,
    long blockCacheBytes,
    double bloomFalsePositiveRate,
    boolean lz4,
    int level0Threshold,
    int sizeRatio,
    int maxLevels,
    int compactionThreads,
    CompactionStrategy compaction,
    long backgroundBytesPerSecond,
    long historyRetentionMs,
    LogOptions log) {}
