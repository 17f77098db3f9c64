package io.apexstore.server;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.apexstore.StoreSeams;
import io.apexstore.engine.io.FaultStorage;
import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Objects;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code SERVER_KEEP_ALIVE} ends idle connections, and none that waits for its answer. */
@Tag("server")
class KeepAliveTest {
  @TempDir private Path folder;
  private final AtomicReference<FaultStorage> storage = new AtomicReference<>();

  private RunningServer open() {
    return RunningServer.start(
        folder,
        new ApexServer.Settings(
            ApexServer.Settings.plain().vertx(),
            builder ->
                StoreSeams.open(
                    builder,
                    files -> {
                      storage.set(new FaultStorage(files));
                      return Objects.requireNonNull(storage.get());
                    }),
            false),
        "server_keep_alive",
        "1");
  }

  @Test
  void aConnectionWhoseRequestsAreInProgressIsNotIdle() throws Exception {
    CountDownLatch syncing = new CountDownLatch(1);
    CountDownLatch diskReady = new CountDownLatch(1);
    try (RunningServer server = open();
        Socket waiting = connect(server)) {
      Objects.requireNonNull(storage.get())
          .before(
              FaultStorage.Kind.REGION_SYNC,
              (kind, name) -> {
                syncing.countDown();
                await(diskReady);
              });
      send(waiting, server, "Expect: 100-continue\r\n");
      send(waiting, server, "");
      await(syncing);
      // Connections without a request are closed meanwhile, one after the other.
      for (int i = 0; i < 2; i++) {
        try (Socket idle = connect(server)) {
          assertEquals(-1, idle.getInputStream().read());
        }
      }
      diskReady.countDown();
      // After the answers the connection is idle, and the server closes it.
      String answers = RunningServer.readAll(waiting);
      assertTrue(answers.startsWith("HTTP/1.1 100 "), answers);
      assertEquals(2, answers.split("HTTP/1.1 200 ", -1).length - 1, answers);
    } finally {
      diskReady.countDown();
    }
  }

  @Test
  void aPageOfChangesMayWaitLongerThanAnIdleConnection() throws IOException {
    try (RunningServer server = open()) {
      long start = System.nanoTime();
      RunningServer.Answer page = server.call("GET", "/changes?format=json&timeout=4");
      long waited = System.nanoTime() - start;
      assertEquals(200, page.status());
      assertTrue(waited >= TimeUnit.SECONDS.toNanos(4), "waited for " + waited + " ns");
      assertTrue(page.text().startsWith("{\"changes\":[]"), page.text());
    }
  }

  private static void send(Socket socket, RunningServer server, String header) throws IOException {
    String request =
        "PUT /keys/a HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer "
            + server.adminToken()
            + "\r\n"
            + header
            + "Content-Length: 1\r\n\r\n1";
    socket.getOutputStream().write(request.getBytes(StandardCharsets.ISO_8859_1));
    socket.getOutputStream().flush();
  }

  private static Socket connect(RunningServer server) throws IOException {
    Socket socket = new Socket(InetAddress.getLoopbackAddress(), server.port());
    socket.setSoTimeout(20_000);
    return socket;
  }

  private static void await(CountDownLatch latch) throws IOException {
    try {
      assertTrue(latch.await(30, TimeUnit.SECONDS));
    } catch (InterruptedException e) {
      throw new IOException(e);
    }
  }
}
