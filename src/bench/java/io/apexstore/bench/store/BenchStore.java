package io.apexstore.bench.store;

/**
 * A store that is measured.
 *
 * <p><b>Threads:</b> any, each with a {@link Session} of its own.
 */
public interface BenchStore extends AutoCloseable {
  /** Returns a way in for one thread. */
  Session session() throws Exception;

  /** Fills an empty store, in random order and as fast as it can; nobody measures this. */
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

  /**
   * Writes everything to tables, compacts them and waits until that is done, where there is any.
   */
  void settle() throws Exception;

  /** Writes what is in memory to tables and waits until that is done, where there are any. */
  void flush() throws Exception;

  /** Returns a reader of the changes since the store was made. */
  default ChangeReader changes() throws Exception {
    throw new UnsupportedOperationException("the store does not tell its changes");
  }

  /** Deletes all keys as one range. */
  default void deleteAll() throws Exception {
    throw new UnsupportedOperationException("the store cannot delete a range");
  }

  /** How many entries were deleted because they had expired. */
  default long expired() throws Exception {
    throw new UnsupportedOperationException("in this store nothing expires");
  }

  /** Makes everything written durable. */
  default void sync() throws Exception {
    throw new UnsupportedOperationException("the store cannot be asked to sync");
  }

  /** Bytes written to tables since the store was opened; -1 where it does not count them. */
  default long tableBytesWritten() {
    return -1;
  }

  /** Bytes that its tables have on disk now, logs left out; -1 where it has no tables. */
  default long tableBytesOnDisk() {
    return -1;
  }

  /**
   * How often since the store was opened a filter let a read look into a table, where all keys that
   * were read are absent; -1 where it has no filters. Some count only if told to by {@link
   * StoreSettings#withCounting}.
   */
  default long filterPasses() {
    return -1;
  }

  @Override
  void close();
}
