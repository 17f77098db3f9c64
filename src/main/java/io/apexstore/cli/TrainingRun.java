package io.apexstore.cli;

import io.apexstore.server.ApexServer;
import io.apexstore.server.config.ServerConfig;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;

/**
 * The run that the JVM observes to create the ahead-of-time cache of later starts. It starts a
 * server, sends the most common requests, stops the server, and repeats that with the data of the
 * first server.
 *
 * <p>It keeps all data in the working directory, which must be empty, ignores the environment, and
 * listens on a free port of the loopback address.
 */
final class TrainingRun {
  private static final int ROUNDS = 50;
  private static final int TIMEOUT_MS = 30_000;
  private static final long TRAINING_MS_MAX = 120_000;
  private static final String DATA = "data";

  private TrainingRun() {}

  /**
   * Runs the training and ends the process, with exit code 0 if it succeeded.
   *
   * @param args the time limit in ms; two minutes if it is omitted
   */
  public static void main(String[] args) {
    long limitMs = args.length == 0 ? TRAINING_MS_MAX : Long.parseLong(args[0]);
    // An operator is waiting for a start: a start without a cache is better than no start.
    CompletableFuture.delayedExecutor(limitMs, TimeUnit.MILLISECONDS)
        .execute(() -> Runtime.getRuntime().halt(Console.FAILED));
    try {
      Files.createDirectory(Path.of("conf"));
      Files.writeString(Path.of("conf", "apexstore.json"), "{\"host\": \"127.0.0.1\"}\n");
      startTwice(Main.console(Map.of()));
    } catch (Exception e) {
      e.printStackTrace();
      Runtime.getRuntime().halt(Console.FAILED);
    }
    System.exit(Console.OK); // stops the second server as a signal would
  }

  private static void startTwice(Console console) throws Exception {
    ServeArguments arguments =
        ServeArguments.parseSimple("serve", "--port=0", "--data-dir", DATA).orElseThrow();
    ServerConfig config = ServerProgram.loadConfig(arguments, console);
    ApexServer first =
        ApexServer.start(config)
            .toCompletionStage()
            .toCompletableFuture()
            .get(TIMEOUT_MS, TimeUnit.MILLISECONDS);
    sendRequests(first);
    first.stop().toCompletionStage().toCompletableFuture().get(TIMEOUT_MS, TimeUnit.MILLISECONDS);
    sendRequests(ServerProgram.start(ServerProgram.loadConfig(arguments, console), console));
  }

  private static void sendRequests(ApexServer server) throws IOException {
    String token = Files.readString(Path.of(DATA, "admin.token")).strip();
    for (int i = 0; i < ROUNDS; i++) {
      String answers =
          send(
              server.port(),
              """
              GET /health/ready HTTP/1.1
              Host: training

              PUT %1$s HTTP/1.1
              Host: training
              Authorization: Bearer %2$s
              Content-Length: 5

              valueGET %1$s HTTP/1.1
              Host: training
              Authorization: Bearer %2$s
              Connection: close

              """
                  .formatted("/keys/key" + i, token)
                  .replace("\n", "\r\n"));
      if (!answers.matches("(?s)(HTTP/1.1 200 .*){3}")) {
        throw new IOException("unexpected answers to the training requests:\n" + answers);
      }
    }
  }

  private static String send(int port, String requests) throws IOException {
    try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), port)) {
      socket.setSoTimeout(TIMEOUT_MS);
      socket.getOutputStream().write(requests.getBytes(StandardCharsets.US_ASCII));
      InputStream in = socket.getInputStream();
      return new String(in.readAllBytes(), StandardCharsets.UTF_8);
    }
  }
}
