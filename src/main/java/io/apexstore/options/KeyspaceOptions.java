package io.apexstore.options;

import io.apexstore.error.ApexException;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * The options of a keyspace, which the store keeps. Start from {@link #defaults()} and change what
 * differs.
 *
 * @param compaction how its tables are merged; null, the default, for what the keyspace has, or,
 *     when it is made, for {@link StoreOptions#compaction()}
 * @param fifoBytesMax bytes of tables above which the oldest entries are deleted, with {@code FIFO}
 *     only; default 0: no limit
 * @param fifoAgeMax age at which entries are deleted, whole tables at a time and up to a sixth of
 *     it later, with {@code FIFO} only; default 0: none. {@code FIFO} needs one of the two limits
 * @param ttl how long a put lives that does not say so itself; default 0: for ever
 * @param logPreviousValues whether a write logs the value that its key had before, for {@link
 *     io.apexstore.Change.KeyChange#previousValue}; default false. Every write reads its key then,
 *     which may wait for the disk, also in the {@code …Async} calls; a write that others of the
 *     same keys overtake 1,000 times fails with {@code CONFLICT}. A value before is left out where
 *     the 80 MiB of a batch have no room for it beside what is written
 */
public record KeyspaceOptions(
    @Nullable CompactionStrategy compaction,
    long fifoBytesMax,
    Duration fifoAgeMax,
    Duration ttl,
    boolean logPreviousValues) {
  /** The greatest {@code fifoBytesMax}. */
  public static final long FIFO_BYTES_MAX = 999_999_999_999_999_999L;

  private static final Duration TIME_MAX = Duration.ofMillis(999_999_999_999_999_999L);

  private static final KeyspaceOptions DEFAULTS =
      new KeyspaceOptions(null, 0, Duration.ZERO, Duration.ZERO, false);

  /**
   * Checks every option. Whether they go together is seen when a keyspace gets them.
   *
   * @throws ApexException {@code INVALID_REQUEST}, naming the option, what was given and what is
   *     allowed
   */
  public KeyspaceOptions {
    if (fifoBytesMax < 0 || fifoBytesMax > FIFO_BYTES_MAX) {
      throw invalid("fifoBytesMax", fifoBytesMax, "0 to " + FIFO_BYTES_MAX);
    }
    check("fifoAgeMax", fifoAgeMax);
    check("ttl", ttl);
  }

  /** Returns the options of a keyspace of which nothing is said. */
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
