package io.apexstore.engine.base;

/** The limits that all layers of the engine agree on. Sizes are in bytes. */
public final class Limits {
  /** The shortest legal key. */
  public static final int KEY_BYTES_MIN = 1;

  /** The longest legal key, 64 KiB. */
  public static final int KEY_BYTES_MAX = 64 << 10;

  /** The longest legal value, 64 MiB. A store can be configured to a lower limit. */
  public static final int VALUE_BYTES_MAX = 64 << 20;

  /** The largest legal batch in its encoded form, 80 MiB. */
  public static final int BATCH_BYTES_MAX = 80 << 20;

  /**
   * The most range deletes in one batch. The range tombstones of a batch are all held in memory.
   */
  public static final int BATCH_RANGE_DELETES_MAX = 100_000;

  /** The read version that sees every commit. */
  public static final long VERSION_MAX = Long.MAX_VALUE;

  /** The expiry, in milliseconds since the epoch, of an entry that never expires. */
  public static final long NEVER_EXPIRES = 0L;

  private Limits() {}
}
