package io.apexstore.engine.keyspace;

import io.apexstore.engine.base.EngineException;
import io.apexstore.engine.base.EngineException.Failure;
import io.apexstore.engine.file.FileNames;
import io.apexstore.engine.manifest.KeyspaceMeta;
import io.apexstore.options.CompactionStrategy;
import java.util.Map;
import java.util.TreeMap;

/**
 * What is special about a keyspace. The manifest keeps what differs from {@link #DEFAULT}, as text.
 *
 * @param compaction how its tables are kept in shape
 * @param fifoBytesMax bytes of tables above which the oldest entries go, 0 for no limit; for {@code
 *     FIFO} only
 * @param fifoAgeMs age in ms at which entries go, 0 for none; for {@code FIFO} only
 * @param ttlMs how long a put lives that does not say so itself, in ms, 0 for ever
 * @param logsPrevious whether a commit logs the value that a key had before, for feeds of changes
 * @param dropped whether it was dropped: its name finds it only to make it anew, and nothing is put
 *     into it
 */
public record KeyspaceSettings(
    CompactionStrategy compaction,
    long fifoBytesMax,
    long fifoAgeMs,
    long ttlMs,
    boolean logsPrevious,
    boolean dropped) {

  /** Makes those of one that is not dropped. */
  public KeyspaceSettings(
      CompactionStrategy compaction,
      long fifoBytesMax,
      long fifoAgeMs,
      long ttlMs,
      boolean logsPrevious) {
    this(compaction, fifoBytesMax, fifoAgeMs, ttlMs, logsPrevious, false);
  }

  /** Those of a keyspace that nobody said anything about. */
  public static final KeyspaceSettings DEFAULT =
      new KeyspaceSettings(CompactionStrategy.LEVELED, 0, 0, 0, false);

  private static final long NUMBER_MAX = 999_999_999_999_999_999L;
  private static final String COMPACTION = "compaction";
  private static final String FIFO_MAX_BYTES = "fifo_max_bytes";
  private static final String FIFO_MAX_AGE = "fifo_max_age";
  private static final String TTL = "ttl";
  private static final String LOG_PREVIOUS_VALUES = "log_previous_values";
  private static final String DROPPED = "dropped";

  /**
   * Checks that they go together.
   *
   * @throws EngineException {@code INVALID_REQUEST}
   */
  public KeyspaceSettings {
    checkNumber(FIFO_MAX_BYTES, fifoBytesMax);
    checkNumber(FIFO_MAX_AGE, fifoAgeMs);
    checkNumber(TTL, ttlMs);
    boolean limited = fifoBytesMax > 0 || fifoAgeMs > 0;
    if (compaction.deletesOldest() && !limited) {
      throw invalid(
          "compaction fifo needs " + FIFO_MAX_BYTES + " or " + FIFO_MAX_AGE + ": what may go");
    }
    if (!compaction.deletesOldest() && limited) {
      throw invalid(
          FIFO_MAX_BYTES + " and " + FIFO_MAX_AGE + " go with compaction fifo, not " + compaction);
    }
  }

  /** Returns the default ones with another strategy; {@code FIFO} is not a strategy for all. */
  static KeyspaceSettings with(CompactionStrategy compaction) {
    return new KeyspaceSettings(compaction, 0, 0, 0, false);
  }

  /** Returns those of a keyspace that was dropped. */
  static KeyspaceSettings ofDropped() {
    return new KeyspaceSettings(DEFAULT.compaction, 0, 0, 0, false, true);
  }

  /**
   * Reads those of a keyspace in the manifest.
   *
   * @throws EngineException {@code UNSUPPORTED_FORMAT} if this build does not know one of them
   */
  public static KeyspaceSettings of(KeyspaceMeta keyspace) {
    CompactionStrategy compaction = DEFAULT.compaction;
    long fifoBytesMax = 0;
    long fifoAgeMs = 0;
    long ttlMs = 0;
    boolean logsPrevious = false;
    boolean dropped = false;
    for (Map.Entry<String, String> option : keyspace.options().entrySet()) {
      switch (option.getKey()) {
        case COMPACTION -> compaction = strategy(keyspace, option);
        case FIFO_MAX_BYTES -> fifoBytesMax = number(keyspace, option);
        case FIFO_MAX_AGE -> fifoAgeMs = number(keyspace, option);
        case TTL -> ttlMs = number(keyspace, option);
        case LOG_PREVIOUS_VALUES -> logsPrevious = number(keyspace, option) > 0;
        case DROPPED -> dropped = number(keyspace, option) > 0;
        default -> throw unknown(keyspace, option);
      }
    }
    return new KeyspaceSettings(compaction, fifoBytesMax, fifoAgeMs, ttlMs, logsPrevious, dropped);
  }

  private static CompactionStrategy strategy(
      KeyspaceMeta keyspace, Map.Entry<String, String> option) {
    CompactionStrategy named = CompactionStrategy.named(option.getValue());
    if (named == null) {
      throw unknown(keyspace, option);
    }
    return named;
  }

  private static long number(KeyspaceMeta keyspace, Map.Entry<String, String> option) {
    if (!option.getValue().matches("[0-9]{1,18}")) {
      throw unknown(keyspace, option);
    }
    return Long.parseLong(option.getValue());
  }

  /** Returns them as the manifest keeps them. */
  public Map<String, String> toOptions() {
    Map<String, String> options = new TreeMap<>();
    if (compaction != DEFAULT.compaction) {
      options.put(COMPACTION, compaction.toString());
    }
    putUnlessZero(options, FIFO_MAX_BYTES, fifoBytesMax);
    putUnlessZero(options, FIFO_MAX_AGE, fifoAgeMs);
    putUnlessZero(options, TTL, ttlMs);
    putUnlessZero(options, LOG_PREVIOUS_VALUES, logsPrevious ? 1 : 0);
    putUnlessZero(options, DROPPED, dropped ? 1 : 0);
    return options;
  }

  private static void putUnlessZero(Map<String, String> options, String name, long value) {
    if (value != 0) {
      options.put(name, Long.toString(value));
    }
  }

  private static void checkNumber(String name, long value) {
    if (value < 0 || value > NUMBER_MAX) {
      throw invalid(name + " is " + value + ", allowed are 0 to " + NUMBER_MAX);
    }
  }

  private static EngineException invalid(String message) {
    return new EngineException(Failure.INVALID_REQUEST, message);
  }

  private static EngineException unknown(KeyspaceMeta keyspace, Map.Entry<String, String> option) {
    return new EngineException(
        Failure.UNSUPPORTED_FORMAT,
        FileNames.MANIFEST
            + ": keyspace "
            + keyspace.name()
            + " has the option "
            + option
            + ", which this build does not know");
  }
}
