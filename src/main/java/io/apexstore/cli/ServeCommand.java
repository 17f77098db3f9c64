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

/** {@code apexstore serve}: runs the server until the process is told to end. */
final class ServeCommand implements Command {
  private static final Path HERE = Path.of("");

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
            "Runs the server. Options come from their defaults, conf/apexstore.json, .env, the"
                + " environment and the command line; what comes later wins.");
    spec.addOption(
        OptionSpec.builder(ServeArguments.CONFIG)
            .type(Path.class)
            .paramLabel("FILE")
            .description("The configuration file, in place of conf/apexstore.json.")
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

  static String unknownFlag(String given) {
    String name = given.replaceFirst("^-+", "").replaceFirst("=.*", "");
    Map<String, String> commandLine =
        Map.of(name, given.contains("=") ? given.replaceFirst("[^=]*=", "") : "");
    try {
      ConfigLoader.load(
          new ConfigLoader.Sources(HERE, HERE, null, Map.of(), commandLine), line -> {});
      return String.valueOf(ConfigLoader.unknown(given, "command line").getMessage());
    } catch (ConfigException e) {
      return String.valueOf(e.getMessage());
    }
  }

  @Override
  public int run(ParseResult arguments, Console console) {
    return ServerProgram.run(arguments(arguments), console);
  }

  /** Returns what was given. */
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
