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
 * What the JVM watches while it makes the ahead-of-time cache that later starts use: a server is
 * started, asked what clients ask most, stopped, and all of it again on what the first one left.
 *
 * <p>It keeps everything in the folder in which it is run, which must be empty, looks at no
 * environment, and listens on a free port of the loopback.
 */
final class TrainingRun {
  private static final int ROUNDS = 50;
  private static final int TIMEOUT_MS = 30_000;
  private static final long TRAINING_MS_MAX = 120_000;
  private static final String DATA = "data";

  private TrainingRun() {}

  /**
   * Runs it and ends the process; the exit code is 0 if all went well.
   *
   * @param args how many milliseconds it may take; two minutes if there is none
   */
  public static void main(String[] args) {
    long mostMs = args.length == 0 ? TRAINING_MS_MAX : Long.parseLong(args[0]);
    // Somebody waits for a start: better one without a cache than none.
    CompletableFuture.delayedExecutor(mostMs, TimeUnit.MILLISECONDS)
        .execute(() -> Runtime.getRuntime().halt(Console.FAILED));
    try {
      Files.createDirectory(Path.of("conf"));
      Files.writeString(Path.of("conf", "apexstore.json"), "{\"host\": \"127.0.0.1\"}\n");
      startTwice(Main.console(Map.of()));
    } catch (Exception e) {
      e.printStackTrace();
      Runtime.getRuntime().halt(Console.FAILED);
    }
    System.exit(Console.OK); // Ends the second server as a signal would.
  }

  private static void startTwice(Console console) throws Exception {
    ServeArguments arguments =
        ServeArguments.ofPlain("serve", "--port=0", "--data-dir", DATA).orElseThrow();
    ServerConfig config = ServerProgram.configure(arguments, console);
    ApexServer first =
        ApexServer.start(config)
            .toCompletionStage()
            .toCompletableFuture()
            .get(TIMEOUT_MS, TimeUnit.MILLISECONDS);
    ask(first);
    first.stop().toCompletionStage().toCompletableFuture().get(TIMEOUT_MS, TimeUnit.MILLISECONDS);
    ask(ServerProgram.start(ServerProgram.configure(arguments, console), console));
  }

  private static void ask(ApexServer server) throws IOException {
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
        throw new IOException("the training's requests were answered with\n" + answers);
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
