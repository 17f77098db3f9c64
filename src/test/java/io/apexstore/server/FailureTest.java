package io.apexstore.server;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.apexstore.StoreSeams;
import io.apexstore.engine.io.DiskFullException;
import io.apexstore.engine.io.FaultStorage;
import io.apexstore.error.ApexException;
import io.apexstore.server.RunningServer.Answer;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Objects;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicReference;
import java.util.logging.Handler;
import java.util.logging.Level;
import java.util.logging.LogRecord;
import java.util.logging.Logger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * The answers to a client when the server or its disk fails: they say what to do, and no internals.
 */
@Tag("server")
class FailureTest {
  private static final Logger PROBLEMS = Logger.getLogger("io.apexstore.server.http.Problems");

  @TempDir private Path folder;
  private final AtomicReference<FaultStorage> storage = new AtomicReference<>();
  private final Queue<String> log = new ConcurrentLinkedQueue<>();
  private final Handler listener =
      new Handler() {
        @Override
        public void publish(LogRecord entry) {
          log.add(entry.getMessage() + " " + entry.getThrown());
        }

        @Override
        public void flush() {}

        @Override
        public void close() {}
      };
  private RunningServer server;

  @BeforeEach
  void start() {
    PROBLEMS.setUseParentHandlers(false);
    PROBLEMS.setLevel(Level.ALL);
    PROBLEMS.addHandler(listener);
    server = open();
    byte[] value = "x".repeat(1_000).getBytes(StandardCharsets.UTF_8);
    for (int i = 0; i < 50; i++) {
      server.call("PUT", "/keys/k" + i, "", value);
    }
    server.call("POST", "/admin/flush");
  }

  private RunningServer open() {
    ApexServer.Settings plain = ApexServer.Settings.plain();
    return RunningServer.start(
        folder,
        new ApexServer.Settings(
            plain.vertx(),
            builder ->
                StoreSeams.open(
                    builder,
                    files -> {
                      storage.set(new FaultStorage(files));
                      return faults();
                    }),
            false),
        "compression",
        "none");
  }

  private FaultStorage faults() {
    return Objects.requireNonNull(storage.get());
  }

  @AfterEach
  void stop() {
    PROBLEMS.removeHandler(listener);
    PROBLEMS.setUseParentHandlers(true);
    server.close();
  }

  @Test
  void anInternalErrorIsAFixedProblemAndTheLogHasItsCause() {
    faults()
        .before(
            FaultStorage.Kind.READ,
            (kind, name) -> {
              throw new IllegalStateException("planted in /secret/path");
            });
    Answer answer = server.call("GET", "/keys/k7");
    assertEquals(500, answer.status());
    assertEquals("internal-error", answer.problem());
    assertShowsNoInternals(answer);
    assertTrue(log.toString().contains(answer.header("x-request-id")), log.toString());
    assertTrue(log.toString().contains("planted in /secret/path"), log.toString());
  }

  @Test
  void aFailedReadMayBeRetried() {
    FaultStorage.Rule rule =
        faults()
            .before(
                FaultStorage.Kind.READ,
                (kind, name) -> {
                  throw new IOException("planted in /secret/path");
                });
    Answer answer = server.call("GET", "/keys/k7");
    assertEquals(503, answer.status());
    assertEquals("read-failed", answer.problem());
    assertEquals("1", answer.header("retry-after"));
    assertShowsNoInternals(answer);
    assertEquals(503, server.call("GET", "/keys?limit=1").status());
    rule.stop();
    assertEquals(200, server.call("GET", "/keys/k7").status());
  }

  @Test
  void afterAFailedSyncWritesAreRefusedAndReadsContinue() {
    // Every sync fails: the first may be that of a segment prepared in the background.
    faults()
        .before(
            FaultStorage.Kind.REGION_SYNC,
            (kind, name) -> {
              throw new IOException("planted in /secret/path");
            });
    Answer answer = server.call("PUT", "/keys/new", "", new byte[] {1});
    assertEquals(503, answer.status());
    assertEquals("storage-failed", answer.problem());
    assertShowsNoInternals(answer);
    assertEquals("storage-failed", server.call("DELETE", "/keys/k1").problem());
    assertEquals(200, server.call("GET", "/keys/k7").status());
    assertEquals(503, server.callAs("", "GET", "/health/ready", "", new byte[0]).status());
    assertState("failed", "storage_failed");
    // The caller of stop gets the failure, too.
    assertThrows(ApexException.class, server::close);
    server = open();
  }

  @Test
  void corruptDataIsAnErrorAndNeverAnAbsentKey() throws IOException {
    server.close();
    try (var files = Files.list(server.config().storeDirectory())) {
      for (Path table : files.filter(file -> file.toString().endsWith(".sst")).toList()) {
        byte[] content = Files.readAllBytes(table);
        for (int i = 5_000; i < 40_000 && i < content.length; i += 500) {
          content[i] ^= 1;
        }
        Files.write(table, content);
      }
    }
    server = open();
    int damaged = 0;
    for (int i = 0; i < 50; i++) {
      Answer answer = server.call("GET", "/keys/k" + i);
      assertTrue(answer.status() == 200 || answer.status() == 500, answer.text());
      if (answer.status() == 500) {
        damaged++;
        assertEquals("corruption", answer.problem());
        assertState("failed", "damage");
        assertEquals(
            "{\"status\":\"ready\",\"causes\":[\"damage\"]}",
            server.callAs("", "GET", "/health/ready", "", new byte[0]).text());
        assertShowsNoInternals(answer);
      }
    }
    assertTrue(damaged > 0, "no block was damaged");
    Answer stream = server.call("GET", "/keys?limit=1000");
    assertEquals("corruption", stream.problem());
    assertTrue(log.toString().contains(".sst"), log.toString());
  }

  @Test
  void aStreamThatFailsMidwayEndsWithAProblemAndIsAborted() {
    byte[] value = "y".repeat(60_000).getBytes(StandardCharsets.UTF_8);
    for (int i = 0; i < 200; i++) {
      server.call("PUT", "/keys/s" + i, "", value);
    }
    server.call("POST", "/admin/flush");
    long[] reads = new long[1];
    faults()
        .before(
            FaultStorage.Kind.READ,
            (kind, name) -> {
              if (++reads[0] > 100) {
                throw new IOException("planted in /secret/path");
              }
            });
    String answer =
        server.raw(
            "GET /keys/export HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer "
                + server.adminToken()
                + "\r\n\r\n");
    assertTrue(answer.startsWith("HTTP/1.1 200 "), answer.substring(0, 100));
    assertTrue(answer.contains("urn:apexstore:problem:read-failed"), "no problem in the stream");
    assertFalse(answer.endsWith("0\r\n\r\n"), "the stream ended as if it were complete");
    assertFalse(answer.contains("/secret"));
    server.awaitNoCursor();
    String figures = server.call("GET", "/stats").text();
    assertTrue(
        figures.contains("\"export\":{\"succeeded\":0,\"refused\":0,\"failed\":1,"), figures);
  }

  @Test
  void aFullDiskIsShownWhereverTheStateIsShownUntilThereIsRoom() {
    FaultStorage.Rule rule =
        faults()
            .before(
                FaultStorage.Kind.CREATE_REGION,
                (kind, name) -> {
                  throw new DiskFullException("planted in /secret/path", null);
                });
    byte[] value = new byte[1 << 20];
    Answer answer = server.call("PUT", "/keys/large", "", value);
    while (answer.status() < 300) {
      answer = server.call("PUT", "/keys/large", "", value);
    }
    assertEquals(507, answer.status());
    assertState("read_only", "disk_full");
    Answer ready = server.callAs("", "GET", "/health/ready", "", new byte[0]);
    assertEquals(503, ready.status());
    assertEquals("{\"status\":\"read_only\",\"causes\":[\"disk_full\"]}", ready.text());
    rule.stop();
    while (server.call("PUT", "/keys/large", "", value).status() >= 300) {
      Thread.onSpinWait();
    }
    assertEquals("{\"status\":\"healthy\"}", server.call("GET", "/health").text());
  }

  /** All places that show the state of the store show this one. */
  private void assertState(String state, String cause) {
    String health = server.call("GET", "/health").text();
    assertEquals("{\"status\":\"" + state + "\",\"causes\":[\"" + cause + "\"]}", health);
    String object = "\"health\":{\"state\":\"" + state + "\",\"causes\":[{\"cause\":\"" + cause;
    for (String path : new String[] {"/health/check", "/stats"}) {
      String text = server.call("GET", path).text();
      assertTrue(text.contains(object), text);
    }
    String metrics = server.call("GET", "/metrics").text();
    assertTrue(metrics.contains("apexstore_store_state{state=\"" + state + "\"} 1"), metrics);
    assertFalse(metrics.contains("apexstore_store_causes{cause=\"" + cause + "\"} 0"), metrics);
  }

  private void assertShowsNoInternals(Answer answer) {
    for (String internal :
        new String[] {
          "/secret",
          "planted",
          "Exception",
          "io.apexstore",
          "\\tat ",
          ".sst",
          ".log",
          folder.toString()
        }) {
      assertFalse(answer.text().contains(internal), answer.text());
    }
  }
}
