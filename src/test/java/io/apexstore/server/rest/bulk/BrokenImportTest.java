package io.apexstore.server.rest.bulk;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.apexstore.server.RunningServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The answer to an import that did not store everything never looks complete. */
@Tag("server")
class BrokenImportTest {
  /** The last chunk of an answer. */
  private static final String END = "\r\n0\r\n\r\n";

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
  void anIllegalLineAfterStoredOnesEndsTheConnectionAfterItsProblem() throws IOException {
    String answer = importOf(lines(3_000) + "nonsense\n", "0\r\n\r\n");
    assertTrue(answer.startsWith("HTTP/1.1 200 "), answer);
    assertTrue(answer.contains("malformed-request"), answer);
    assertTrue(answer.contains("\"line\":3001"), answer);
    assertFalse(answer.endsWith(END), answer);
    assertEquals(200, server.call("GET", "/keys/k2999").status());
  }

  @Test
  void aBodyWithAMalformedChunkIsNotAnsweredAsComplete() throws IOException {
    for (int count : new int[] {1, 3_000}) {
      String answer = importOf(lines(count), "zz\r\n");
      boolean refused = answer.isEmpty() || answer.startsWith("HTTP/1.1 400 ");
      assertTrue(refused || !answer.endsWith(END), answer);
      assertFalse(answer.contains("\"done\":true"), answer);
    }
  }

  @Test
  void aCompleteImportIsAnsweredAsComplete() throws IOException {
    String answer = importOf(lines(3_000), "0\r\n\r\n");
    assertTrue(answer.contains("{\"lines\":3000,"), answer);
    assertTrue(answer.endsWith(END), answer);
  }

  private static String lines(int count) {
    StringBuilder lines = new StringBuilder();
    for (int i = 0; i < count; i++) {
      lines.append("{\"key\":\"k").append(i).append("\",\"value\":\"1\"}\n");
    }
    return lines.toString();
  }

  private String importOf(String body, String end) throws IOException {
    try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), server.port())) {
      socket.setSoTimeout(30_000);
      String request =
          "POST /keys/import HTTP/1.1\r\nHost: x\r\nConnection: close\r\nAuthorization: Bearer "
              + server.adminToken()
              + "\r\nContent-Type: application/x-ndjson\r\nTransfer-Encoding: chunked\r\n\r\n"
              + Integer.toHexString(body.length())
              + "\r\n"
              + body
              + "\r\n"
              + end;
      socket.getOutputStream().write(request.getBytes(StandardCharsets.US_ASCII));
      socket.getOutputStream().flush();
      return RunningServer.readAll(socket);
    }
  }
}
