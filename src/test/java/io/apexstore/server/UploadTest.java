package io.apexstore.server;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.apexstore.server.http.BodyBudget;
import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.Random;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Bodies are counted by what has arrived, and arrive whole in whatever pieces they come. */
@Tag("server")
class UploadTest {
  @TempDir private Path folder;
  private RunningServer server;

  @BeforeEach
  void start() {
    server = RunningServer.start(folder);
  }

  @AfterEach
  void stop() {
    server.close();
  }

  @Test
  void anAnnouncedLengthReservesNothing() throws IOException {
    BodyBudget bodies = server.server().bodies();
    try (Socket first = begin("Content-Length: 52428800");
        Socket second = begin("Content-Length: 52428800")) {
      send(first, new byte[30_000]);
      send(second, new byte[30_000]);
      awaitReserved(bodies, 60_000);
      assertTrue(bodies.reservedBytes() < 200_000, bodies.reservedBytes() + " bytes");
    }
    awaitReserved(bodies, 0);
  }

  @Test
  void bodiesOfEveryLengthArriveWhole() throws IOException {
    Random random = new Random(7);
    for (int length : new int[] {0, 1, 8_191, 8_192, 8_193, 70_000, 1 << 20, 3_333_333}) {
      byte[] body = new byte[length];
      random.nextBytes(body);
      for (boolean chunked : new boolean[] {false, true}) {
        try (Socket socket =
            begin(chunked ? "Transfer-Encoding: chunked" : "Content-Length: " + length)) {
          for (int at = 0; at < length; ) {
            int count = Math.min(length - at, 1 + random.nextInt(100_000));
            byte[] part = Arrays.copyOfRange(body, at, at + count);
            if (chunked) {
              send(
                  socket,
                  (Integer.toHexString(count) + "\r\n").getBytes(StandardCharsets.US_ASCII));
              send(socket, part);
              send(socket, new byte[] {'\r', '\n'});
            } else {
              send(socket, part);
            }
            at += count;
          }
          if (chunked) {
            send(socket, "0\r\n\r\n".getBytes(StandardCharsets.US_ASCII));
          }
          String answer = RunningServer.readAll(socket);
          assertTrue(answer.startsWith("HTTP/1.1 200 "), answer);
        }
        assertArrayEquals(
            body,
            server
                .call("GET", "/keys/k", "", new byte[0], "Accept", "application/octet-stream")
                .body());
      }
    }
    assertEquals(0, server.server().bodies().reservedBytes());
  }

  private static void awaitReserved(BodyBudget bodies, long wanted) {
    for (int i = 0; i < 2_000; i++) {
      if (wanted == 0 ? bodies.reservedBytes() == 0 : bodies.reservedBytes() >= wanted) {
        return;
      }
      LockSupport.parkNanos(Duration.ofMillis(10).toNanos()); // there is no notification
    }
    throw new AssertionError(bodies.reservedBytes() + " bytes are reserved");
  }

  private Socket begin(String length) throws IOException {
    Socket socket = new Socket(InetAddress.getLoopbackAddress(), server.port());
    socket.setSoTimeout(20_000);
    send(
        socket,
        ("PUT /keys/k HTTP/1.1\r\nHost: x\r\nConnection: close\r\nAuthorization: Bearer "
                + server.adminToken()
                + "\r\n"
                + length
                + "\r\n\r\n")
            .getBytes(StandardCharsets.US_ASCII));
    return socket;
  }

  private static void send(Socket socket, byte[] bytes) throws IOException {
    socket.getOutputStream().write(bytes);
    socket.getOutputStream().flush();
  }
}
