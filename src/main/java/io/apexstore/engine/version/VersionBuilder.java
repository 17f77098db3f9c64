package io.apexstore.engine.version;

import io.apexstore.engine.base.EngineException;
import io.apexstore.engine.base.EngineException.Failure;
import io.apexstore.engine.file.FileNames;
import io.apexstore.engine.manifest.KeyspaceState;
import io.apexstore.engine.manifest.ManifestChange;
import io.apexstore.engine.manifest.StoreState;
import io.apexstore.engine.manifest.TableMeta;
import io.apexstore.engine.manifest.VersionEdit;
import io.apexstore.engine.sstable.LazyTable;
import io.apexstore.engine.sstable.TableContext;
import java.io.IOException;
import java.util.BitSet;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.function.IntFunction;
import org.jspecify.annotations.Nullable;

/**
 * Builds the versions of a manifest state. New tables are opened at once, and tables of current
 * versions are shared. Tables that the store had when it was opened are opened on their first read.
 *
 * <p><b>Threads:</b> any.
 */
final class VersionBuilder {
  private final TableContext tables;
  private final TableCloser closer;

  VersionBuilder(TableContext tables, TableCloser closer) {
    this.tables = tables;
    this.closer = closer;
  }

  /** See {@link TableContext#wantCached}. */
  void wantCached(long fileId, BitSet dataBlocks) {
    tables.wantCached(fileId, dataBlocks);
  }

  /**
   * Opens the tables that an edit adds to the store. The caller releases each handle when the
   * versions that share it are built.
   *
   * @throws EngineException {@code CORRUPTION} or {@code READ_FAILED} if a table cannot be opened;
   *     none is open then
   */
  Map<Long, TableHandle> openAdded(VersionEdit edit) {
    Set<Long> removed = new HashSet<>();
    Map<Long, TableHandle> opened = new HashMap<>();
    try {
      for (ManifestChange change : edit.changes()) {
        if (change instanceof ManifestChange.TableRemoved c) {
          removed.add(c.fileId());
        } else if (change instanceof ManifestChange.TableAdded c
            && !removed.contains(c.table().fileId())) {
          opened.put(c.table().fileId(), open(c.table()));
        }
      }
    } catch (EngineException e) {
      opened.values().forEach(TableHandle::release);
      throw e;
    }
    return opened;
  }

  private TableHandle open(TableMeta meta) {
    try {
      return new TableHandle(tables.openNew(meta), meta.fileId(), closer::closeLater);
    } catch (IOException e) {
      throw new EngineException(
          Failure.READ_FAILED, FileNames.table(meta.fileId()) + ": " + e.getMessage(), e);
    }
  }

  /** Builds the versions of all keyspaces of a state. */
  Map<Integer, Version> buildAll(StoreState state) {
    List<Integer> all = state.keyspaces().stream().map(keyspace -> keyspace.meta().id()).toList();
    return build(state, all, id -> null, Map.of());
  }

  /**
   * Builds the next versions of the keyspaces that an edit changes.
   *
   * @param after the state with the edit
   * @param current the versions before it, by keyspace id; null if there is none
   * @param opened tables from {@link #openAdded}
   */
  Map<Integer, Version> buildNext(
      VersionEdit edit,
      StoreState after,
      IntFunction<@Nullable Version> current,
      Map<Long, TableHandle> opened) {
    Set<Integer> changed = new HashSet<>();
    for (ManifestChange change : edit.changes()) {
      switch (change) {
        case ManifestChange.TableAdded c -> changed.add(c.table().keyspaceId());
        case ManifestChange.TableRemoved c -> changed.add(c.keyspaceId());
        case ManifestChange.KeyspaceCreated c -> changed.add(c.keyspace().id());
        default -> {}
      }
    }
    return build(after, changed, current, opened);
  }

  private Map<Integer, Version> build(
      StoreState state,
      Collection<Integer> keyspaceIds,
      IntFunction<@Nullable Version> current,
      Map<Long, TableHandle> opened) {
    Map<Integer, Version> versions = new HashMap<>();
    try {
      for (int id : keyspaceIds) {
        // The edit was applied to the state, so the keyspaces that it names exist.
        KeyspaceState keyspace = Objects.requireNonNull(state.keyspace(id));
        versions.put(id, build(keyspace, current.apply(id), opened));
      }
    } catch (EngineException e) {
      versions.values().forEach(Version::release);
      throw e;
    }
    return versions;
  }

  private Version build(
      KeyspaceState keyspace, @Nullable Version previous, Map<Long, TableHandle> opened) {
    TreeShape shape;
    try {
      shape = TreeShape.of(keyspace.tables());
    } catch (IllegalArgumentException e) {
      throw new EngineException(
          Failure.CORRUPTION,
          FileNames.MANIFEST + ": keyspace " + keyspace.meta().name() + ": " + e.getMessage(),
          e);
    }
    Map<Long, TableHandle> handles = new HashMap<>();
    try {
      for (TableMeta meta : keyspace.tables()) {
        handles.put(meta.fileId(), handleFor(meta, previous, opened));
      }
    } catch (EngineException e) {
      handles.values().forEach(TableHandle::release);
      throw e;
    }
    return new Version(keyspace.meta().id(), shape, handles);
  }

  private TableHandle handleFor(
      TableMeta meta, @Nullable Version previous, Map<Long, TableHandle> opened) {
    TableHandle handle = opened.get(meta.fileId());
    if (handle == null && previous != null) {
      handle = previous.handle(meta.fileId());
    }
    if (handle == null) {
      return new TableHandle(new LazyTable(tables, meta), meta.fileId(), closer::closeLater);
    }
    handle.retain();
    return handle;
  }
}
