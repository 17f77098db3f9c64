package io.apexstore.cli;

import io.apexstore.error.ApexException;
import io.apexstore.error.Causes;
import io.apexstore.server.ApexServer;
import io.apexstore.server.ListenException;
import io.apexstore.server.config.ConfigException;
import io.apexstore.server.config.ConfigLoader;
import io.apexstore.server.config.ServerConfig;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CountDownLatch;
import java.util.stream.Collectors;

/**
 * The server as a program: it loads the configuration, starts the server, prints what the operator
 * must know, and runs until a signal stops it.
 */
final class ServerProgram {
  private static final Path WORKING_DIRECTORY = Path.of("");

  /** The longest time for closing the store, in addition to that for the requests in progress. */
  private static final Duration CLOSE_TIMEOUT = Duration.ofMinutes(5);

  private ServerProgram() {}

  /**
   * Runs until the process receives a signal, or returns the exit code of a start that failed.
   *
   * @throws ConfigException if the configuration cannot be used
   */
  static int run(ServeArguments arguments, Console console) {
    ServerConfig config = loadConfig(arguments, console);
    try {
      start(config, console);
    } catch (CompletionException e) {
      return startFailed(Causes.unwrap(e), console);
    }
    return waitForever();
  }

  /**
   * Starts a server that stops when the process receives a signal.
   *
   * @throws CompletionException if the server does not start
   */
  static ApexServer start(ServerConfig config, Console console) {
    ApexServer server = ApexServer.start(config).toCompletionStage().toCompletableFuture().join();
    printStart(server, config, console);
    ShutdownHook.install(server, config.shutdownTimeout().plus(CLOSE_TIMEOUT), console);
    return server;
  }

  static ServerConfig loadConfig(ServeArguments arguments, Console console) {
    Path home = Path.of(System.getProperty("apexstore.home", ""));
    return ConfigLoader.load(
        new ConfigLoader.Sources(
            WORKING_DIRECTORY,
            home,
            arguments.config(),
            console.environment(),
            arguments.options()),
        console::error);
  }

  /** Loads the configuration that a server without arguments would have, without any output. */
  static ServerConfig loadConfig(Console console) {
    Path home = Path.of(System.getProperty("apexstore.home", ""));
    return ConfigLoader.load(
        new ConfigLoader.Sources(WORKING_DIRECTORY, home, null, console.environment(), Map.of()),
        line -> {});
  }

  private static int startFailed(Throwable cause, Console console) {
    boolean explained =
        cause instanceof ConfigException
            || cause instanceof ApexException
            || cause instanceof ListenException;
    console.error(explained ? String.valueOf(cause.getMessage()) : "the start failed: " + cause);
    return cause instanceof ConfigException ? Console.USAGE_ERROR : Console.FAILED;
  }

  private static void printStart(ApexServer server, ServerConfig config, Console console) {
    String changed =
        config.shown().stream()
            .filter(line -> !line.source().equals("default"))
            .map(line -> line.option().name() + "=" + line.text() + " (" + line.source() + ")")
            .collect(Collectors.joining(", "));
    console.timed(
        "configuration: " + (changed.isEmpty() ? "all defaults" : changed + ", else defaults"));
    console.timed(server.encryptionNotice());
    console.timed(server.openingNotice());
    console.timed(server.connectionsNotice());
    Path token = config.adminTokenFile().toAbsolutePath().normalize();
    if (!config.authEnabled()) {
      console.timed("authentication is off: anyone who can reach the port has full access");
    } else if (server.firstTokenCreated()) {
      console.timed("the administrator's token was written to " + token);
    } else {
      console.timed("the administrator's token is unchanged; it was written to " + token);
    }
    console.timed("ApexStore " + ApexServer.programVersion() + " listens on " + server.url());
  }

  /** Waits until the shutdown hook ends the process. */
  private static int waitForever() {
    try {
      new CountDownLatch(1).await();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    return Console.OK;
  }
}
