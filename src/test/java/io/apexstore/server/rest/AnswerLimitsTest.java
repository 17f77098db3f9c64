package io.apexstore.server.rest;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.apexstore.ApexStore;
import io.apexstore.LentValue;
import io.apexstore.error.ApexException;
import io.apexstore.options.StoreOptions;
import io.apexstore.server.ApexServer;
import io.apexstore.server.RunningServer;
import io.apexstore.server.RunningServer.Answer;
import io.apexstore.server.http.AnswerBudget;
import io.apexstore.server.http.json.JsonOutput;
import io.apexstore.stats.StoreStats;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Objects;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Large answers are counted against the answer budget, and refused when it is used up. */
@Tag("server")
class AnswerLimitsTest {
  private static final String LARGE = "{\"keys\": [\"a\", \"large1\", \"large2\"]}";

  /** More than the buffers of the kernel take for a client that does not read. */
  private static final int LARGE_BYTES = 12 << 20;

  private static final long LARGE_READ_BYTES_MAX = 160 << 20;

  @TempDir private static Path folder;
  private static RunningServer server;
  private static AnswerBudget budget;

  @BeforeAll
  static void start() {
    ApexServer.Settings plain = ApexServer.Settings.plain();
    ApexServer.Settings settings =
        new ApexServer.Settings(
            plain.vertx(),
            builder ->
                builder
                    .options(StoreOptions.defaults().withLargeReadBytesMax(LARGE_READ_BYTES_MAX))
                    .open(),
            plain.routerOnly());
    server = RunningServer.start(folder, settings, "server_client_timeout", "2");
    budget = server.server().answers();
    ApexStore store = server.server().host().store();
    store.put(bytes("a"), bytes("1"));
    for (String key : new String[] {"large1", "large2", "large3"}) {
      store.put(bytes(key), bytes("x".repeat(LARGE_BYTES)));
    }
    store.put(bytes("m"), bytes("2"));
  }

  @AfterAll
  static void stop() {
    server.close();
  }

  @AfterEach
  void everythingIsReleased() {
    await("something is still reserved", () -> budget.reservedBytes() == 0);
    server.awaitNoCursor();
  }

  private static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }

  private static void await(String what, BooleanSupplier condition) {
    for (int i = 0; !condition.getAsBoolean(); i++) {
      assertTrue(i < 30_000, what);
      LockSupport.parkNanos(1_000_000); // There is no event to wait for.
    }
  }

  private static void assertOverloaded(Answer answer) {
    assertEquals(503, answer.status(), answer.text());
    assertEquals("overloaded", answer.problem());
  }

  @Test
  void largeAnswersAreRefusedWhenTheBudgetIsUsedUp() {
    long all = budget.bytesMax();
    assertTrue(budget.tryReserve(all));
    try {
      assertOverloaded(server.json("POST", "/keys/get", LARGE));
      assertOverloaded(server.call("GET", "/keys?from=large1"));
      assertOverloaded(server.call("GET", "/keys/export?from=large1"));
      assertOverloaded(server.call("GET", "/keys/large1"));
      assertEquals(200, server.call("GET", "/keys/a").status());
      assertEquals(200, server.json("POST", "/keys/get", "{\"keys\": [\"a\", \"b\"]}").status());
      assertEquals(200, server.call("GET", "/keys?to=b").status());
      assertEquals(200, server.call("GET", "/keys?keys_only=true").status());
      assertEquals(200, server.call("GET", "/keys/export?from=m").status());
    } finally {
      budget.release(all);
    }
    assertEquals(200, server.json("POST", "/keys/get", LARGE).status());
    assertEquals(200, server.call("GET", "/keys/export").status());
  }

  @Test
  void answersThatHoldAllTheirMemoryRefuseNoWrite() {
    long all = budget.bytesMax();
    assertTrue(budget.tryReserve(all));
    try {
      assertEquals(200, server.call("PUT", "/keys/z", "text/plain", bytes("five!")).status());
    } finally {
      budget.release(all);
    }
  }

  /** Holds all memory of large values. */
  private static LentValue[] holdAllLargeMemory() {
    ApexStore store = server.server().host().store();
    StoreStats.CacheStats memory = store.stats().cache();
    LentValue[] held = new LentValue[(int) (memory.largeLimitBytes() / LARGE_BYTES) + 2];
    store.put(bytes("z"), new byte[LARGE_BYTES]);
    for (int i = 0; ; i++) {
      // A value in a memtable is copied for each reader.
      try {
        held[i] = store.keyspace("default").lend(bytes("z"));
      } catch (ApexException e) {
        assertEquals(ApexException.Code.MEMORY_EXHAUSTED, e.code());
        return Arrays.copyOf(held, i);
      }
    }
  }

  @Test
  void aLargeValueForWhichThereIsNoMemoryEndsAPageAndDelaysAnExport() throws Exception {
    LentValue[] held = holdAllLargeMemory();
    CompletableFuture<String> export;
    try {
      assertOverloaded(server.call("GET", "/keys/large2"));
      assertOverloaded(server.call("GET", "/keys?from=large1"));
      assertOverloaded(server.json("POST", "/keys/get", "{\"keys\": [\"large1\"]}"));
      assertOverloaded(server.call("GET", "/keys/export?from=large1"));
      Answer page = server.call("GET", "/keys?limit=100");
      assertEquals(200, page.status());
      assertTrue(page.text().startsWith("{\"entries\":[{\"key\":\"a\","), page.text());
      assertFalse(page.text().contains("large1"), page.text());
      assertTrue(page.text().contains("\"cursor\":"), page.text());
      assertEquals(200, server.call("GET", "/keys?keys_only=true").status());
      export = CompletableFuture.supplyAsync(() -> raw("GET /keys/export", ""));
      await("the export has not begun", () -> openStreams() == 1);
    } finally {
      for (LentValue one : held) {
        one.close();
      }
      server.server().host().store().delete(bytes("z"));
    }
    assertWhole(export.get(30, TimeUnit.SECONDS));
  }

  private static void assertWhole(String export) {
    String answer = export.replaceAll("x{100,}", "x");
    for (String key : new String[] {"a", "large1", "large2", "large3", "m"}) {
      assertTrue(answer.contains("{\"key\":\"" + key + "\","), answer);
    }
    assertTrue(answer.endsWith("0\r\n\r\n"), "the export is not complete");
  }

  private static String raw(String request, String body) {
    return server.raw(head(request, body) + body);
  }

  private static String head(String request, String body) {
    return request
        + " HTTP/1.1\r\nHost: x\r\nConnection: close\r\nAuthorization: Bearer "
        + server.adminToken()
        + "\r\nContent-Type: application/json\r\nContent-Length: "
        + body.length()
        + "\r\n\r\n";
  }

  @Test
  void answersStayReservedUntilTheirClientsHaveReadThemOrAreGone() throws IOException {
    for (String[] request :
        new String[][] {
          {"POST /keys/get", LARGE}, {"GET /keys?limit=100", ""}, {"GET /keys/export", ""}
        }) {
      try (Socket socket = new Socket()) {
        socket.setReceiveBufferSize(4 << 10);
        socket.connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), server.port()));
        socket.getOutputStream().write(bytes(head(request[0], request[1]) + request[1]));
        await(request[0] + " is not reserved", () -> budget.reservedBytes() > 64 << 10);
      }
      await(request[0] + " is not released", () -> budget.reservedBytes() == 0);
    }
  }

  @Test
  void aReadWhoseBodyDoesNotArriveOpensNothing() {
    for (String request :
        new String[] {
          "GET /changes?format=json&timeout=60&prefix=p",
          "GET /changes?format=ndjson",
          "GET /keys/export"
        }) {
      String answer = server.raw(unsentBody(request));
      assertTrue(answer.startsWith("HTTP/1.1 408 "), request + ": " + answer);
      assertEquals(0, openStreams(), request);
    }
  }

  private static long openStreams() {
    return server.call("GET", "/stats").number("streams");
  }

  private static String unsentBody(String request) {
    return request
        + " HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer "
        + server.adminToken()
        + "\r\nTransfer-Encoding: chunked\r\n\r\n";
  }

  @Test
  void aClientThatReadsNothingOfAnExportIsDisconnected() throws IOException {
    try (Socket socket = new Socket()) {
      socket.setReceiveBufferSize(4 << 10);
      socket.connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), server.port()));
      socket.getOutputStream().write(bytes(head("GET /keys/export", "")));
      await("nothing is reserved", () -> budget.reservedBytes() > 64 << 10);
      await("it is not disconnected", () -> budget.reservedBytes() == 0);
    }
  }

  @Test
  void noAnswerIsEverWholeInMemory() throws IOException {
    for (String request :
        new String[] {"POST /keys/get", "GET /keys", "GET /keys/export", "GET /keys/large1"}) {
      String body = request.startsWith("POST") ? LARGE : "";
      try (Socket socket = new Socket()) {
        socket.setReceiveBufferSize(4 << 10);
        socket.connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), server.port()));
        socket.getOutputStream().write(bytes(head(request, body) + body));
        await(request + " is not waited for", () -> budget.reservedBytes() > 0);
        assertTrue(budget.reservedBytes() < 1 << 20, request + ": " + budget.reservedBytes());
        await(request + " is not cut off", () -> budget.reservedBytes() == 0);
      }
    }
    await(
        "memory of a value is still held",
        () -> server.server().host().store().stats().cache().largeBytes() == 0);
  }

  @Test
  void aLongAnswerIsExactlyWhatWasStored() throws IOException {
    byte[] control = new byte[300_001];
    Arrays.fill(control, (byte) 1);
    byte[] binary = new byte[200_000];
    new Random(3).nextBytes(binary);
    byte[] text = "ä€😀\"\\\n".repeat(20_000).getBytes(StandardCharsets.UTF_8);
    ApexStore store = server.server().host().store();
    for (byte[] value : new byte[][] {control, binary, text}) {
      byte[] key = bytes("long");
      store.put(key, value);
      JsonOutput json = new JsonOutput(100).beginObject().bytes("key", key).bytes("value", value);
      long version = Objects.requireNonNull(store.getVersioned(key)).version();
      String entry =
          new String(
              json.name("version").number(version).endObject().toBytes(), StandardCharsets.UTF_8);
      assertEquals(entry, server.call("GET", "/keys/long").text());
      Answer raw =
          server.call("GET", "/keys/long", "", new byte[0], "Accept", "application/octet-stream");
      assertArrayEquals(value, raw.body());
      assertEquals(Integer.toString(value.length), raw.header("content-length"));
      Answer page = server.call("GET", "/keys?prefix=long");
      assertEquals("{\"entries\":[" + entry + "]}", page.text());
      Answer lines = server.call("GET", "/keys/export?prefix=long");
      assertEquals(entry + "\n", lines.text());
      Answer many = server.json("POST", "/keys/get", "{\"keys\": [\"a\", \"long\", \"none\"]}");
      assertTrue(many.text().contains("," + entry + "],\"missing\":[{\"key\":\"none\"}]}"));
    }
    store.delete(bytes("long"));
  }
}
