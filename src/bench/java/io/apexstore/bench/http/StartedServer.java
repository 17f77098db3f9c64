package io.apexstore.bench.http;

import java.io.IOException;
import java.net.ConnectException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/**
 * A server that {@code scripts/apexstore} started with its defaults, and the time until it was
 * ready.
 *
 * <p><b>Threads:</b> confined to one.
 */
final class StartedServer implements AutoCloseable {
  private static final byte[] REQUEST =
      "GET /health/ready HTTP/1.1\r\nHost: bench\r\nConnection: close\r\n\r\n"
          .getBytes(StandardCharsets.US_ASCII);
  private static final String READY = "HTTP/1.1 200 ";
  private static final long POLL_MS = 2;
  private static final int ANSWER_MS_MAX = 5_000;

  /** The first start may build the program. */
  private static final long START_SECONDS_MAX = 600;

  private final BenchServer process;
  private final Path folder;
  private final int port;
  private final double readyMs;

  private StartedServer(BenchServer process, Path folder, int port, double readyMs) {
    this.process = process;
    this.folder = folder;
    this.port = port;
    this.readyMs = readyMs;
  }

  /** Starts the server with its data in the directory, and waits until it is ready. */
  static StartedServer start(Path program, Path folder, Map<String, String> environment)
      throws IOException, InterruptedException {
    int port = freePort();
    Map<String, String> all = new HashMap<>(environment);
    all.put("HOST", "127.0.0.1");
    all.put("PORT", Integer.toString(port));
    all.put("DATA_DIR", folder.resolve("data").toString());
    long begin = System.nanoTime();
    BenchServer process =
        BenchServer.start("start", List.of(program.toString(), "serve"), all, folder);
    try {
      while (!isReady(port)) {
        if (!process.isAlive()) {
          throw new IOException("the server ended:\n" + process.output());
        }
        if (System.nanoTime() - begin > TimeUnit.SECONDS.toNanos(START_SECONDS_MAX)) {
          throw new IOException("the server is not ready after " + START_SECONDS_MAX + " s");
        }
        TimeUnit.MILLISECONDS.sleep(POLL_MS);
      }
    } catch (IOException | InterruptedException e) {
      process.close();
      throw e;
    }
    return new StartedServer(process, folder, port, (System.nanoTime() - begin) / 1e6);
  }

  private static boolean isReady(int port) throws IOException {
    try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), port)) {
      socket.setSoTimeout(ANSWER_MS_MAX);
      socket.getOutputStream().write(REQUEST);
      byte[] answer = socket.getInputStream().readNBytes(READY.length());
      return new String(answer, StandardCharsets.US_ASCII).equals(READY);
    } catch (ConnectException e) {
      return false; // The server does not listen yet.
    }
  }

  private static int freePort() throws IOException {
    try (ServerSocket free = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      return free.getLocalPort();
    }
  }

  /** Time from the execution of the program to the first response that it is ready, in ms. */
  double readyMs() {
    return readyMs;
  }

  /** Puts keys of 16 bytes with values of 100 bytes. */
  void put(int keys) throws IOException, InterruptedException {
    String token = Files.readString(folder.resolve("data/admin.token")).strip();
    String value = "0123456789".repeat(10);
    try (HttpClient http = HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build()) {
      for (int i = 0; i < keys; i++) {
        HttpRequest put =
            HttpRequest.newBuilder(URI.create("http://127.0.0.1:%d/keys/%016d".formatted(port, i)))
                .header("Authorization", "Bearer " + token)
                .PUT(HttpRequest.BodyPublishers.ofString(value))
                .build();
        int status = http.send(put, HttpResponse.BodyHandlers.discarding()).statusCode();
        if (status / 100 != 2) {
          throw new IOException("PUT answered " + status);
        }
      }
    }
  }

  @Override
  public void close() {
    process.close();
  }
}
