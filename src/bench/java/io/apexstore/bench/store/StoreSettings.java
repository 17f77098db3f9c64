package io.apexstore.bench.store;

/**
 * What every store of a run is opened with, in the terms of each.
 *
 * @param durable whether a write is on the disk before it is acknowledged; otherwise the operating
 *     system has it
 * @param cacheBytes budget of the block cache in bytes
 * @param writeBufferBytes size in bytes at which a write buffer is sealed
 * @param logKept whether the log is kept to be read
 * @param counting whether the store counts what it writes, where counting costs time
 */
public record StoreSettings(
    boolean durable, long cacheBytes, long writeBufferBytes, boolean logKept, boolean counting) {
  private static final long MIB = 1 << 20;

  /** Durable writes, a 512 MiB cache and 64 MiB write buffers. */
  public static StoreSettings durableWrites() {
    return new StoreSettings(true, 512 * MIB, 64 * MIB, false, false);
  }

  /** Writes that the operating system has, a 512 MiB cache and 64 MiB write buffers. */
  public static StoreSettings unsyncedWrites() {
    return new StoreSettings(false, 512 * MIB, 64 * MIB, false, false);
  }

  /** Returns these settings with another write buffer. */
  public StoreSettings withWriteBufferBytes(long bytes) {
    return new StoreSettings(durable, cacheBytes, bytes, logKept, counting);
  }

  /** Returns these settings with counting on. */
  public StoreSettings withCounting() {
    return new StoreSettings(durable, cacheBytes, writeBufferBytes, logKept, true);
  }

  /** Returns these settings with the log kept. */
  public StoreSettings withLogKept() {
    return new StoreSettings(durable, cacheBytes, writeBufferBytes, true, counting);
  }
}
