package io.apexstore.server.rest;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.apexstore.server.RunningServer;
import io.apexstore.server.RunningServer.Answer;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.Random;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

@Tag("server")
class ImportExportTest {
  private static final String LINES = "application/x-ndjson";

  @TempDir private Path folder;
  private RunningServer server;

  @BeforeEach
  void start() {
    // Small memtables, so that an import flushes while it runs.
    server =
        RunningServer.start(folder, "memtable_max_size", "256KiB", "server_client_timeout", "1");
  }

  @AfterEach
  void stop() {
    server.close();
  }

  @Test
  void anImportedExportIsExportedTheSame() {
    Random random = new Random(5);
    StringBuilder input = new StringBuilder();
    for (int i = 0; i < 12_000; i++) {
      input.append(String.format("{\"key\":\"k%05d\",\"value\":\"%x\"}%n", i, random.nextLong()));
    }
    input.append("{\"key_base64\":\"/wA=\",\"value_base64\":\"gIE=\"}\n");
    Answer imported = server.call("POST", "/keys/import", LINES, bytes(input.toString()));
    assertEquals(200, imported.status());
    List<String> progress = imported.text().lines().toList();
    assertTrue(progress.getLast().startsWith("{\"lines\":12001,"), progress.getLast());
    assertTrue(progress.getLast().endsWith(",\"done\":true}"), progress.getLast());
    assertTrue(progress.size() > 1, "several batches");
    assertEquals("", imported.header("connection"));
    assertProgressGrows(progress);
    Answer exported = server.call("GET", "/keys/export");
    assertEquals(12_001, exported.text().lines().count());
    assertEquals(200, server.call("PUT", "/keyspaces/copy").status());
    Answer again = server.call("POST", "/keyspaces/copy/keys/import", LINES, exported.body());
    assertTrue(again.text().contains("\"lines\":12001,"), again.text());
    assertEquals(
        withoutVersions(exported.text()),
        withoutVersions(server.call("GET", "/keyspaces/copy/keys/export").text()));
  }

  @Test
  void exportsAndImportsKeepTheTimeOfExpiry() {
    assertEquals(
        200,
        server
            .call(
                "POST",
                "/keys/import",
                LINES,
                bytes("{\"key\": \"ends\", \"value\": \"v\", \"ttl\": 1000}\n"))
            .status());
    String exported = server.call("GET", "/keys/export?prefix=ends").text();
    assertTrue(exported.contains("\"expires_at_ms\":"), exported);
    server.call("DELETE", "/keys/ends");
    server.call("POST", "/keys/import", LINES, bytes(exported));
    server.call("POST", "/keys/import", LINES, bytes(exported));
    assertEquals(
        withoutVersions(exported), withoutVersions(server.call("GET", "/keys/export").text()));
  }

  @Test
  void anImportedMomentOfExpiryIsKeptAsItIsAlsoIfItHasPassed() {
    long distant = 9_000_000_000_000_000_000L;
    long soon = System.currentTimeMillis() + 1_000_000;
    String lines =
        "{\"key\": \"distant\", \"value\": \"v\", \"expires_at_ms\": "
            + distant
            + "}\n"
            + "{\"key\": \"ended\", \"value\": \"v\", \"expires_at_ms\": 1}\n"
            + "{\"key\": \"soon\", \"value\": \"v\", \"expires_at_ms\": "
            + soon
            + "}\n";
    server.call("PUT", "/keys/ended", "text/plain", bytes("an older value"));
    Answer answer = server.call("POST", "/keys/import", LINES, bytes(lines));
    assertTrue(answer.text().contains("{\"lines\":3,"), answer.text());
    assertEquals(404, server.call("GET", "/keys/ended").status());
    assertEquals(soon, server.call("GET", "/keys/soon").number("expires_at_ms"));
    assertEquals(distant, server.call("GET", "/keys/distant").number("expires_at_ms"));
  }

  @Test
  void anIllegalLineEndsTheImportAndEarlierLinesStay() {
    String input =
        """
        {"key":"a","value":"1"}

        {"key":"b","value":"2"}
        {"key":"c","value":3}
        {"key":"d","value":"4"}
        """;
    String answer = brokenImport(input);
    assertTrue(answer.startsWith("HTTP/1.1 200 "), answer);
    assertTrue(answer.contains("{\"lines\":3,"), answer);
    assertTrue(answer.contains("\"line\":4,"), answer);
    assertTrue(answer.contains("malformed-request"), answer);
    assertFalse(answer.contains("done"), answer);
    assertEquals("\"succeeded\":0,\"refused\":1,\"failed\":0", counts("import"));
    assertEquals(200, server.call("GET", "/keys/a").status());
    assertEquals(200, server.call("GET", "/keys/b").status());
    assertEquals(404, server.call("GET", "/keys/c").status());
    assertEquals(404, server.call("GET", "/keys/d").status());
  }

  @Test
  void anIllegalLineAfterManyLegalOnesKeepsThemAll() {
    StringBuilder input = new StringBuilder();
    for (int i = 0; i < 5_000; i++) {
      input.append("{\"key\":\"k").append(i).append("\",\"value\":\"v\"}\n");
    }
    input.append("{\"key\":\"\",\"value\":\"v\"}\n");
    String answer = brokenImport(input.toString());
    assertTrue(answer.contains("{\"lines\":5000,"), answer);
    assertTrue(answer.contains("\"line\":5001,"), answer);
    assertEquals(5_000, server.everything().lines().count());
  }

  @Test
  void aKeyImportedTwiceHasItsLastValue() {
    StringBuilder input = new StringBuilder();
    for (int i = 0; i < 5_000; i++) {
      input
          .append("{\"key\":\"k")
          .append(i % 3)
          .append("\",\"value\":\"")
          .append(i)
          .append("\"}\n");
    }
    server.call("POST", "/keys/import", LINES, bytes(input.toString()));
    assertTrue(server.call("GET", "/keys/k0").text().contains("\"4998\""));
    assertTrue(server.call("GET", "/keys/k1").text().contains("\"4999\""));
    assertTrue(server.call("GET", "/keys/k2").text().contains("\"4997\""));
  }

  @Test
  void longLinesStayInOrderAmongShortOnes() {
    StringBuilder input = new StringBuilder();
    for (int i = 0; i < 40; i++) {
      String value = i + "-".repeat(i % 3 == 0 ? 700_000 : 20);
      input.append("{\"key\":\"k").append(i % 5).append("\",\"value\":\"");
      input.append(value).append("\"}\n").append(i % 7 == 0 ? "\n" : "");
    }
    Answer answer = server.call("POST", "/keys/import", LINES, bytes(input.toString()));
    assertTrue(answer.text().contains("\"lines\":46,"), answer.text());
    for (int i = 35; i < 40; i++) {
      assertTrue(server.call("GET", "/keys/k" + i % 5).text().contains("\"" + i + "-"));
    }
  }

  @Test
  void anIllegalLongLineEndsTheImportAndEarlierLinesStay() {
    String input =
        "{\"key\":\"a\",\"value\":\"1\"}\n{\"key\":\"b\",\"value\":\""
            + "x".repeat(700_000)
            + "\"]\n{\"key\":\"c\",\"value\":\"1\"}\n";
    String answer = brokenImport(input);
    assertTrue(answer.contains("{\"lines\":1,"), answer);
    assertTrue(answer.contains("\"line\":2,"), answer);
    assertEquals(200, server.call("GET", "/keys/a").status());
    assertEquals(404, server.call("GET", "/keys/b").status());
    assertEquals(404, server.call("GET", "/keys/c").status());
  }

  /** Returns the answer to an import that fails, as it came; it has no end. */
  private String brokenImport(String lines) {
    String answer =
        server.raw(
            "POST /keys/import HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer "
                + server.adminToken()
                + "\r\nContent-Type: "
                + LINES
                + "\r\nContent-Length: "
                + lines.length()
                + "\r\n\r\n"
                + lines);
    assertFalse(answer.endsWith("\r\n0\r\n\r\n"), answer);
    return answer;
  }

  @Test
  void anEmptyImportSucceeds() {
    assertTrue(
        server.call("POST", "/keys/import", LINES, bytes("\n\n")).text().contains("\"lines\":2,"));
    Answer empty = server.call("POST", "/keys/import", LINES, new byte[0]);
    assertEquals(200, empty.status());
    assertTrue(empty.text().contains("\"lines\":0,\"version\":0,\"done\":true"), empty.text());
  }

  @Test
  void largeValuesAreImported() {
    StringBuilder input = new StringBuilder();
    for (int i = 0; i < 6; i++) {
      input.append("{\"key\":\"large").append(i).append("\",\"value\":\"");
      input.append("x".repeat(3 << 20)).append("\"}\n");
    }
    Answer answer = server.call("POST", "/keys/import", LINES, bytes(input.toString()));
    assertTrue(answer.text().contains("\"lines\":6,"), answer.text());
    assertEquals(
        3 << 20,
        server
            .call("GET", "/keys/large5", "", new byte[0], "Accept", "application/octet-stream")
            .body()
            .length);
  }

  @Test
  void progressIsAnsweredDuringTheImport() throws IOException {
    try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), server.port())) {
      socket.setSoTimeout(30_000);
      OutputStream out = socket.getOutputStream();
      out.write(
          bytes(
              "POST /keys/import HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer "
                  + server.adminToken()
                  + "\r\nContent-Type: application/x-ndjson\r\nTransfer-Encoding: chunked\r\n\r\n"));
      BufferedReader in =
          new BufferedReader(
              new InputStreamReader(socket.getInputStream(), StandardCharsets.UTF_8));
      sendChunk(out, "{\"key\":\"a\",\"value\":\"1\"}\n");
      assertTrue(readUntil(in, "{\"lines\":").startsWith("{\"lines\":1,"));
      assertEquals(200, server.call("GET", "/keys/a").status());
      sendChunk(out, "{\"key\":\"b\",\"value\":\"1\"}\n{\"key\":\"c\",\"val");
      assertTrue(readUntil(in, "{\"lines\":").startsWith("{\"lines\":2,"));
      sendChunk(out, "ue\":\"1\"}");
      out.write(bytes("0\r\n\r\n"));
      assertTrue(readUntil(in, "{\"lines\":").startsWith("{\"lines\":3,"));
      assertEquals(200, server.call("GET", "/keys/c").status());
    }
  }

  @Test
  void aClientThatDisconnectsHarmsNoOtherAndItsCompleteLinesMayStay() throws IOException {
    try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), server.port())) {
      socket
          .getOutputStream()
          .write(
              bytes(
                  "POST /keys/import HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer "
                      + server.adminToken()
                      + "\r\nContent-Type: application/x-ndjson\r\nContent-Length: 1000000\r\n\r\n"
                      + "{\"key\":\"gone\",\"value\":\"1\"}\n{\"key\":\"half"));
      BufferedReader in =
          new BufferedReader(
              new InputStreamReader(socket.getInputStream(), StandardCharsets.UTF_8));
      assertTrue(readUntil(in, "{\"lines\":").startsWith("{\"lines\":1,"));
    }
    assertEquals(200, server.call("GET", "/keys/gone").status());
    assertEquals(1, server.everything().lines().count());
  }

  @Test
  void aStreamWhoseClientDisconnectsClosesItsCursor() throws Exception {
    StringBuilder input = new StringBuilder();
    for (int i = 0; i < 2_000; i++) {
      input.append("{\"key\":\"k").append(i).append("\",\"value\":\"");
      input.append("x".repeat(4_000)).append("\"}\n");
    }
    server.call("POST", "/keys/import", LINES, bytes(input.toString()));
    try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), server.port())) {
      socket.setReceiveBufferSize(4_096);
      socket
          .getOutputStream()
          .write(
              bytes(
                  "GET /keys/export HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer "
                      + server.adminToken()
                      + "\r\n\r\n"));
      assertTrue(socket.getInputStream().read() >= 0);
      assertEquals(1, server.server().host().store().stats().openCursors());
    }
    server.awaitNoCursor();
  }

  @Test
  void aClientThatReadsNothingIsDisconnected() throws Exception {
    byte[] value = "x".repeat(1 << 20).getBytes(StandardCharsets.UTF_8);
    for (int i = 0; i < 24; i++) {
      server.call("PUT", "/keys/large" + i, "", value);
    }
    try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), server.port())) {
      socket
          .getOutputStream()
          .write(
              bytes(
                  "GET /keys/export HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer "
                      + server.adminToken()
                      + "\r\n\r\n"));
      assertTrue(socket.getInputStream().read() >= 0);
      assertEquals(200, server.call("GET", "/stats").status(), "others are served");
      while (server.call("GET", "/stats").number("streams") > 0) {
        LockSupport.parkNanos(10_000_000); // There is no event to wait for.
      }
      socket.setSoTimeout(30_000);
      assertFalse(RunningServer.readAll(socket).endsWith("0\r\n\r\n"), "it was sent whole");
      assertEquals("\"succeeded\":0,\"refused\":1,\"failed\":0", counts("export"));
    }
  }

  private String counts(String operation) {
    String figures = server.call("GET", "/stats").text();
    String start = "\"" + operation + "\":{";
    int from = figures.indexOf(start) + start.length();
    return figures.substring(from, figures.indexOf(",\"recent\"", from));
  }

  private static void assertProgressGrows(List<String> progress) {
    long before = 0;
    for (String line : progress) {
      long lines = Long.parseLong(line.replaceAll("\\{\"lines\":([0-9]+),.*", "$1"));
      assertTrue(lines > before || line.contains("done"), line);
      before = lines;
    }
  }

  private static String withoutVersions(String text) {
    return text.replaceAll(",\"version\":[0-9]+", "");
  }

  private static void sendChunk(OutputStream out, String text) throws IOException {
    byte[] bytes = bytes(text);
    out.write(bytes(Integer.toHexString(bytes.length) + "\r\n"));
    out.write(bytes);
    out.write(bytes("\r\n"));
    out.flush();
  }

  private static String readUntil(BufferedReader in, String start) throws IOException {
    for (String line; (line = in.readLine()) != null; ) {
      if (line.startsWith(start)) {
        return line;
      }
    }
    throw new AssertionError("the connection ended");
  }

  private static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }
}
