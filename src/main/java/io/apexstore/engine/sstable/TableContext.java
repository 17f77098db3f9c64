package io.apexstore.engine.sstable;

import io.apexstore.engine.cache.BlockCache;
import io.apexstore.engine.codec.FileKeys;
import io.apexstore.engine.io.Storage;
import java.util.UUID;

/**
 * What all open tables of a store share.
 *
 * <p><b>Threads:</b> any.
 */
public final class TableContext {
  private final Storage storage;
  private final UUID storeId;
  private final BlockCache cache;
  private final FileKeys keys;
  private final ScratchPool scratch = new ScratchPool();

  /**
   * Makes the context of a store.
   *
   * @param storage where the tables are; stays the caller's
   * @param storeId the store they must belong to
   * @param cache for their blocks; stays the caller's, who closes it after the last table
   * @param keys what they are encrypted with
   */
  public TableContext(Storage storage, UUID storeId, BlockCache cache, FileKeys keys) {
    this.storage = storage;
    this.storeId = storeId;
    this.cache = cache;
    this.keys = keys;
  }

  /** Makes the context of a store that is not encrypted. */
  public TableContext(Storage storage, UUID storeId, BlockCache cache) {
    this(storage, storeId, cache, FileKeys.NONE);
  }

  FileKeys keys() {
    return keys;
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
