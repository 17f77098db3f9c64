package io.apexstore.bench.http;

import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * A single etcd with its default durability: every put is on the disk before the response.
 *
 * <p><b>Threads:</b> confined to one.
 */
final class EtcdServer implements AutoCloseable {
  private static final int START_TRIES_MAX = 300;
  private static final long TRY_MS = 100;

  private final @Nullable BenchServer process;
  private final String url;

  private EtcdServer(@Nullable BenchServer process, String url) {
    this.process = process;
    this.url = url;
  }

  /** A placeholder if etcd is not installed. */
  static EtcdServer none() {
    return new EtcdServer(null, "");
  }

  static EtcdServer start(Path folder) throws IOException, InterruptedException {
    String client = "http://127.0.0.1:" + BareServer.freePort();
    String peer = "http://127.0.0.1:" + BareServer.freePort();
    BenchServer process =
        BenchServer.start(
            "etcd",
            List.of(
                "etcd",
                "--data-dir=" + folder.resolve("etcd-data"),
                "--listen-client-urls=" + client,
                "--advertise-client-urls=" + client,
                "--listen-peer-urls=" + peer,
                "--initial-advertise-peer-urls=" + peer,
                "--initial-cluster=default=" + peer,
                "--log-level=error"),
            Map.of(),
            folder);
    EtcdServer server = new EtcdServer(process, client);
    server.awaitHealth(process);
    return server;
  }

  private void awaitHealth(BenchServer started) throws IOException, InterruptedException {
    try (HttpClient http = HttpClient.newHttpClient()) {
      HttpRequest health = HttpRequest.newBuilder(URI.create(url + "/health")).build();
      for (int i = 0; i < START_TRIES_MAX && started.isAlive(); i++) {
        try {
          var answer = http.send(health, HttpResponse.BodyHandlers.ofString());
          if (answer.statusCode() == 200 && answer.body().contains("true")) {
            return;
          }
        } catch (IOException e) {
          // It does not listen yet.
        }
        TimeUnit.MILLISECONDS.sleep(TRY_MS);
      }
    }
    close();
    throw new IOException("etcd did not start");
  }

  String url() {
    return url;
  }

  static String version() throws IOException, InterruptedException {
    Process process = new ProcessBuilder("etcd", "--version").redirectErrorStream(true).start();
    String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    process.waitFor();
    String firstLine = output.lines().findFirst().orElse("");
    return firstLine.substring(firstLine.indexOf(':') + 1).strip();
  }

  @Override
  public void close() {
    if (process != null) {
      process.close();
    }
  }
}
