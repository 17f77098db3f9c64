package io.apexstore.engine.compaction;

import io.apexstore.engine.base.EngineException;
import io.apexstore.engine.base.EngineException.Failure;
import io.apexstore.engine.base.TableMeta;
import io.apexstore.engine.iterator.InternalIterator;
import io.apexstore.engine.manifest.VersionEdit;
import io.apexstore.engine.version.TreeShape;
import java.io.IOException;
import java.util.List;
import java.util.concurrent.CancellationException;

/**
 * What flushes and compactions have in common: entries that somebody may still need go from a
 * source into new tables, and then the tables take the place of the source.
 *
 * <p>In order: the files are written, each synced when it is whole, then the directory, then the
 * manifest's edit; only after that does anything that they replace become obsolete. When it ends in
 * any other way the files are removed, but not when the manifest could not be written, nor when an
 * error came while that was done: then they belong to the store, or it is not known whether they
 * do.
 *
 * <p><b>Threads:</b> one thread runs it, once.
 */
abstract class TableJob {
  // Bytes of entries between two looks at the limiter and at whether the job was cancelled.
  private static final long PACE_BYTES = 256 << 10;

  private final JobComponents components;
  private final int keyspaceId;
  private final int level;
  private long entriesRead;
  private long entriesWritten;
  private boolean isInstalling;

  TableJob(JobComponents components, int keyspaceId, int level) {
    this.components = components;
    this.keyspaceId = keyspaceId;
    this.level = level;
  }

  JobComponents components() {
    return components;
  }

  int keyspaceId() {
    return keyspaceId;
  }

  /** Whether the job gives up when the store closes. */
  abstract boolean isCancellable();

  /** Returns the edit that puts the new tables in the place of the source. */
  abstract VersionEdit edit(List<TableMeta> outputs);

  /**
   * Writes the tables and installs them.
   *
   * @param tableBytesTarget size at which a table is ended, once its last key's versions are all in
   * @param inputs tables that the source reads, which the new ones replace
   */
  final JobStats run(
      InternalIterator source,
      EntryFilter filter,
      long tableBytesTarget,
      List<TableMeta> inputs,
      Runnable installed) {
    long start = components.time().nanoTime();
    List<Long> replaced = inputs.stream().map(TableMeta::fileId).toList();
    OutputTables outputs =
        new OutputTables(components, keyspaceId, level, replaced, filter.keptRanges());
    boolean isWritten = false;
    boolean mayBeNamed = false;
    List<TableMeta> tables;
    try {
      copy(source, filter, tableBytesTarget, outputs);
      tables = outputs.finish();
      isWritten = true;
      components
          .versions()
          .logAndApply(
              VersionEdit.builder().addAll(edit(tables)).readableSince(filter.horizon()).build(),
              () -> {
                isInstalling = true;
                installed.run();
              });
    } catch (IOException e) {
      throw OutputTables.failed(e);
    } catch (EngineException e) {
      mayBeNamed = e.failure() == Failure.STORAGE_FAILED;
      throw e;
    } catch (Error e) {
      mayBeNamed = isWritten;
      throw e;
    } finally {
      if (!mayBeNamed && !isInstalling) {
        outputs.abandon();
      }
    }
    return new JobStats(
        inputs.size(),
        TreeShape.bytes(inputs),
        entriesRead,
        tables.size(),
        TreeShape.bytes(tables),
        entriesWritten,
        components.time().nanoTime() - start);
  }

  private void copy(
      InternalIterator source, EntryFilter filter, long tableBytesTarget, OutputTables outputs)
      throws IOException {
    long read = 0;
    long written = 0;
    long unpacedBytes = 0;
    long lastWrittenKey = 0;
    pace(0);
    for (source.seekToFirst(); source.isValid(); source.next()) {
      read++;
      unpacedBytes += source.keyLength() + source.valueLength();
      if (unpacedBytes > PACE_BYTES) {
        pace(unpacedBytes);
        unpacedBytes = 0;
      }
      if (filter.keeps(source)) {
        if (outputs.tableBytes() >= tableBytesTarget && filter.keyCount() != lastWrittenKey) {
          outputs.endTable();
        }
        outputs.add(source);
        lastWrittenKey = filter.keyCount();
        written++;
      }
    }
    entriesRead = read;
    entriesWritten = written;
  }

  private void pace(long bytes) {
    if (isCancellable()) {
      if (components.cancelled().getAsBoolean()) {
        throw new CancellationException("the store is closing");
      }
      components.limiter().acquire(bytes);
    }
  }
}
