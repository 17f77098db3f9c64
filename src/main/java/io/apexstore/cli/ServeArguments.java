package io.apexstore.cli;

import io.apexstore.server.config.Option;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * What {@code serve} was given.
 *
 * @param config the configuration file that was named, if one was
 * @param options values by the options' names as they stand in the file
 */
record ServeArguments(@Nullable Path config, Map<String, String> options) {
  static final String CONFIG = "--config";

  /**
   * Reads a command line of {@code serve} that needs no parser: known flags, each with a value and
   * no more than once. Whatever else it has, help, faults, argument files, is for picocli, which
   * takes a third of the start.
   */
  static Optional<ServeArguments> ofPlain(String... args) {
    if (args.length == 0 || !args[0].equals("serve")) {
      return Optional.empty();
    }
    Map<String, String> valueByFlag = new LinkedHashMap<>();
    for (int i = 1; i < args.length; i++) {
      String flag = args[i];
      int equals = flag.indexOf('=');
      String value;
      if (equals >= 0) {
        value = flag.substring(equals + 1);
        flag = flag.substring(0, equals);
      } else {
        i++;
        value = i < args.length ? args[i] : "";
      }
      if (!isPlain(value) || valueByFlag.put(flag, value) != null) {
        return Optional.empty();
      }
    }
    return ofValues(valueByFlag);
  }

  /** Whether picocli, too, would take the value as it is. */
  private static boolean isPlain(String value) {
    return !value.isEmpty()
        && value.charAt(0) != '-'
        && value.charAt(0) != '@'
        && value.indexOf('"') < 0
        && value.indexOf('\'') < 0;
  }

  private static Optional<ServeArguments> ofValues(Map<String, String> valueByFlag) {
    String config = valueByFlag.remove(CONFIG);
    Map<String, String> options = new LinkedHashMap<>();
    for (Option option : Option.values()) {
      String value = valueByFlag.remove(option.flag());
      if (value != null) {
        options.put(option.fileKey(), value);
      }
    }
    return valueByFlag.isEmpty()
        ? Optional.of(new ServeArguments(config == null ? null : Path.of(config), options))
        : Optional.empty();
  }
}
