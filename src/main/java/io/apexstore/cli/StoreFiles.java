package io.apexstore.cli;

import io.apexstore.engine.base.TimeSource;
import io.apexstore.engine.cache.BlockCache;
import io.apexstore.engine.encryption.DataKeyOpening;
import io.apexstore.engine.encryption.EncryptionComponents;
import io.apexstore.engine.encryption.FileCipherKeys;
import io.apexstore.engine.encryption.KeyWrapper;
import io.apexstore.engine.file.FileNames;
import io.apexstore.engine.io.FileStorage;
import io.apexstore.engine.io.Storage;
import io.apexstore.engine.manifest.ManifestReader;
import io.apexstore.engine.sstable.Table;
import io.apexstore.engine.sstable.TableContext;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** Read-only access to the files of a store without opening the store. */
final class StoreFiles implements AutoCloseable {
  /** The smallest cache: each block is read once. */
  private static final int CACHE_BYTES = 64 << 10;

  private final FileStorage storage;
  private final BlockCache cache = new BlockCache(CACHE_BYTES);
  private final FileCipherKeys keys;

  private StoreFiles(FileStorage storage, FileCipherKeys keys) {
    this.storage = storage;
    this.keys = keys;
  }

  /**
   * Opens the files of a store.
   *
   * @param path the directory of the store, or the data directory of a server
   * @param wrapper supplies the key-encryption keys; called only if the store is encrypted
   */
  static StoreFiles open(Path path, Supplier<KeyWrapper> wrapper) throws IOException {
    Path inServer = path.resolve("db");
    Path directory = Files.isDirectory(inServer) ? inServer : path;
    if (!Files.isDirectory(directory)) {
      throw new IOException("no such directory");
    }
    FileStorage storage = FileStorage.open(directory);
    try {
      return new StoreFiles(storage, keys(storage, wrapper));
    } catch (IOException | RuntimeException e) {
      storage.close();
      throw e;
    }
  }

  private static FileCipherKeys keys(Storage storage, Supplier<KeyWrapper> wrapper)
      throws IOException {
    if (!storage.list().contains(FileNames.KEYS)) {
      return FileCipherKeys.NONE;
    }
    FileCipherKeys keys =
        DataKeyOpening.open(
            storage,
            EncryptionComponents.with(wrapper.get()),
            TimeSource.SYSTEM,
            /* createIfMissing= */ false,
            () -> ManifestReader.header(storage, FileNames.MANIFEST));
    return keys == null ? FileCipherKeys.NONE : keys;
  }

  FileCipherKeys keys() {
    return keys;
  }

  Storage storage() {
    return storage;
  }

  /**
   * Takes a lock that keeps the store from being opened; it changes no file.
   *
   * @return null if there is no lock file
   * @throws io.apexstore.engine.io.StorageLockedException if the store is open
   */
  @Nullable AutoCloseable lock() throws IOException {
    return storage.lockToRead(FileNames.LOCK);
  }

  ManifestReader manifest() throws IOException {
    return ManifestReader.open(storage, FileNames.MANIFEST, keys);
  }

  Table table(long fileId) throws IOException {
    return Table.open(context(), fileId);
  }

  private TableContext context() throws IOException {
    return new TableContext(storage, manifest().header().storeId(), cache, keys);
  }

  @Override
  public void close() throws IOException {
    cache.close();
    storage.close();
  }
}
