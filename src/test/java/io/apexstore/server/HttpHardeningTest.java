package io.apexstore.server;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.Socket;
import java.net.SocketException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Malformed and malicious requests, byte for byte. */
@Tag("server")
class HttpHardeningTest {
  private static final int CONNECTIONS_MAX = 12;

  @TempDir private static Path folder;
  private static RunningServer server;

  @BeforeAll
  static void start() {
    server =
        RunningServer.start(
            folder,
            "server_client_timeout",
            "2",
            "max_raw_payload_size",
            "1MiB",
            "max_connections_per_ip",
            Integer.toString(CONNECTIONS_MAX));
  }

  @AfterAll
  static void stop() {
    server.close();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "Content-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        "Transfer-Encoding: chunked\r\nContent-Length: 4\r\n\r\n0\r\n\r\n",
        "Content-Length: 4\r\nContent-Length: 5\r\n\r\nabcde",
        "Content-Length: 4\r\nContent-Length: 4\r\n\r\nabcd",
        "Content-Length: 4, 4\r\n\r\nabcd",
        "Content-Length: -4\r\n\r\nabcd",
        "Content-Length: +4\r\n\r\nabcd",
        "Content-Length: four\r\n\r\nabcd",
        "Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n",
        "Transfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\n",
        "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        "Transfer-Encoding : chunked\r\n\r\n0\r\n\r\n",
        "X-Folded: a\r\n b\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab"
      })
  void aBodyOfAmbiguousLengthIsRefusedAndTheConnectionClosed(String rest) {
    String answer =
        server.raw(head("PUT /keys/smuggled") + rest + head("GET /keys/second") + "\r\n");
    assertTrue(answer.startsWith("HTTP/1.1 400 "), answer);
    assertEquals(1, answer.split("HTTP/1.1 ", -1).length - 1, answer);
    assertEquals(404, server.call("GET", "/keys/smuggled").status());
  }

  @ParameterizedTest
  @ValueSource(strings = {"zz\r\n", "-1\r\n", "fffffffffffffffff\r\n", "5\r\nabcdeXX0\r\n\r\n"})
  void malformedChunksEndTheConnectionAndStoreNothing(String chunks) {
    String answer =
        server.raw(head("PUT /keys/chunked") + "Transfer-Encoding: chunked\r\n\r\n" + chunks);
    assertFalse(answer.contains(" 200 "), answer);
    assertEquals(404, server.call("GET", "/keys/chunked").status());
  }

  @Test
  void aLongRequestLineIsRefused() {
    String answer = server.raw("GET /keys/" + "k".repeat(5_000) + " HTTP/1.1\r\nHost: x\r\n\r\n");
    assertTrue(answer.startsWith("HTTP/1.1 414 "), answer);
    assertTrue(answer.contains("urn:apexstore:problem:uri-too-long"), answer);
  }

  @Test
  void longHeadersAreRefused() {
    String answer = server.raw(head("GET /stats") + "X-Long: " + "v".repeat(9_000) + "\r\n\r\n");
    assertTrue(answer.startsWith("HTTP/1.1 431 "), answer);
    assertTrue(answer.contains("urn:apexstore:problem:headers-too-large"), answer);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "nonsense\r\n\r\n",
        "GET\r\n\r\n",
        "GET /stats HTTP/9.9\r\nHost: x\r\n\r\n",
        "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
        "GET /stats HTTP/1.1\r\nBad Header: x\r\n\r\n",
        "GET /stats HTTP/1.1\r\nX-Null: a\0b\r\n\r\n",
        "\0\0\0\0\r\n\r\n"
      })
  void malformedRequestsAreRefusedAndTheConnectionClosed(String request) {
    String answer = server.raw(request);
    assertTrue(answer.isEmpty() || answer.matches("(?s)HTTP/1.1 (400|505) .*"), answer);
    assertFalse(answer.contains("Exception"), answer);
  }

  @Test
  void anUpgradeToHttp2InClearTextIsIgnored() {
    String live = "GET /health/live HTTP/1.1\r\nHost: x\r\n";
    String answer =
        server.raw(
            live
                + "Upgrade: h2c\r\nConnection: Upgrade, HTTP2-Settings\r\n"
                + "HTTP2-Settings: AAMAAABkAAQAAP__\r\n\r\n"
                + live
                + "Connection: close\r\n\r\n");
    assertEquals(2, answer.split("HTTP/1.1 200 ", -1).length - 1, answer);
  }

  @Test
  void unknownPathsAreNotFound() {
    for (String target :
        new String[] {
          "/../etc/passwd", "/..%2f..%2fetc/passwd", "/.git/config", "//etc/passwd", "/./stats",
          "http://other/nothing", "*", "/%00", "/dashboard.js/..", "/keys/../stats"
        }) {
      String answer =
          server.raw("GET " + target + " HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
      assertTrue(answer.startsWith("HTTP/1.1 40"), target + ": " + answer);
      assertFalse(answer.contains("root:"), target);
    }
  }

  @Test
  void aBodyOverTheLimitIsRefusedByItsLengthBeforeItIsRead() {
    String answer = server.raw(head("PUT /keys/large") + "Content-Length: 99999999999\r\n\r\nabc");
    assertTrue(answer.startsWith("HTTP/1.1 413 "), answer);
    assertEquals(404, server.call("GET", "/keys/large").status());
  }

  @Test
  void aChunkedBodyOverTheLimitIsRefusedAndNeverBuffered() throws IOException {
    try (Socket socket = connect()) {
      OutputStream out = socket.getOutputStream();
      send(out, head("PUT /keys/large") + "Transfer-Encoding: chunked\r\n\r\n");
      String chunk = "10000\r\n" + "x".repeat(0x10000) + "\r\n";
      long heapBefore = usedHeap();
      try {
        for (int i = 0; i < 1_600; i++) {
          send(out, chunk); // 100 MiB in total
        }
      } catch (SocketException e) {
        // the server closed the connection
      }
      assertTrue(usedHeap() - heapBefore < 32 << 20, "the body was buffered");
    }
    assertEquals(404, server.call("GET", "/keys/large").status());
  }

  private static long usedHeap() {
    System.gc();
    return Runtime.getRuntime().totalMemory() - Runtime.getRuntime().freeMemory();
  }

  @Test
  void aCompressedBodyIsRefused() {
    for (String encoding : new String[] {"gzip", "deflate", "br", "zstd", "x"}) {
      String answer =
          server.raw(
              head("PUT /keys/gz")
                  + "Content-Encoding: "
                  + encoding
                  + "\r\nContent-Length: 2\r\n\r\nab");
      assertTrue(answer.startsWith("HTTP/1.1 415 "), answer);
    }
    assertEquals(404, server.call("GET", "/keys/gz").status());
  }

  @Test
  void aClientThatExpectsContinueGetsIt() throws IOException {
    String request =
        head("PUT /keys/expected")
            + "Connection: close\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\nab";
    String answer = server.raw(request);
    assertTrue(answer.startsWith("HTTP/1.1 100 "), answer);
    assertTrue(answer.contains("HTTP/1.1 200 "), answer);
    String tooLarge =
        server.raw(
            head("PUT /keys/x")
                + "Expect: 100-continue\r\nContent-Length: 9999999\r\nConnection: close\r\n\r\n");
    assertTrue(tooLarge.startsWith("HTTP/1.1 413 "), tooLarge);
  }

  @Test
  void aSlowHeadIsDisconnected() throws IOException, InterruptedException {
    try (Socket socket = connect()) {
      OutputStream out = socket.getOutputStream();
      long start = System.nanoTime();
      try {
        for (char c : ("GET /stats HTTP/1.1\r\nX-Slow: " + "s".repeat(1_000)).toCharArray()) {
          send(out, Character.toString(c));
          Thread.sleep(50); // the attack
        }
      } catch (SocketException e) {
        // disconnected
      }
      long seconds = (System.nanoTime() - start) / 1_000_000_000;
      assertTrue(seconds < 10, "was connected for " + seconds + " s");
    }
  }

  @Test
  void anIdleConnectionIsClosedAfterItsTimeout(@TempDir Path own) throws IOException {
    try (RunningServer impatient = RunningServer.start(own, "server_keep_alive", "1");
        Socket silent = new Socket(InetAddress.getLoopbackAddress(), impatient.port());
        Socket served = new Socket(InetAddress.getLoopbackAddress(), impatient.port())) {
      silent.setSoTimeout(20_000);
      served.setSoTimeout(20_000);
      assertTrue(isServed(served));
      assertEquals(-1, silent.getInputStream().read());
      assertEquals(-1, served.getInputStream().read());
    }
  }

  @Test
  void aConnectionOverTheLimitIsRefusedUntilOthersAreClosed() throws IOException {
    List<Socket> open = new ArrayList<>();
    try {
      for (int i = 0; i < CONNECTIONS_MAX; i++) {
        open.add(connect());
        if (!isServed(open.getLast())) {
          break; // connections of other tests count as well
        }
      }
      Socket last = connect();
      open.add(last);
      assertFalse(isServed(last));
      assertTrue(isServed(open.getFirst()), "open connections are still served");
    } finally {
      for (Socket socket : open) {
        socket.close();
      }
    }
    for (int i = 0; i < 200; i++) {
      try (Socket socket = connect()) {
        if (isServed(socket)) {
          return;
        }
      }
    }
    throw new AssertionError("no connection is served any more");
  }

  private static boolean isServed(Socket socket) {
    try {
      send(socket.getOutputStream(), "GET /health/live HTTP/1.1\r\nHost: x\r\n\r\n");
      byte[] buffer = new byte[1_000];
      int count = socket.getInputStream().read(buffer);
      return count > 0
          && new String(buffer, 0, count, StandardCharsets.ISO_8859_1).contains(" 200 ");
    } catch (IOException e) {
      return false;
    }
  }

  @Test
  void everyFileIsAccessibleToItsOwnerOnly() throws IOException {
    server.call("PUT", "/keys/a", "", new byte[] {1});
    try (var paths = Files.walk(server.config().dataDirectory())) {
      for (Path path : paths.toList()) {
        String mode = PosixFilePermissions.toString(Files.getPosixFilePermissions(path));
        assertEquals(Files.isDirectory(path) ? "rwx------" : "rw-------", mode, path.toString());
      }
    }
  }

  private static String head(String request) {
    return request
        + " HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer "
        + server.adminToken()
        + "\r\n";
  }

  private static Socket connect() throws IOException {
    Socket socket = new Socket(InetAddress.getLoopbackAddress(), server.port());
    socket.setSoTimeout(20_000);
    return socket;
  }

  private static void send(OutputStream out, String text) throws IOException {
    out.write(text.getBytes(StandardCharsets.ISO_8859_1));
    out.flush();
  }
}
