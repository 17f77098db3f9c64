package io.apexstore.cli;

import io.apexstore.server.config.ConfigException;
import io.apexstore.server.config.ConfigLoader;
import io.apexstore.server.config.Option;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.ParseResult;

/** {@code apexstore serve}: runs the server until the process receives a signal. */
final class ServeCommand implements Subcommand {
  private static final Path WORKING_DIRECTORY = Path.of("");

  @Override
  public String name() {
    return "serve";
  }

  @Override
  public CommandSpec spec() {
    CommandSpec spec = CommandSpec.create().name("serve").mixinStandardHelpOptions(true);
    spec.usageMessage()
        .width(110)
        .sortOptions(false)
        .description(
            "Runs the server. Options are taken from their defaults, conf/apexstore.json, .env, the"
                + " environment and the command line; a later source overrides an earlier one.");
    spec.addOption(
        OptionSpec.builder(ServeArguments.CONFIG)
            .type(Path.class)
            .paramLabel("FILE")
            .description("The configuration file to use instead of conf/apexstore.json.")
            .build());
    for (Option option : Option.values()) {
      spec.addOption(
          OptionSpec.builder(option.flag())
              .type(String.class)
              .paramLabel(
                  option.unit().isEmpty() ? "VALUE" : option.unit().toUpperCase(Locale.ROOT))
              .description(description(option))
              .build());
    }
    return spec;
  }

  private static String description(Option option) {
    String text =
        option.description().replace("`", "")
            + " Allowed: "
            + option.allowed()
            + ". Default: "
            + option.defaultText()
            + ". In the environment: "
            + option.environmentName();
    return text.replace("%", "%%");
  }

  /** Returns the error for a flag that picocli does not know. */
  static String unknownFlag(String given) {
    String name = given.replaceFirst("^-+", "").replaceFirst("=.*", "");
    Map<String, String> commandLine =
        Map.of(name, given.contains("=") ? given.replaceFirst("[^=]*=", "") : "");
    try {
      ConfigLoader.load(
          new ConfigLoader.Sources(
              WORKING_DIRECTORY, WORKING_DIRECTORY, null, Map.of(), commandLine),
          line -> {});
      return String.valueOf(ConfigLoader.unknown(given, "command line").getMessage());
    } catch (ConfigException e) {
      return String.valueOf(e.getMessage());
    }
  }

  @Override
  public int run(ParseResult arguments, Console console) {
    return ServerProgram.run(arguments(arguments), console);
  }

  /** Returns the given configuration file and options. */
  static ServeArguments arguments(ParseResult parsed) {
    Map<String, String> given = new LinkedHashMap<>();
    for (Option option : Option.values()) {
      String value = parsed.matchedOptionValue(option.flag(), null);
      if (value != null) {
        given.put(option.fileKey(), value);
      }
    }
    return new ServeArguments(parsed.matchedOptionValue(ServeArguments.CONFIG, null), given);
  }
}
