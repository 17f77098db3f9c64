package io.apexstore.engine.sstable;

import io.apexstore.engine.base.EngineException;
import io.apexstore.engine.base.EngineException.Failure;
import io.apexstore.engine.base.SafeLogger;
import io.apexstore.engine.cache.BlockCache;
import io.apexstore.engine.encryption.FileCipherKeys;
import io.apexstore.engine.io.OpenFiles;
import io.apexstore.engine.io.Storage;
import io.apexstore.engine.manifest.TableMeta;
import java.io.IOException;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.util.BitSet;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;

/**
 * The components that all open tables of a store share.
 *
 * <p><b>Threads:</b> any.
 */
public final class TableContext {
  private static final Logger LOG = SafeLogger.of(TableContext.class);

  private final OpenFiles files;
  private final UUID storeId;
  private final BlockCache cache;
  private final FileCipherKeys cipherKeys;
  private final ScratchPool scratch = new ScratchPool();
  private final Map<Long, BitSet> wanted = new ConcurrentHashMap<>();

  /**
   * Creates the context of a store.
   *
   * @param files where the tables are, and how many of them may be open at once
   * @param storeId the store that they must belong to
   * @param cache for their blocks; the caller closes it after the last table
   * @param cipherKeys the file keys that they are encrypted with
   */
  public TableContext(OpenFiles files, UUID storeId, BlockCache cache, FileCipherKeys cipherKeys) {
    this.files = files;
    this.storeId = storeId;
    this.cache = cache;
    this.cipherKeys = cipherKeys;
  }

  /** Creates a context in which every open table keeps its file open. */
  public TableContext(Storage storage, UUID storeId, BlockCache cache, FileCipherKeys cipherKeys) {
    this(new OpenFiles(storage, Integer.MAX_VALUE), storeId, cache, cipherKeys);
  }

  /** The same for a store that is not encrypted. */
  public TableContext(Storage storage, UUID storeId, BlockCache cache) {
    this(storage, storeId, cache, FileCipherKeys.NONE);
  }

  FileCipherKeys cipherKeys() {
    return cipherKeys;
  }

  /**
   * Requests that blocks of a new table are inserted into the cache when the table is opened.
   *
   * @param dataBlocks the ordinals of the data blocks; empty withdraws an earlier request
   */
  public void wantCached(long fileId, BitSet dataBlocks) {
    if (dataBlocks.isEmpty()) {
      wanted.remove(fileId);
    } else {
      wanted.put(fileId, dataBlocks);
    }
  }

  /**
   * Opens a table that was just written, and fills the cache with its requested blocks as far as
   * they can be read. Damage that is met on the way is a failure: the inputs of the table still
   * exist, and must be kept.
   *
   * @throws IOException if the file cannot be opened
   * @throws EngineException {@code CORRUPTION}, or {@code READ_FAILED} while opening
   */
  public Table openNew(TableMeta meta) throws IOException {
    Table table = Table.open(this, meta);
    BitSet blocks = wanted.remove(meta.fileId());
    if (blocks != null) {
      try {
        warm(table, blocks);
      } catch (RuntimeException | Error e) {
        table.close();
        throw e;
      }
    }
    return table;
  }

  private static void warm(Table table, BitSet blocks) {
    try {
      table.fillCache(blocks);
    } catch (EngineException e) {
      if (e.failure() != Failure.READ_FAILED) {
        throw e;
      }
      LOG.log(Level.WARNING, "the cache was not filled from a new table: {0}", e.getMessage());
    }
  }

  OpenFiles files() {
    return files;
  }

  UUID storeId() {
    return storeId;
  }

  BlockCache cache() {
    return cache;
  }

  ScratchPool scratch() {
    return scratch;
  }
}
