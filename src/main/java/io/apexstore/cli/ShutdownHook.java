package io.apexstore.cli;

import io.apexstore.server.ApexServer;
import java.time.Duration;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/**
 * The shutdown hook of the program: it stops the server when the process receives a signal, and
 * ends the process with exit code 0 if the stop was clean.
 *
 * <p>After a signal, the JVM never exits with 0, even if its shutdown hooks succeeded. So the hook
 * halts the JVM itself when the server has stopped. The program has no other shutdown hook.
 */
final class ShutdownHook {
  private ShutdownHook() {}

  /**
   * Installs the hook.
   *
   * @param timeout the longest time that the stop may take before the JVM is halted
   */
  static void install(ApexServer server, Duration timeout, Console console) {
    Runtime.getRuntime()
        .addShutdownHook(new Thread(() -> stop(server, timeout, console), "apexstore-stop"));
  }

  private static void stop(ApexServer server, Duration timeout, Console console) {
    console.timed("stopping: no new requests; requests in progress are finished");
    console.out().flush();
    int exit = Console.FAILED;
    try {
      server
          .stop()
          .toCompletionStage()
          .toCompletableFuture()
          .get(timeout.toMillis(), TimeUnit.MILLISECONDS);
      console.timed("stopped: all data is on disk");
      exit = Console.OK;
    } catch (ExecutionException e) {
      console.error("the stop failed: " + e.getCause());
    } catch (TimeoutException e) {
      console.error("the stop took too long; the next start replays the log");
    } catch (InterruptedException e) {
      console.error("the stop was interrupted; the next start replays the log");
    }
    console.out().flush();
    console.err().flush();
    Runtime.getRuntime().halt(exit);
  }
}
