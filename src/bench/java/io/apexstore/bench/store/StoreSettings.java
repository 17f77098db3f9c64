package io.apexstore.bench.store;

/**
 * The settings of every store of a run. Each store translates them to its own options.
 *
 * @param durable whether a write is on the disk before it is acknowledged; otherwise the operating
 *     system has it
 * @param cacheBytes the budget of the block cache in bytes
 * @param writeBufferBytes the size in bytes at which a write buffer is sealed
 * @param logKept whether the log is retained for a reader of changes
 * @param counting whether the store keeps its statistics, if they cost time
 */
public record StoreSettings(
    boolean durable, long cacheBytes, long writeBufferBytes, boolean logKept, boolean counting) {
  private static final long MIB = 1 << 20;

  /** Durable writes, a 512 MiB cache and 64 MiB write buffers. */
  public static StoreSettings durableWrites() {
    return new StoreSettings(true, 512 * MIB, 64 * MIB, false, false);
  }

  /** Writes without sync, a 512 MiB cache and 64 MiB write buffers. */
  public static StoreSettings unsyncedWrites() {
    return new StoreSettings(false, 512 * MIB, 64 * MIB, false, false);
  }

  /** Returns these settings with another size of write buffers. */
  public StoreSettings withWriteBufferBytes(long bytes) {
    return new StoreSettings(durable, cacheBytes, bytes, logKept, counting);
  }

  /** Returns these settings with statistics. */
  public StoreSettings withCounting() {
    return new StoreSettings(durable, cacheBytes, writeBufferBytes, logKept, true);
  }

  /** Returns these settings with the log retained. */
  public StoreSettings withLogKept() {
    return new StoreSettings(durable, cacheBytes, writeBufferBytes, true, counting);
  }
}
