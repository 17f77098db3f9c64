package io.apexstore.engine.compaction;

import io.apexstore.engine.iterator.InternalIterator;
import io.apexstore.engine.manifest.TableMeta;
import io.apexstore.engine.manifest.VersionEdit;
import io.apexstore.engine.tombstone.RangeTombstones;
import java.util.List;

/**
 * Makes sealed memtables into a table of level 0. Once its edit is durable the keyspace counts as
 * flushed up to a version, and the memtables and what the log holds of them may go.
 *
 * <p><b>Threads:</b> one thread runs it, once. Of a keyspace, older memtables are flushed before
 * newer ones, one job at a time. It does not give up when the store closes: that is when it is
 * needed.
 */
public final class FlushJob extends TableJob {
  private final InternalIterator source;
  private final RangeTombstones ranges;
  private final long flushedTo;
  private final VersionEdit also;

  /**
   * Prepares a flush.
   *
   * @param source over all versions in the memtables; the caller closes it
   * @param ranges the ranges that were deleted in them
   * @param flushedTo every commit to the keyspace up to this version is in these memtables or in
   *     tables
   * @param also changes that become durable together with the flush; may be empty
   */
  public FlushJob(
      JobComponents components,
      int keyspaceId,
      InternalIterator source,
      RangeTombstones ranges,
      long flushedTo,
      VersionEdit also) {
    super(components, keyspaceId, 0);
    this.source = source;
    this.ranges = ranges;
    this.flushedTo = flushedTo;
    this.also = also;
  }

  /**
   * Writes the table and installs it.
   *
   * @param installed see {@link io.apexstore.engine.version.VersionSet#logAndApply}: where readers
   *     change over from the memtables to the table
   * @throws io.apexstore.engine.base.EngineException {@code DISK_FULL} or {@code STORAGE_FAILED}:
   *     nothing has changed, and the memtables must be kept
   */
  public JobStats run(Runnable installed) {
    EntryFilter filter =
        new EntryFilter(components().snapshots().visible(), LowerLevels.anything(), ranges);
    return run(
        List.of(new Part(source, filter, null, null, null)),
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
