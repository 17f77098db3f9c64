package io.apexstore.engine.compaction;

import io.apexstore.engine.iterator.InternalIterator;
import io.apexstore.engine.manifest.TableMeta;
import io.apexstore.engine.manifest.VersionEdit;
import io.apexstore.engine.tombstone.RangeTombstones;
import java.util.List;

/**
 * Writes sealed memtables to a table of level 0. Once its edit is durable, the manifest counts the
 * keyspace as flushed up to a version; the memtables and their part of the log are not needed any
 * more.
 *
 * <p><b>Threads:</b> one thread runs a job, once. In a keyspace, older memtables are flushed before
 * newer ones, one job at a time. A flush is not cancelled when the store closes: closing needs it.
 */
public final class FlushJob extends TableJob {
  private final InternalIterator source;
  private final RangeTombstones tombstones;
  private final long flushedTo;
  private final VersionEdit also;

  /**
   * Prepares a flush.
   *
   * @param source iterates over all versions in the memtables; the caller closes it
   * @param tombstones range tombstones of the memtables
   * @param flushedTo every commit to the keyspace up to this version is in these memtables or in
   *     tables
   * @param also changes that become durable together with the flush; may be empty
   */
  public FlushJob(
      JobComponents components,
      int keyspaceId,
      InternalIterator source,
      RangeTombstones tombstones,
      long flushedTo,
      VersionEdit also) {
    super(components, keyspaceId, 0);
    this.source = source;
    this.tombstones = tombstones;
    this.flushedTo = flushedTo;
    this.also = also;
  }

  /**
   * Writes the table and installs it.
   *
   * @param installed see {@link io.apexstore.engine.version.VersionSet#logAndApply}; here readers
   *     change over from the memtables to the table
   * @throws io.apexstore.engine.base.EngineException {@code DISK_FULL} or {@code STORAGE_FAILED}:
   *     nothing has changed, and the memtables must be kept
   */
  public JobStats run(Runnable installed) {
    EntryFilter filter =
        new EntryFilter(components().snapshots().visible(), LowerLevels.UNKNOWN, tombstones);
    return run(
        List.of(new Subcompaction(source, filter, null, null, null)),
        SubcompactionRunner.INLINE,
        Long.MAX_VALUE,
        List.of(),
        installed);
  }

  @Override
  boolean isCancellable() {
    return false;
  }

  @Override
  VersionEdit edit(List<TableMeta> outputs) {
    VersionEdit.Builder edit = VersionEdit.builder();
    outputs.forEach(edit::addTable);
    return edit.flushedTo(keyspaceId(), flushedTo).addAll(also).build();
  }
}
