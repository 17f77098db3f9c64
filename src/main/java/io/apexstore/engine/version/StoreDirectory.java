package io.apexstore.engine.version;

import io.apexstore.engine.base.EngineException;
import io.apexstore.engine.base.EngineException.Failure;
import io.apexstore.engine.base.SafeLogger;
import io.apexstore.engine.encryption.FileCipherKeys;
import io.apexstore.engine.file.FileNames;
import io.apexstore.engine.io.Storage;
import io.apexstore.engine.manifest.KeyspaceState;
import io.apexstore.engine.manifest.LogSegment;
import io.apexstore.engine.manifest.ManifestReader;
import io.apexstore.engine.manifest.ManifestWriter;
import io.apexstore.engine.manifest.StoreState;
import io.apexstore.engine.manifest.TableMeta;
import io.apexstore.engine.manifest.VersionEdit;
import java.io.IOException;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.util.HashSet;
import java.util.Set;
import java.util.TreeSet;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * The store's directory at open: the names of its files, and the state that the manifest holds.
 *
 * @param storeId the store's id
 * @param state the state that the manifest holds
 * @param files the names of all files, those of others included
 */
record StoreDirectory(UUID storeId, StoreState state, Set<String> files) {
  private static final Logger LOG = SafeLogger.of(StoreDirectory.class);

  /**
   * Reads and checks an existing store, or creates the manifest of a new one in a directory that
   * holds no table and no log segment.
   *
   * @param newStoreId the id of a new store; null: the store must exist
   * @throws EngineException {@code INVALID_REQUEST} if there is no store and no id was given;
   *     {@code CORRUPTION} if the manifest is damaged or missing, names a missing file, or names a
   *     newer {@code KEYS} file than the one that is there
   */
  static StoreDirectory read(Storage storage, FileCipherKeys fileKeys, @Nullable UUID newStoreId)
      throws IOException {
    Set<String> files = new HashSet<>(storage.list());
    if (!files.contains(FileNames.MANIFEST)) {
      requireEmpty(storage, files);
      if (newStoreId == null) {
        throw new EngineException(
            Failure.INVALID_REQUEST,
            storage.describe() + ": there is no store, and none is to be created");
      }
      long fileId = StoreState.EMPTY.nextFileId();
      StoreState first =
          StoreState.EMPTY.with(VersionEdit.builder().nextFileId(fileId + 1).build());
      ManifestWriter.replace(storage, newStoreId, fileId, first, fileKeys).close();
      fileKeys.release(fileId);
      return new StoreDirectory(newStoreId, first, files);
    }
    ManifestReader reader = ManifestReader.open(storage, FileNames.MANIFEST, fileKeys);
    StoreState state = reader.readToEnd();
    if (reader.tornBytes() > 0) {
      LOG.log(
          Level.INFO,
          "MANIFEST: an incomplete edit at its end is ignored: {0} bytes at offset {1}",
          String.valueOf(reader.tornBytes()),
          String.valueOf(reader.offset()));
    }
    requireAll(storage, state, files);
    if (fileKeys.generation() < state.dataKeysGeneration()) {
      throw EngineException.corruption(
          FileNames.KEYS,
          32,
          "generation",
          state.dataKeysGeneration() + " or more",
          fileKeys.generation());
    }
    return new StoreDirectory(reader.header().storeId(), state, files);
  }

  /**
   * Deletes files that do not belong to the store: tables, log segments and temporary files that a
   * state does not name. Files of others, and files that were not there at open, stay.
   *
   * @param files the names at open
   */
  static void deleteOrphans(Storage storage, Set<String> files, StoreState state) {
    Set<String> named = namesIn(state);
    try {
      for (String name : storage.list()) {
        boolean deletable =
            FileNames.idOf(name) >= 0
                || name.equals(FileNames.MANIFEST_TEMPORARY)
                || name.equals(FileNames.KEYS_TEMPORARY);
        if (deletable && files.contains(name) && !named.contains(name)) {
          storage.delete(name);
          LOG.log(Level.DEBUG, "{0} does not belong to the store and was deleted", name);
        }
      }
    } catch (IOException e) {
      LOG.log(Level.WARNING, "orphaned files could not be deleted; the next open tries again", e);
    }
  }

  private static void requireEmpty(Storage storage, Set<String> files) {
    for (String name : new TreeSet<>(files)) {
      if (FileNames.idOf(name) >= 0) {
        throw new EngineException(
            Failure.CORRUPTION,
            storage.describe()
                + ": MANIFEST is missing although "
                + name
                + " is there; restore it from a copy of the directory");
      }
    }
  }

  private static void requireAll(Storage storage, StoreState state, Set<String> files) {
    Set<String> missing = namesIn(state);
    missing.removeAll(files);
    if (!missing.isEmpty()) {
      throw new EngineException(
          Failure.CORRUPTION,
          storage.describe() + ": MANIFEST names files that are missing: " + missing);
    }
  }

  private static Set<String> namesIn(StoreState state) {
    Set<String> names = new TreeSet<>();
    for (KeyspaceState keyspace : state.keyspaces()) {
      for (TableMeta table : keyspace.tables()) {
        names.add(FileNames.table(table.fileId()));
      }
    }
    for (LogSegment log : state.logs()) {
      names.add(FileNames.log(log.fileId()));
    }
    return names;
  }
}
