package io.apexstore.engine.compaction;

import io.apexstore.engine.base.TimeSource;
import io.apexstore.engine.encryption.FileCipherKeys;
import io.apexstore.engine.io.Storage;
import io.apexstore.engine.sstable.TableOptions;
import io.apexstore.engine.version.SnapshotList;
import io.apexstore.engine.version.VersionSet;
import java.util.function.BooleanSupplier;

/**
 * The parts of the engine that flushes and compactions use.
 *
 * @param storage where tables are written
 * @param versions the current tables, and the manifest that records them
 * @param snapshots the versions that readers may read at
 * @param tableOptions how tables are written
 * @param fileKeys what tables are encrypted with
 * @param time measures durations
 * @param limiter paces compactions, and counts the bytes of flushes
 * @param cancelled becomes true when the store is closing; compactions give up then
 */
public record JobComponents(
    Storage storage,
    VersionSet versions,
    SnapshotList snapshots,
    TableOptions tableOptions,
    FileCipherKeys fileKeys,
    TimeSource time,
    RateLimiter limiter,
    BooleanSupplier cancelled) {}
