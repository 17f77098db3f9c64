package io.apexstore.engine.manifest;

import io.apexstore.engine.base.EngineException;
import io.apexstore.engine.base.EngineException.Failure;
import io.apexstore.options.CompactionStrategy;
import io.apexstore.options.KeyspaceOptions;
import java.time.Duration;
import java.util.Map;
import java.util.TreeMap;

/**
 * The options of a keyspace as the manifest holds them: names and values as text, without those
 * that have their default.
 *
 * <pre>
 *   compaction            tiered, lazy_leveling or fifo; default leveled
 *   fifo_max_bytes        bytes
 *   fifo_max_age          ms
 *   ttl                   ms
 *   log_previous_values   1
 * </pre>
 */
final class KeyspaceOptionsText {
  /** The strategy of options that name none. */
  static final CompactionStrategy DEFAULT_COMPACTION = CompactionStrategy.LEVELED;

  private static final String COMPACTION = "compaction";
  private static final String FIFO_MAX_BYTES = "fifo_max_bytes";
  private static final String FIFO_MAX_AGE = "fifo_max_age";
  private static final String TTL = "ttl";
  private static final String LOG_PREVIOUS_VALUES = "log_previous_values";

  private KeyspaceOptionsText() {}

  /** Returns the options that differ from their defaults, in the order of their names. */
  static Map<String, String> of(KeyspaceOptions options) {
    Map<String, String> text = new TreeMap<>();
    CompactionStrategy compaction = options.compaction();
    if (compaction != null && compaction != DEFAULT_COMPACTION) {
      text.put(COMPACTION, compaction.toString());
    }
    putUnlessZero(text, FIFO_MAX_BYTES, options.fifoBytesMax());
    putUnlessZero(text, FIFO_MAX_AGE, options.fifoAgeMax().toMillis());
    putUnlessZero(text, TTL, options.ttl().toMillis());
    putUnlessZero(text, LOG_PREVIOUS_VALUES, options.logPreviousValues() ? 1 : 0);
    return text;
  }

  /**
   * Parses options.
   *
   * @param file the manifest's name, for messages
   * @param keyspace name or id of the keyspace, for messages
   * @throws EngineException {@code UNSUPPORTED_FORMAT} for a name or value that is unknown
   */
  static KeyspaceOptions parse(String file, String keyspace, Map<String, String> text) {
    KeyspaceOptions options = KeyspaceOptions.defaults().withCompaction(DEFAULT_COMPACTION);
    for (Map.Entry<String, String> option : text.entrySet()) {
      options =
          switch (option.getKey()) {
            case COMPACTION -> options.withCompaction(strategy(file, keyspace, option));
            case FIFO_MAX_BYTES -> options.withFifoBytesMax(number(file, keyspace, option));
            case FIFO_MAX_AGE -> options.withFifoAgeMax(time(file, keyspace, option));
            case TTL -> options.withTtl(time(file, keyspace, option));
            case LOG_PREVIOUS_VALUES ->
                options.withLogPreviousValues(number(file, keyspace, option) > 0);
            default -> throw unknown(file, keyspace, option);
          };
    }
    return options;
  }

  private static CompactionStrategy strategy(
      String file, String keyspace, Map.Entry<String, String> option) {
    CompactionStrategy named = CompactionStrategy.named(option.getValue());
    if (named == null) {
      throw unknown(file, keyspace, option);
    }
    return named;
  }

  private static Duration time(String file, String keyspace, Map.Entry<String, String> option) {
    return Duration.ofMillis(number(file, keyspace, option));
  }

  private static long number(String file, String keyspace, Map.Entry<String, String> option) {
    if (!option.getValue().matches("[0-9]{1,18}")) {
      throw unknown(file, keyspace, option);
    }
    return Long.parseLong(option.getValue());
  }

  private static void putUnlessZero(Map<String, String> text, String name, long value) {
    if (value != 0) {
      text.put(name, Long.toString(value));
    }
  }

  private static EngineException unknown(
      String file, String keyspace, Map.Entry<String, String> option) {
    return new EngineException(
        Failure.UNSUPPORTED_FORMAT,
        file
            + ": keyspace "
            + keyspace
            + " has the option "
            + option
            + ", which this build does not know");
  }
}
