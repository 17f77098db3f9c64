package io.apexstore.server;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A stop keeps its deadline, whatever clients do. */
@Tag("server")
class StopTest {
  private static final int VALUE_BYTES = 24 << 20;

  @TempDir private Path folder;
  private final List<Socket> sockets = new ArrayList<>();

  @AfterEach
  void closeSockets() throws IOException {
    for (Socket socket : sockets) {
      socket.close();
    }
  }

  @Test
  void clientsThatNeitherReadNorSendDoNotDelayAStop() throws IOException {
    RunningServer server = RunningServer.start(folder, "server_shutdown_timeout", "3");
    assertEquals(200, server.call("PUT", "/keys/v", "", new byte[VALUE_BYTES]).status());
    String bytes = "Accept: application/octet-stream\r\n";
    awaitFirstByte(open(server, "GET /keys/v", bytes + "\r\n"));
    // A close that has begun and waits for the client to read.
    awaitFirstByte(open(server, "GET /keys/v", bytes + "Connection: close\r\n\r\n"));
    awaitFirstByte(open(server, "GET /keys/export", "\r\n"));
    awaitFirstByte(open(server, "GET /changes?format=sse&since=0", "\r\n"));
    // An answer that nobody reads, with the next request behind it.
    awaitFirstByte(open(server, "GET /keys/v", bytes + "\r\nGET /keys/v HTTP/1.1\r\nHost: x\r\n"));
    open(server, "GET /changes?timeout=60", "\r\n");
    open(server, "PUT /keys/half", "Content-Length: 1000\r\n\r\nabc");
    open(server, "PUT /keys/half", "Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n");
    String line = "{\"key\":\"i\",\"value\":\"1\"}\n";
    open(
        server,
        "POST /keys/import",
        "Content-Type: application/x-ndjson\r\nTransfer-Encoding: chunked\r\n\r\n18\r\n" + line);
    open(server, "GET /sta", "");
    long start = System.nanoTime();
    server.close();
    long ms = TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - start);
    assertTrue(ms < 10_000, "the stop took " + ms + " ms");
    try (RunningServer again = RunningServer.start(folder)) {
      assertEquals(200, again.call("HEAD", "/keys/v").status());
    }
  }

  private Socket open(RunningServer server, String request, String rest) throws IOException {
    Socket socket = new Socket();
    sockets.add(socket);
    socket.setReceiveBufferSize(4 << 10);
    socket.setSoTimeout(30_000);
    socket.connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), server.port()));
    String head =
        request.endsWith("/sta")
            ? request
            : request
                + " HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer "
                + server.adminToken()
                + "\r\n";
    socket.getOutputStream().write((head + rest).getBytes(StandardCharsets.US_ASCII));
    socket.getOutputStream().flush();
    return socket;
  }

  private static void awaitFirstByte(Socket socket) throws IOException {
    assertTrue(socket.getInputStream().read() >= 0);
  }
}
