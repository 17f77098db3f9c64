package io.apexstore.engine.compaction;

import io.apexstore.engine.iterator.InternalIterator;
import io.apexstore.engine.manifest.TableMeta;
import io.apexstore.engine.manifest.VersionEdit;
import io.apexstore.engine.tombstone.RangeTombstones;
import java.util.List;

/**
 * Writes sealed memtables to tables of level 0, one table for each memtable. The tables share one
 * sync of the directory and one edit. Once the edit is durable, the manifest counts each keyspace
 * as flushed up to a version; the memtables and their part of the log are not needed any more.
 *
 * <p><b>Threads:</b> one thread runs a job, once. In a keyspace, older memtables are flushed before
 * newer ones, one job at a time. A flush is not cancelled when the store closes: closing needs it.
 */
public final class FlushJob extends TableJob {
  private final List<Source> sources;
  private final SubcompactionRunner runner;
  private final VersionEdit also;

  /**
   * One memtable.
   *
   * @param keyspaceId its keyspace
   * @param entries iterates over all versions in the memtable; the caller closes it
   * @param tombstones range tombstones of the memtable
   * @param flushedTo every commit to the keyspace up to this version is in this memtable or in
   *     tables
   */
  public record Source(
      int keyspaceId, InternalIterator entries, RangeTombstones tombstones, long flushedTo) {}

  /**
   * Prepares a flush.
   *
   * @param sources at least one memtable, of each keyspace at most one
   * @param runner writes and syncs the tables
   * @param also changes that become durable together with the flush; may be empty
   */
  public FlushJob(
      JobComponents components,
      List<Source> sources,
      SubcompactionRunner runner,
      VersionEdit also) {
    super(components, 0);
    this.sources = List.copyOf(sources);
    this.runner = runner;
    this.also = also;
  }

  /**
   * Writes the tables and installs them.
   *
   * @param installed see {@link io.apexstore.engine.version.VersionSet#logAndApply}; here readers
   *     change over from the memtables to the tables
   * @throws io.apexstore.engine.base.EngineException {@code DISK_FULL} or {@code STORAGE_FAILED}:
   *     nothing has changed, and the memtables must be kept
   */
  public JobStats run(Runnable installed) {
    long[] visible = components().snapshots().visible();
    List<Subcompaction> tables =
        sources.stream()
            .map(
                source ->
                    new Subcompaction(
                        source.keyspaceId(),
                        source.entries(),
                        new EntryFilter(visible, LowerLevels.UNKNOWN, source.tombstones()),
                        null,
                        null,
                        null))
            .toList();
    return run(tables, runner, Long.MAX_VALUE, List.of(), installed);
  }

  @Override
  boolean isCancellable() {
    return false;
  }

  @Override
  VersionEdit edit(List<TableMeta> outputs) {
    VersionEdit.Builder edit = VersionEdit.builder();
    outputs.forEach(edit::addTable);
    sources.forEach(source -> edit.flushedTo(source.keyspaceId(), source.flushedTo()));
    return edit.addAll(also).build();
  }
}
