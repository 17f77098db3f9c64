package io.apexstore.bench.store;

/**
 * A store that is measured.
 *
 * <p><b>Threads:</b> any, each with its own {@link Session}.
 */
public interface BenchStore extends AutoCloseable {
  /** Returns a session for one thread. */
  Session session() throws Exception;

  /** Fills an empty store, in random order and as fast as it can; not measured. */
  default void load(Dataset dataset) throws Exception {
    byte[] key = new byte[KeyShape.LENGTH];
    KeyOrder order = dataset.order();
    try (Session session = session()) {
      for (long i = 0; i < dataset.keys(); i++) {
        long number = order.at(i);
        dataset.shape().fill(key, number);
        session.put(key, dataset.values().at(number));
      }
    }
  }

  /** Flushes everything, compacts all tables and waits until that is done, if the store does so. */
  void settle() throws Exception;

  /** Flushes the memtables and waits until that is done, if the store has any. */
  void flush() throws Exception;

  /** Returns a reader of the changes since the store was created. */
  default ChangeReader changes() throws Exception {
    throw new UnsupportedOperationException("the store has no feed of changes");
  }

  /** Deletes all keys with one range tombstone. */
  default void deleteAll() throws Exception {
    throw new UnsupportedOperationException("the store cannot delete a range");
  }

  /** The number of entries that were deleted because they had expired. */
  default long expired() throws Exception {
    throw new UnsupportedOperationException("this store has no expiry");
  }

  /** Syncs everything that was written. */
  default void sync() throws Exception {
    throw new UnsupportedOperationException("the store has no explicit sync");
  }

  /** Bytes written to tables since the store was opened; -1 if it does not count them. */
  default long tableBytesWritten() {
    return -1;
  }

  /** Bytes of the tables on disk now, without logs; -1 if it has no tables. */
  default long tableBytesOnDisk() {
    return -1;
  }

  /**
   * The number of reads of a table, since the store was opened, that a filter did not prevent, if
   * all keys that were read are absent; -1 if it has no filters. Some stores count only with {@link
   * StoreSettings#withCounting}.
   */
  default long filterPasses() {
    return -1;
  }

  @Override
  void close();
}
