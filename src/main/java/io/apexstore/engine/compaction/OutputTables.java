package io.apexstore.engine.compaction;

import io.apexstore.engine.base.EngineException;
import io.apexstore.engine.base.EngineException.Failure;
import io.apexstore.engine.base.TableMeta;
import io.apexstore.engine.codec.FileHeader;
import io.apexstore.engine.codec.FileNames;
import io.apexstore.engine.codec.FileType;
import io.apexstore.engine.io.AppendFile;
import io.apexstore.engine.io.DiskFullException;
import io.apexstore.engine.iterator.InternalIterator;
import io.apexstore.engine.sstable.TableBuilder;
import io.apexstore.engine.sstable.TableFormat;
import java.io.IOException;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The tables that a job writes, one after the other.
 *
 * <p><b>Threads:</b> confined to one at a time. <b>Invariants:</b> a table is in the result only
 * when its file is synced; when {@link #finish} has returned, their names are too.
 */
final class OutputTables {
  private static final Logger LOG = System.getLogger(OutputTables.class.getName());

  private final JobComponents components;
  private final int keyspaceId;
  private final int level;
  private final List<Long> replacedFileIds;
  private final List<Long> fileIds = new ArrayList<>();
  private final List<TableMeta> tables = new ArrayList<>();
  private @Nullable AppendFile file;
  private @Nullable TableBuilder builder;

  OutputTables(JobComponents components, int keyspaceId, int level, List<Long> replacedFileIds) {
    this.components = components;
    this.keyspaceId = keyspaceId;
    this.level = level;
    this.replacedFileIds = replacedFileIds;
  }

  /** Adds an entry to the table that is being written, or to a new one if there is none. */
  void add(InternalIterator entry) throws IOException {
    TableBuilder to = builder;
    if (to == null) {
      to = begin();
    }
    to.add(
        entry.key(),
        0,
        entry.keyLength(),
        entry.version(),
        entry.kind(),
        entry.expiryMs(),
        entry.valueSegment(),
        entry.valueOffset(),
        entry.valueLength());
    to.noteCached(entry.entry().isCached());
  }

  /** Bytes of the table that is being written, about; 0 if there is none. */
  long tableBytes() {
    return builder == null ? 0 : builder.estimatedFileBytes();
  }

  /** Ends the table that is being written; the next entry begins another. */
  void endTable() throws IOException {
    AppendFile ending = file;
    TableBuilder to = builder;
    if (ending == null || to == null) {
      return;
    }
    TableMeta table = to.finish(replacedFileIds);
    ending.sync();
    builder = null;
    file = null;
    ending.close();
    tables.add(table);
    components.versions().wantCached(table.fileId(), to.wantedBlocks());
  }

  /** Ends the last table, makes the names of all durable, and returns them by rising keys. */
  List<TableMeta> finish() throws IOException {
    endTable();
    if (!tables.isEmpty()) {
      components.storage().syncDirectory();
    }
    return List.copyOf(tables);
  }

  /** Removes every file written. They must not be part of the store, nor ever turn out to be. */
  void abandon() {
    try {
      if (file != null) {
        file.close();
        file = null;
      }
      for (long fileId : fileIds) {
        components.versions().wantCached(fileId, new BitSet());
        components.storage().delete(FileNames.table(fileId));
      }
    } catch (IOException e) {
      LOG.log(Level.WARNING, "an unfinished table is left behind until the next open", e);
    }
  }

  /** Returns what the caller of a job is told about a failed write. */
  static EngineException failed(IOException e) {
    Failure failure = e instanceof DiskFullException ? Failure.DISK_FULL : Failure.STORAGE_FAILED;
    return new EngineException(failure, "a table could not be written: " + e.getMessage(), e);
  }

  private TableBuilder begin() throws IOException {
    long fileId = components.versions().newFileId();
    AppendFile created = components.storage().create(FileNames.table(fileId));
    fileIds.add(fileId);
    file = created;
    FileHeader header =
        FileHeader.plain(
            FileType.TABLE, TableFormat.VERSION, components.versions().storeId(), fileId);
    TableBuilder made =
        new TableBuilder(created, components.tableOptions(), header, keyspaceId, level);
    builder = made;
    return made;
  }
}
