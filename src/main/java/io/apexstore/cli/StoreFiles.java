package io.apexstore.cli;

import io.apexstore.engine.cache.BlockCache;
import io.apexstore.engine.codec.FileNames;
import io.apexstore.engine.io.FileStorage;
import io.apexstore.engine.io.Storage;
import io.apexstore.engine.manifest.ManifestReader;
import io.apexstore.engine.manifest.StoreState;
import io.apexstore.engine.sstable.Table;
import io.apexstore.engine.sstable.TableContext;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** The files of a store that is looked at from outside; nothing is changed. */
final class StoreFiles implements AutoCloseable {
  /** Blocks are read once; the least there is will do. */
  private static final int CACHE_BYTES = 64 << 10;

  private final Storage storage;
  private final BlockCache cache = new BlockCache(CACHE_BYTES);

  private StoreFiles(Storage storage) {
    this.storage = storage;
  }

  /** Opens a store's folder, or a server's data directory that has one. */
  static StoreFiles open(Path folder) throws IOException {
    Path inServer = folder.resolve("db");
    Path directory = Files.isDirectory(inServer) ? inServer : folder;
    if (!Files.isDirectory(directory)) {
      throw new IOException("there is no such folder");
    }
    return new StoreFiles(FileStorage.open(directory));
  }

  Storage storage() {
    return storage;
  }

  boolean has(String name) throws IOException {
    return storage.list().contains(name);
  }

  ManifestReader manifest() throws IOException {
    return ManifestReader.open(storage, FileNames.MANIFEST);
  }

  StoreState state() throws IOException {
    return manifest().readToEnd();
  }

  Table table(long fileId) throws IOException {
    TableContext context = new TableContext(storage, manifest().header().storeId(), cache);
    return Table.open(context, fileId);
  }

  @Override
  public void close() throws IOException {
    cache.close();
    storage.close();
  }
}
