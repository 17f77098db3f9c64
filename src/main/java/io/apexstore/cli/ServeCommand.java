package io.apexstore.cli;

import io.apexstore.ApexException;
import io.apexstore.server.ApexServer;
import io.apexstore.server.config.ConfigException;
import io.apexstore.server.config.ConfigLoader;
import io.apexstore.server.config.Option;
import io.apexstore.server.config.ServerConfig;
import java.nio.file.Path;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CountDownLatch;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.ParseResult;

/** {@code apexstore serve}: runs the server until the process is told to end. */
final class ServeCommand implements Command {
  private static final String CONFIG = "--config";
  private static final Path HERE = Path.of("");

  /** What closing the store may take on top of the time for requests under way. */
  private static final Duration CLOSE_TIMEOUT = Duration.ofMinutes(5);

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
        OptionSpec.builder(CONFIG)
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
    ServerConfig config = configure(arguments, console);
    ApexServer server;
    try {
      server = ApexServer.start(config).toCompletionStage().toCompletableFuture().join();
    } catch (CompletionException e) {
      return refused(e.getCause() == null ? e : e.getCause(), console);
    }
    announce(server, config, console);
    Stop.atSignal(server, config.shutdownTimeout().plus(CLOSE_TIMEOUT), console);
    return waitForever();
  }

  private static ServerConfig configure(ParseResult arguments, Console console) {
    Map<String, String> given = new LinkedHashMap<>();
    for (Option option : Option.values()) {
      String value = arguments.matchedOptionValue(option.flag(), null);
      if (value != null) {
        given.put(option.fileKey(), value);
      }
    }
    Path home = Path.of(System.getProperty("apexstore.home", ""));
    @Nullable Path file = arguments.matchedOptionValue(CONFIG, null);
    return ConfigLoader.load(
        new ConfigLoader.Sources(HERE, home, file, console.environment(), given),
        console::complain);
  }

  private static int refused(Throwable cause, Console console) {
    boolean explained = cause instanceof ConfigException || cause instanceof ApexException;
    console.complain(explained ? String.valueOf(cause.getMessage()) : "the start failed: " + cause);
    return cause instanceof ConfigException ? Console.MISUSED : Console.FAILED;
  }

  private static void announce(ApexServer server, ServerConfig config, Console console) {
    String changed =
        config.shown().stream()
            .filter(line -> !line.source().equals("default"))
            .map(line -> line.option().name() + "=" + line.text() + " (" + line.source() + ")")
            .collect(Collectors.joining(", "));
    console
        .out()
        .println(
            "configuration: " + (changed.isEmpty() ? "all defaults" : changed + ", else defaults"));
    console.out().println(server.encryptionNotice());
    Path token = config.adminTokenFile().toAbsolutePath().normalize();
    if (!config.authEnabled()) {
      console.out().println("authentication is off: whoever reaches the port may do everything");
    } else if (server.firstTokenMade()) {
      console.out().println("the administrator's token was written to " + token);
    } else {
      console.out().println("the administrator's token is the one that was written to " + token);
    }
    console
        .out()
        .println("ApexStore " + ApexServer.programVersion() + " listens on " + server.url());
    console.out().flush();
  }

  /** The shutdown hook ends the process. */
  private static int waitForever() {
    try {
      new CountDownLatch(1).await();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    return Console.OK;
  }
}
