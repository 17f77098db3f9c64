package io.apexstore.cli;

import io.apexstore.error.ApexException;
import io.apexstore.server.ApexServer;
import io.apexstore.server.config.ConfigException;
import io.apexstore.server.config.ConfigLoader;
import io.apexstore.server.config.ServerConfig;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CountDownLatch;
import java.util.stream.Collectors;

/** The server as a program: configured, started, announced, and stopped by a signal. */
final class ServerProgram {
  private static final Path HERE = Path.of("");

  /** What closing the store may take on top of the time for requests under way. */
  private static final Duration CLOSE_TIMEOUT = Duration.ofMinutes(5);

  private ServerProgram() {}

  /**
   * Runs until the process is told to end, or returns the exit code of a start that was refused.
   *
   * @throws ConfigException if what was given makes no configuration
   */
  static int run(ServeArguments arguments, Console console) {
    ServerConfig config = configure(arguments, console);
    try {
      start(config, console);
    } catch (CompletionException e) {
      return refused(e.getCause() == null ? e : e.getCause(), console);
    }
    return waitForever();
  }

  /**
   * Starts a server that stops when the process is told to end.
   *
   * @throws CompletionException if it does not start
   */
  static ApexServer start(ServerConfig config, Console console) {
    ApexServer server = ApexServer.start(config).toCompletionStage().toCompletableFuture().join();
    announce(server, config, console);
    Stop.atSignal(server, config.shutdownTimeout().plus(CLOSE_TIMEOUT), console);
    return server;
  }

  static ServerConfig configure(ServeArguments arguments, Console console) {
    Path home = Path.of(System.getProperty("apexstore.home", ""));
    return ConfigLoader.load(
        new ConfigLoader.Sources(
            HERE, home, arguments.config(), console.environment(), arguments.options()),
        console::complain);
  }

  /** Returns the configuration of a server that would be started here without arguments. */
  static ServerConfig configure(Console console) {
    Path home = Path.of(System.getProperty("apexstore.home", ""));
    return ConfigLoader.load(
        new ConfigLoader.Sources(HERE, home, null, console.environment(), Map.of()), line -> {});
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
    } else if (server.firstTokenCreated()) {
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
