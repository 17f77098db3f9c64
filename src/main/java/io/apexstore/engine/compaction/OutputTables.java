package io.apexstore.engine.compaction;

import io.apexstore.engine.base.EngineException;
import io.apexstore.engine.base.EngineException.Failure;
import io.apexstore.engine.base.Keys;
import io.apexstore.engine.base.Limits;
import io.apexstore.engine.base.ValueKind;
import io.apexstore.engine.file.FileHeader;
import io.apexstore.engine.file.FileNames;
import io.apexstore.engine.file.FileType;
import io.apexstore.engine.io.AppendFile;
import io.apexstore.engine.io.DiskFullException;
import io.apexstore.engine.iterator.InternalIterator;
import io.apexstore.engine.manifest.TableMeta;
import io.apexstore.engine.sstable.TableBuilder;
import io.apexstore.engine.sstable.TableFormat;
import io.apexstore.engine.tombstone.RangeTombstones;
import java.io.IOException;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * The tables that a job writes, one after the other. The ranges that were deleted are cut at their
 * borders: a table ends right behind the last key that it has an entry of, and the next begins
 * there, so that between them no key is missing and none is in both.
 *
 * <p><b>Threads:</b> confined to one at a time. <b>Invariants:</b> a table is in the result only
 * when its file is synced; when {@link #finish} has returned, their names are too.
 */
final class OutputTables {
  private static final Logger LOG = System.getLogger(OutputTables.class.getName());

  private static final MemorySegment NOTHING = MemorySegment.ofArray(new byte[0]);

  private final JobComponents components;
  private final int keyspaceId;
  private final int level;
  private final List<Long> replacedFileIds;
  private final RangeTombstones ranges;
  // What comes before is in tables that were ended; null: nothing is.
  private byte @Nullable [] rangesFrom;
  private final List<Long> fileIds = new ArrayList<>();
  private final List<TableMeta> tables = new ArrayList<>();
  private @Nullable AppendFile file;
  private @Nullable TableBuilder builder;

  OutputTables(
      JobComponents components,
      int keyspaceId,
      int level,
      List<Long> replacedFileIds,
      RangeTombstones ranges) {
    this.components = components;
    this.keyspaceId = keyspaceId;
    this.level = level;
    this.replacedFileIds = replacedFileIds;
    this.ranges = ranges;
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

  /** Adds a deletion in the place of an entry. */
  void addDeletion(InternalIterator entry) throws IOException {
    TableBuilder to = builder;
    if (to == null) {
      to = begin();
    }
    to.add(
        entry.key(),
        0,
        entry.keyLength(),
        entry.version(),
        ValueKind.DELETE,
        Limits.NEVER_EXPIRES,
        NOTHING,
        0,
        0);
  }

  /** Bytes of the table that is being written, about; 0 if there is none. */
  long tableBytes() {
    return builder == null ? 0 : builder.estimatedFileBytes();
  }

  /**
   * Ends the table that is being written; the next entry, of another key, begins another. Does
   * nothing where ranges cannot be cut.
   */
  void endTable() throws IOException {
    TableBuilder ending = builder;
    if (ending == null) {
      return;
    }
    if (!ranges.isEmpty()) {
      byte[] lastKey = ending.lastKey();
      if (lastKey.length == Limits.KEY_BYTES_MAX) {
        return;
      }
      byte[] border = Keys.successor(lastKey);
      ending.setRangeTombstones(ranges.clip(rangesFrom, border));
      rangesFrom = border;
    }
    complete(ending);
  }

  private void complete(TableBuilder to) throws IOException {
    AppendFile ending = Objects.requireNonNull(file);
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
    TableBuilder last = builder;
    RangeTombstones rest = ranges.clip(rangesFrom, null);
    if (last == null && !rest.isEmpty()) {
      last = begin();
    }
    if (last != null) {
      last.setRangeTombstones(rest);
      complete(last);
    }
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
        components.keys().release(fileId);
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
        components
            .keys()
            .newHeader(
                FileType.TABLE, TableFormat.VERSION, components.versions().storeId(), fileId);
    TableBuilder made =
        new TableBuilder(
            created, components.tableOptions(), header, keyspaceId, level, components.keys());
    builder = made;
    return made;
  }
}
