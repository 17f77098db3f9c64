package io.apexstore.engine.sstable;

import io.apexstore.engine.base.TableMeta;
import io.apexstore.engine.cache.BlockCache;
import io.apexstore.engine.io.Storage;
import java.io.IOException;
import java.util.BitSet;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;

/**
 * What all open tables of a store share.
 *
 * <p><b>Threads:</b> any.
 */
public final class TableContext {
  private final Storage storage;
  private final UUID storeId;
  private final BlockCache cache;
  private final ScratchPool scratch = new ScratchPool();
  private final Map<Long, BitSet> wanted = new ConcurrentHashMap<>();

  /**
   * Makes the context of a store.
   *
   * @param storage where the tables are; stays the caller's
   * @param storeId the store they must belong to
   * @param cache for their blocks; stays the caller's, who closes it after the last table
   */
  public TableContext(Storage storage, UUID storeId, BlockCache cache) {
    this.storage = storage;
    this.storeId = storeId;
    this.cache = cache;
  }

  /**
   * Has blocks of a new table put into the cache when the table is opened.
   *
   * @param dataBlocks which, by their numbers; none: what was said before is forgotten
   */
  public void wantCached(long fileId, BitSet dataBlocks) {
    if (dataBlocks.isEmpty()) {
      wanted.remove(fileId);
    } else {
      wanted.put(fileId, dataBlocks);
    }
  }

  /**
   * Opens a table that was just written, and fills the cache with what is wanted of it.
   *
   * @throws IOException if the file cannot be opened
   * @throws io.apexstore.engine.base.EngineException {@code CORRUPTION} or {@code READ_FAILED}
   */
  public Table openNew(TableMeta meta) throws IOException {
    Table table = Table.open(this, meta);
    BitSet blocks = wanted.remove(meta.fileId());
    if (blocks != null) {
      try {
        table.fillCache(blocks);
      } catch (RuntimeException | Error e) {
        table.close();
        throw e;
      }
    }
    return table;
  }

  Storage storage() {
    return storage;
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
