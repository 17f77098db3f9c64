package io.apexstore.engine.compaction;

import io.apexstore.engine.base.TimeSource;
import io.apexstore.engine.encryption.FileCipherKeys;
import io.apexstore.engine.io.Storage;
import io.apexstore.engine.sstable.TableOptions;
import io.apexstore.engine.version.SnapshotList;
import io.apexstore.engine.version.VersionSet;
import java.util.function.BooleanSupplier;

/**
 * What flushes and compactions work with.
 *
 * @param storage where tables are written
 * @param versions what the store consists of
 * @param snapshots which versions somebody may read
 * @param tableOptions how tables are written
 * @param keys what they are encrypted with
 * @param time measures durations
 * @param limiter paces compactions, and counts what flushes do
 * @param cancelled becomes true when the store is closing; a compaction then gives up
 */
public record JobComponents(
    Storage storage,
    VersionSet versions,
    SnapshotList snapshots,
    TableOptions tableOptions,
    FileCipherKeys keys,
    TimeSource time,
    RateLimiter limiter,
    BooleanSupplier cancelled) {}
