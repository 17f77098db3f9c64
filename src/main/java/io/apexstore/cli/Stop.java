package io.apexstore.cli;

import io.apexstore.server.ApexServer;
import java.time.Duration;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/**
 * Stops the server when the process is told to end, and makes a clean stop exit with 0.
 *
 * <p>The JVM's own exit code after a signal is not 0 whatever its shutdown hooks did, so the hook
 * halts it when all is done. Nothing else of this program hooks the shutdown.
 */
final class Stop {
  private Stop() {}

  static void atSignal(ApexServer server, Duration timeout, Console console) {
    Runtime.getRuntime()
        .addShutdownHook(new Thread(() -> stop(server, timeout, console), "apexstore-stop"));
  }

  private static void stop(ApexServer server, Duration timeout, Console console) {
    console.out().println("stopping: no new requests; those under way end");
    console.out().flush();
    int exit = Console.FAILED;
    try {
      server
          .stop()
          .toCompletionStage()
          .toCompletableFuture()
          .get(timeout.toMillis(), TimeUnit.MILLISECONDS);
      console.out().println("stopped: everything is on the disk");
      exit = Console.OK;
    } catch (ExecutionException e) {
      console.complain("the stop failed: " + e.getCause());
    } catch (TimeoutException e) {
      console.complain("the stop took too long; the next start replays the log");
    } catch (InterruptedException e) {
      console.complain("the stop was interrupted; the next start replays the log");
    }
    console.out().flush();
    console.err().flush();
    Runtime.getRuntime().halt(exit);
  }
}
