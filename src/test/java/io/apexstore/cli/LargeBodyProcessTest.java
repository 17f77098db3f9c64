package io.apexstore.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The largest bodies do not exhaust a small heap. */
@Tag("server")
class LargeBodyProcessTest {
  private static final HttpClient CLIENT = HttpClient.newHttpClient();

  @TempDir private Path folder;
  private final List<ServerProcess> servers = new ArrayList<>();

  @AfterEach
  void killRemainingProcesses() {
    servers.forEach(server -> server.process().destroyForcibly());
  }

  @Test
  void valuesOf50MibAreStoredAndReplayedWithAHeapOf256Mib() throws Exception {
    byte[] value = new byte[50 << 20];
    new Random(1).nextBytes(value);
    ServerProcess server = start(256);
    for (int i = 0; i < 3; i++) {
      assertEquals(200, put(server, "/keys/v" + i, value).statusCode());
    }
    server.process().destroyForcibly();
    assertTrue(server.process().waitFor(60, TimeUnit.SECONDS));
    ServerProcess again = start(256);
    assertEquals(200, put(again, "/keys/v3", value).statusCode());
    stop(again);
  }

  @Test
  void aBodyThatTheHeapCannotHoldIsRefusedWithTheLimitAndOthersAreStored() throws Exception {
    ServerProcess server = start(160);
    HttpResponse<String> refused = put(server, "/keys/v", new byte[50 << 20]);
    assertEquals(413, refused.statusCode());
    assertTrue(refused.body().contains("the body may have at most 3"), refused.body());
    assertEquals(200, put(server, "/keys/v", new byte[33 << 20]).statusCode());
    stop(server);
  }

  @Test
  void longRunsOfTheLongestBodiesAreStoredWithAHeapOf160MibAlsoAfterARestart() throws Exception {
    byte[] value = new byte[33 << 20];
    new Random(2).nextBytes(value);
    for (int run = 0; run < 2; run++) {
      ServerProcess server = start(160);
      for (int i = 0; i < 4; i++) {
        assertEquals(200, put(server, "/keys/v" + i, value).statusCode(), "run " + run + ", " + i);
      }
      server.process().destroyForcibly();
      assertTrue(server.process().waitFor(60, TimeUnit.SECONDS));
    }
    stop(start(160));
  }

  private ServerProcess start(int heapMib) throws Exception {
    ServerProcess server = ServerProcess.launchWithHeap(heapMib, folder);
    servers.add(server);
    server.awaitLine("listens on");
    return server;
  }

  private static void stop(ServerProcess server) throws Exception {
    server.process().toHandle().destroy();
    assertTrue(server.process().waitFor(60, TimeUnit.SECONDS));
    assertEquals(0, server.process().exitValue());
  }

  private static HttpResponse<String> put(ServerProcess server, String path, byte[] value)
      throws Exception {
    return CLIENT.send(
        HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + server.port() + path))
            .header("Authorization", "Bearer " + server.token())
            .expectContinue(true)
            .PUT(HttpRequest.BodyPublishers.ofByteArray(value))
            .build(),
        HttpResponse.BodyHandlers.ofString());
  }
}
