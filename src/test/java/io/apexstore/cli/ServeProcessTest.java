package io.apexstore.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.HttpURLConnection;
import java.net.InetAddress;
import java.net.Socket;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code apexstore serve} as a process of its own. */
@Tag("process")
class ServeProcessTest {
  @TempDir private Path folder;
  private final List<Process> processes = new ArrayList<>();

  @AfterEach
  void killRemainingProcesses() {
    processes.forEach(Process::destroyForcibly);
  }

  @Test
  void aTerminatedServerFinishesRequestsInProgressExitsWith0AndLosesNothing() throws Exception {
    Running server = start();
    String token = Files.readString(folder.resolve("data/admin.token")).strip();
    assertEquals(200, server.put("/keys/a", token, "1"));
    try (Socket slow = new Socket(InetAddress.getLoopbackAddress(), server.port)) {
      slow.setSoTimeout(30_000);
      OutputStream out = slow.getOutputStream();
      out.write(
          ("PUT /keys/b HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer "
                  + token
                  + "\r\nContent-Length: 2\r\nConnection: close\r\n\r\n1")
              .getBytes(StandardCharsets.US_ASCII));
      out.flush();
      server.awaitConnections(token, 1);
      server.process.toHandle().destroy(); // SIGTERM
      server.awaitLine("stopping");
      out.write('2');
      out.flush();
      String answer = new String(slow.getInputStream().readAllBytes(), StandardCharsets.US_ASCII);
      assertTrue(answer.startsWith("HTTP/1.1 200 "), answer);
    }
    server.awaitLine("stopped");
    assertTrue(server.process.waitFor(60, TimeUnit.SECONDS));
    assertEquals(0, server.process.exitValue());
    Running again = start();
    assertEquals("1", again.get("/keys/a", token));
    assertEquals("12", again.get("/keys/b", token));
    again.process.toHandle().destroy();
    assertTrue(again.process.waitFor(60, TimeUnit.SECONDS));
    assertEquals(0, again.process.exitValue());
  }

  @Test
  void aKilledServerKeepsWhatItAcknowledged() throws Exception {
    Running server = start();
    String token = Files.readString(folder.resolve("data/admin.token")).strip();
    for (int i = 0; i < 50; i++) {
      assertEquals(200, server.put("/keys/k" + i, token, "v" + i));
    }
    server.process.destroyForcibly();
    assertTrue(server.process.waitFor(60, TimeUnit.SECONDS));
    Running again = start();
    for (int i = 0; i < 50; i++) {
      assertEquals("v" + i, again.get("/keys/k" + i, token));
    }
    again.process.toHandle().destroy();
    assertTrue(again.process.waitFor(60, TimeUnit.SECONDS));
  }

  @Test
  void theStartPrintsWhatTheOperatorNeedsAndNoSecrets() throws Exception {
    Running server = start("--block-cache-size-mb", "9");
    String token = Files.readString(folder.resolve("data/admin.token")).strip();
    server.put("/keys/canary-key", token, "canary-value");
    assertEquals(400, server.status("/keys/none?canary=1", token));
    server.process.toHandle().destroy();
    assertTrue(server.process.waitFor(60, TimeUnit.SECONDS));
    String printed = String.join("\n", server.lines);
    assertTrue(printed.contains("BLOCK_CACHE_SIZE_MB=9 (command line)"), printed);
    assertTrue(printed.contains(folder.resolve("data/admin.token").toString()), printed);
    assertTrue(printed.contains("http://127.0.0.1:" + server.port), printed);
    assertFalse(printed.contains(token.substring(21)), "the token's secret was printed");
    assertFalse(printed.contains("canary"), printed);
    assertFalse(printed.contains("WARNING"), printed);
  }

  @Test
  void aDirectoryInUseEndsTheStartAndTheErrorNamesItsProcess() throws Exception {
    Running server = start();
    Process second = launch();
    assertTrue(second.waitFor(60, TimeUnit.SECONDS));
    List<String> lines = readLines(second.getInputStream());
    assertEquals(1, second.exitValue(), lines.toString());
    assertTrue(
        String.join("\n", lines).contains(Long.toString(server.process.pid())), lines.toString());
    server.process.toHandle().destroy();
    assertTrue(server.process.waitFor(60, TimeUnit.SECONDS));
  }

  @Test
  void aPortInUseEndsTheStart() throws Exception {
    Running server = start();
    Path other = folder.resolve("other");
    Process second =
        launch("--data-dir", other.toString(), "--port", Integer.toString(server.port));
    assertTrue(second.waitFor(60, TimeUnit.SECONDS));
    List<String> lines = readLines(second.getInputStream());
    assertEquals(1, second.exitValue(), lines.toString());
    String error = lines.getLast();
    assertTrue(error.contains("cannot listen on HOST 127.0.0.1, PORT " + server.port), error);
    server.process.toHandle().destroy();
    assertTrue(server.process.waitFor(60, TimeUnit.SECONDS));
  }

  private Running start(String... more) throws IOException {
    ServerProcess launched = ServerProcess.launch(folder, more);
    processes.add(launched.process());
    launched.awaitLine("listens on");
    return new Running(launched);
  }

  private Process launch(String... more) throws IOException {
    Process process = ServerProcess.launch(folder, more).process();
    processes.add(process);
    return process;
  }

  private static List<String> readLines(InputStream in) throws IOException {
    return new String(in.readAllBytes(), StandardCharsets.UTF_8)
        .lines()
        .filter(line -> !line.startsWith("SLF4J"))
        .toList();
  }

  private static final class Running {
    private final ServerProcess launched;
    private final Process process;
    private final List<String> lines;
    private final int port;

    Running(ServerProcess launched) {
      this.launched = launched;
      this.process = launched.process();
      this.lines = launched.lines();
      this.port = launched.port();
    }

    void awaitLine(String part) throws IOException {
      launched.awaitLine(part);
    }

    void awaitConnections(String token, int others) throws IOException {
      while (!get("/stats", token).contains("\"connections\":" + (others + 1))) {
        Thread.onSpinWait();
      }
    }

    int put(String path, String token, String value) throws IOException {
      HttpURLConnection connection = open(path, token);
      connection.setRequestMethod("PUT");
      connection.setDoOutput(true);
      try (OutputStream body = connection.getOutputStream()) {
        body.write(value.getBytes(StandardCharsets.UTF_8));
      }
      int status = connection.getResponseCode();
      connection.getInputStream().readAllBytes();
      return status;
    }

    String get(String path, String token) throws IOException {
      HttpURLConnection connection = open(path, token);
      connection.setRequestProperty("Accept", "application/octet-stream");
      return new String(connection.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    }

    int status(String path, String token) throws IOException {
      return open(path, token).getResponseCode();
    }

    private HttpURLConnection open(String path, String token) throws IOException {
      HttpURLConnection connection =
          (HttpURLConnection)
              URI.create("http://127.0.0.1:" + port + path).toURL().openConnection();
      connection.setRequestProperty("Authorization", "Bearer " + token);
      return connection;
    }
  }
}
