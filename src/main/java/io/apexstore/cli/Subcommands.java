package io.apexstore.cli;

import io.apexstore.server.ApexServer;
import io.apexstore.server.config.ConfigException;
import java.util.ArrayList;
import java.util.List;
import picocli.CommandLine;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.ParseResult;
import picocli.CommandLine.UnmatchedArgumentException;

/** The list of subcommands. Parses arguments with picocli. */
final class Subcommands {
  private static final List<Subcommand> SUBCOMMANDS =
      List.of(new ServeCommand(), new HealthCommand(), new InspectCommand(), new VerifyCommand());

  private Subcommands() {}

  /**
   * Runs the subcommand that the arguments name and returns its exit code.
   *
   * @throws ConfigException if the configuration cannot be used
   */
  static int run(Console console, String... args) {
    CommandLine commandLine = new CommandLine(spec());
    try {
      ParseResult result = commandLine.parseArgs(args);
      if (CommandLine.printHelpIfRequested(result)) {
        return Console.OK;
      }
      if (!result.hasSubcommand()) {
        commandLine.usage(console.err());
        return Console.USAGE_ERROR;
      }
      ParseResult chosen = result.subcommand();
      return subcommand(chosen.commandSpec().name()).run(chosen, console);
    } catch (UnmatchedArgumentException e) {
      console.error(unknownArgument(e));
      return Console.USAGE_ERROR;
    } catch (ParameterException e) {
      console.error(String.valueOf(e.getMessage()));
      return Console.USAGE_ERROR;
    }
  }

  private static CommandSpec spec() {
    CommandSpec root =
        CommandSpec.create()
            .name("apexstore")
            .mixinStandardHelpOptions(true)
            .version("apexstore " + ApexServer.programVersion());
    root.usageMessage().description("A durable, log-structured key-value store.");
    for (Subcommand command : SUBCOMMANDS) {
      root.addSubcommand(command.name(), command.spec());
    }
    root.addSubcommand("help", new CommandLine(new CommandLine.HelpCommand()));
    return root;
  }

  private static Subcommand subcommand(String name) {
    return SUBCOMMANDS.stream()
        .filter(command -> command.name().equals(name))
        .findFirst()
        .orElseThrow();
  }

  private static String unknownArgument(UnmatchedArgumentException e) {
    String given = e.getUnmatched().getFirst();
    CommandSpec spec = e.getCommandLine().getCommandSpec();
    if (given.startsWith("-") && spec.name().equals("serve")) {
      return ServeCommand.unknownFlag(given);
    }
    List<String> allowed = new ArrayList<>();
    if (!given.startsWith("-")) {
      allowed.addAll(spec.subcommands().keySet());
      spec.positionalParameters().forEach(parameter -> allowed.add(parameter.paramLabel()));
    }
    if (allowed.isEmpty()) {
      allowed.addAll(spec.optionsMap().keySet());
    }
    return "unknown argument: given \"" + given + "\", allowed: " + String.join(", ", allowed);
  }
}
