package io.apexstore.engine.compaction;

import io.apexstore.engine.base.EngineException;
import io.apexstore.engine.base.Limits;
import io.apexstore.engine.base.SafeLogger;
import io.apexstore.engine.base.ValueKind;
import io.apexstore.engine.file.FileHeader;
import io.apexstore.engine.file.FileNames;
import io.apexstore.engine.file.FileType;
import io.apexstore.engine.io.AppendFile;
import io.apexstore.engine.io.IoFailures;
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
 * The tables that a subcompaction or a flush writes, one after the other. Range tombstones are cut
 * at their borders by {@link TombstoneSplitter}.
 *
 * <p><b>Threads:</b> confined to one at a time. <b>Invariants:</b> a table is in the result only
 * after its file is synced. The caller syncs the directory.
 */
final class OutputTables {
  private static final Logger LOG = SafeLogger.of(OutputTables.class);

  private static final MemorySegment NO_VALUE = MemorySegment.ofArray(new byte[0]);

  private final JobComponents components;
  private final int keyspaceId;
  private final int level;
  private final List<Long> replacedFileIds;
  private final TombstoneSplitter tombstones;
  private final List<Long> fileIds = new ArrayList<>();
  private final List<TableMeta> tables = new ArrayList<>();
  private @Nullable AppendFile file;
  private @Nullable TableBuilder builder;

  OutputTables(
      JobComponents components,
      int keyspaceId,
      int level,
      List<Long> replacedFileIds,
      RangeTombstones tombstones) {
    this.components = components;
    this.keyspaceId = keyspaceId;
    this.level = level;
    this.replacedFileIds = replacedFileIds;
    this.tombstones = new TombstoneSplitter(tombstones);
  }

  /** Adds an entry to the open table, or to a new one if there is none. */
  void add(InternalIterator entry) throws IOException {
    TableBuilder to = builder;
    if (to == null) {
      to = startTable();
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

  /** Adds a tombstone in place of an entry, with its key and version. */
  void addTombstone(InternalIterator entry) throws IOException {
    TableBuilder to = builder;
    if (to == null) {
      to = startTable();
    }
    to.add(
        entry.key(),
        0,
        entry.keyLength(),
        entry.version(),
        ValueKind.DELETE,
        Limits.NEVER_EXPIRES,
        NO_VALUE,
        0,
        0);
  }

  /** The estimated bytes of the open table; 0 if there is none. */
  long tableBytes() {
    return builder == null ? 0 : builder.estimatedFileBytes();
  }

  /**
   * Ends the open table; the next entry, of another key, starts a new one. Does nothing where range
   * tombstones cannot be cut.
   */
  void endTable() throws IOException {
    TableBuilder ending = builder;
    if (ending == null) {
      return;
    }
    byte[] lastKey = ending.lastKey();
    if (tombstones.canSplitAfter(lastKey)) {
      complete(ending, tombstones.splitAfter(lastKey));
    }
  }

  /** Ends the last table, and returns all tables in ascending key order. */
  List<TableMeta> finish() throws IOException {
    TableBuilder last = builder;
    RangeTombstones rest = tombstones.rest();
    if (last == null && !rest.isEmpty()) {
      last = startTable();
    }
    if (last != null) {
      complete(last, rest);
    }
    return List.copyOf(tables);
  }

  /** Removes every file written. The manifest must not name them, not even after a crash. */
  void abandon() {
    try {
      if (file != null) {
        file.close();
        file = null;
      }
      for (long fileId : fileIds) {
        components.versions().wantCached(fileId, new BitSet());
        components.storage().delete(FileNames.table(fileId));
        components.fileKeys().release(fileId);
      }
    } catch (IOException e) {
      LOG.log(Level.WARNING, "an unfinished table stays until the next open deletes it", e);
    }
  }

  /** Returns the exception for the caller of a job whose write failed. */
  static EngineException failed(IOException e) {
    return new EngineException(
        IoFailures.of(e), "a table could not be written: " + e.getMessage(), e);
  }

  private TableBuilder startTable() throws IOException {
    long fileId = components.versions().newFileId();
    AppendFile created = components.storage().create(FileNames.table(fileId));
    fileIds.add(fileId);
    file = created;
    FileHeader header =
        components
            .fileKeys()
            .newHeader(
                FileType.TABLE, TableFormat.VERSION, components.versions().storeId(), fileId);
    TableBuilder started =
        new TableBuilder(
            created, components.tableOptions(), header, keyspaceId, level, components.fileKeys());
    builder = started;
    return started;
  }

  private void complete(TableBuilder to, RangeTombstones ofTable) throws IOException {
    AppendFile ending = Objects.requireNonNull(file);
    to.setRangeTombstones(ofTable);
    TableMeta table = to.finish(replacedFileIds);
    ending.sync();
    builder = null;
    file = null;
    ending.close();
    tables.add(table);
    components.versions().wantCached(table.fileId(), to.wantedBlocks());
  }
}
