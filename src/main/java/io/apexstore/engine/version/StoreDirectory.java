package io.apexstore.engine.version;

import io.apexstore.engine.base.EngineException;
import io.apexstore.engine.base.EngineException.Failure;
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
 * The store's directory as it was found: the files in it, and what the manifest says about them.
 *
 * @param storeId the store's id
 * @param state what the manifest says
 * @param files the names of all files
 */
record StoreDirectory(UUID storeId, StoreState state, Set<String> files) {
  private static final Logger LOG = System.getLogger(StoreDirectory.class.getName());

  /**
   * Reads and checks an existing store, or makes the manifest of a new one in a directory that
   * holds no table and no log segment.
   */
  static StoreDirectory read(Storage storage, FileCipherKeys keys, @Nullable UUID newStoreId)
      throws IOException {
    Set<String> files = new HashSet<>(storage.list());
    if (!files.contains(FileNames.MANIFEST)) {
      requireEmpty(storage, files);
      if (newStoreId == null) {
        throw new EngineException(
            Failure.INVALID_REQUEST, storage.describe() + ": there is no store, and none is made");
      }
      long fileId = StoreState.EMPTY.nextFileId();
      StoreState first =
          StoreState.EMPTY.with(VersionEdit.builder().nextFileId(fileId + 1).build());
      ManifestWriter.replace(storage, newStoreId, fileId, first, keys).close();
      keys.release(fileId);
      return new StoreDirectory(newStoreId, first, files);
    }
    ManifestReader reader = ManifestReader.open(storage, FileNames.MANIFEST, keys);
    StoreState state = reader.readToEnd();
    if (reader.tornBytes() > 0) {
      LOG.log(
          Level.INFO,
          "MANIFEST: a last edit that was never completed is ignored: {0} bytes at offset {1}",
          String.valueOf(reader.tornBytes()),
          String.valueOf(reader.offset()));
    }
    requireAll(storage, state, files);
    if (keys.generation() < state.dataKeysGeneration()) {
      throw EngineException.corruption(
          FileNames.KEYS,
          32,
          "generation",
          state.dataKeysGeneration() + " or more",
          keys.generation());
    }
    return new StoreDirectory(reader.header().storeId(), state, files);
  }

  /** Deletes those of the files that do not belong to the store in its present state. */
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
      LOG.log(Level.WARNING, "files left behind could not be deleted; the next open does it", e);
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
                + " is there; restore it, or rebuild it with repair");
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
