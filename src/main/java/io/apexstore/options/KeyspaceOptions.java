package io.apexstore.options;

import io.apexstore.error.ApexException;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * The options of a keyspace. The store keeps them: they hold from the call that sets them on, also
 * after the store is opened again. Start from {@link #defaults()} and change what differs.
 *
 * <p><b>Threads:</b> immutable.
 *
 * @param compaction how compactions merge its tables; default null: an existing keyspace keeps its
 *     strategy, a new one gets {@link StoreOptions#compaction()}
 * @param fifoBytesMax bytes of tables above which the oldest entries are deleted, at least 0;
 *     default 0: no limit. For {@code FIFO} only
 * @param fifoAgeMax age at which entries are deleted, at least 0; default 0: no limit. Whole tables
 *     are deleted, up to a sixth of the age later. For {@code FIFO} only, which needs at least one
 *     of the two limits
 * @param ttl time to live of a put that has none of its own, at least 0; default 0: it does not
 *     expire
 * @param logPreviousValues whether a write logs the previous value of its key, for {@link
 *     io.apexstore.Change.KeyChange#previousValue}; default false. Every write then reads its key
 *     first, which may wait for the disk, also in the {@code …Async} calls. A write that others of
 *     the same keys overtake 1,000 times fails with {@code CONFLICT}. A previous value is left out
 *     if the batch, with what is written, would exceed 80 MiB
 */
public record KeyspaceOptions(
    @Nullable CompactionStrategy compaction,
    long fifoBytesMax,
    Duration fifoAgeMax,
    Duration ttl,
    boolean logPreviousValues) {
  /** The greatest {@code fifoBytesMax}, in bytes. */
  public static final long FIFO_BYTES_MAX = 999_999_999_999_999_999L;

  private static final Duration TIME_MAX = Duration.ofMillis(999_999_999_999_999_999L);

  private static final KeyspaceOptions DEFAULTS =
      new KeyspaceOptions(null, 0, Duration.ZERO, Duration.ZERO, false);

  /**
   * Checks each option. Whether they fit together is checked when a keyspace gets them.
   *
   * @throws ApexException {@code INVALID_REQUEST}; the message names the option, its value and what
   *     is allowed
   */
  public KeyspaceOptions {
    if (fifoBytesMax < 0 || fifoBytesMax > FIFO_BYTES_MAX) {
      throw invalid("fifoBytesMax", fifoBytesMax, "0 to " + FIFO_BYTES_MAX);
    }
    check("fifoAgeMax", fifoAgeMax);
    check("ttl", ttl);
  }

  /** Returns the default options. */
  public static KeyspaceOptions defaults() {
    return DEFAULTS;
  }

  /** Returns these options with another {@code compaction}. */
  public KeyspaceOptions withCompaction(CompactionStrategy value) {
    return new KeyspaceOptions(value, fifoBytesMax, fifoAgeMax, ttl, logPreviousValues);
  }

  /** Returns these options with another {@code fifoBytesMax}. */
  public KeyspaceOptions withFifoBytesMax(long value) {
    return new KeyspaceOptions(compaction, value, fifoAgeMax, ttl, logPreviousValues);
  }

  /** Returns these options with another {@code fifoAgeMax}. */
  public KeyspaceOptions withFifoAgeMax(Duration value) {
    return new KeyspaceOptions(compaction, fifoBytesMax, value, ttl, logPreviousValues);
  }

  /** Returns these options with another {@code ttl}. */
  public KeyspaceOptions withTtl(Duration value) {
    return new KeyspaceOptions(compaction, fifoBytesMax, fifoAgeMax, value, logPreviousValues);
  }

  /** Returns these options with another {@code logPreviousValues}. */
  public KeyspaceOptions withLogPreviousValues(boolean value) {
    return new KeyspaceOptions(compaction, fifoBytesMax, fifoAgeMax, ttl, value);
  }

  /** Returns these options; those that name no strategy with the given one. */
  public KeyspaceOptions orCompaction(CompactionStrategy inherited) {
    return compaction == null ? withCompaction(inherited) : this;
  }

  private static void check(String name, Duration given) {
    boolean partOfMs = given.toNanosPart() % 1_000_000 != 0;
    if (given.isNegative() || given.compareTo(TIME_MAX) > 0 || partOfMs) {
      throw invalid(name, given, "whole milliseconds of 0 to " + TIME_MAX);
    }
  }

  private static ApexException invalid(String name, Object given, String allowed) {
    return new ApexException(
        ApexException.Code.INVALID_REQUEST,
        "keyspace option " + name + " is " + given + ", allowed is " + allowed,
        null);
  }
}
