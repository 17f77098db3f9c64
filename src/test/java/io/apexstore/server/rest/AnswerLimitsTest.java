package io.apexstore.server.rest;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.apexstore.ApexStore;
import io.apexstore.server.RunningServer;
import io.apexstore.server.RunningServer.Answer;
import io.apexstore.server.http.AnswerBudget;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
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

  @TempDir private static Path folder;
  private static RunningServer server;
  private static AnswerBudget budget;

  @BeforeAll
  static void start() {
    server = RunningServer.start(folder, "server_client_timeout", "2");
    budget = server.server().answers();
    ApexStore store = server.server().host().store();
    store.put(bytes("a"), bytes("1"));
    for (String key : new String[] {"large1", "large2", "large3"}) {
      store.put(bytes(key), bytes("x".repeat(3 << 20)));
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

  @Test
  void aPageEndsBeforeAnEntryForWhichThereIsNoMemory() {
    long all = budget.bytesMax();
    assertTrue(budget.tryReserve(all));
    String cursor;
    try {
      Answer page = server.call("GET", "/keys?limit=100");
      assertEquals(200, page.status());
      assertTrue(page.text().startsWith("{\"entries\":[{\"key\":\"a\","), page.text());
      assertFalse(page.text().contains("large1"), page.text());
      int from = page.text().indexOf("\"cursor\":\"") + "\"cursor\":\"".length();
      cursor = page.text().substring(from, page.text().indexOf('"', from));
    } finally {
      budget.release(all);
    }
    Answer next = server.call("GET", "/keys?limit=1&cursor=" + cursor);
    assertTrue(next.text().contains("\"key\":\"large1\""), next.status() + "");
  }

  @Test
  void anExportBreaksOffBeforeAnEntryForWhichThereIsNoMemory() {
    long all = budget.bytesMax();
    assertTrue(budget.tryReserve(all));
    try {
      String answer = raw("GET /keys/export", "");
      assertTrue(answer.contains("{\"key\":\"a\","), answer);
      assertTrue(answer.contains("urn:apexstore:problem:overloaded"), answer);
      assertFalse(answer.endsWith("0\r\n\r\n"), "the stream ended as if it were complete");
    } finally {
      budget.release(all);
    }
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
        await(request[0] + " is not reserved", () -> budget.reservedBytes() > 2 << 20);
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
      await("nothing is reserved", () -> budget.reservedBytes() > 2 << 20);
      await("it is not disconnected", () -> budget.reservedBytes() == 0);
    }
  }

  @Test
  void aSlowClientOfAnExportHoldsOneLargePieceAtATime() throws IOException {
    // The budget has room for one entry only.
    long taken = budget.bytesMax() - (4 << 20);
    assertTrue(budget.tryReserve(taken));
    try {
      String answer = raw("GET /keys/export", "").replaceAll("x{100,}", "x");
      for (String key : new String[] {"a", "large1", "large2", "large3", "m"}) {
        assertTrue(answer.contains("{\"key\":\"" + key + "\","), answer);
      }
      assertTrue(answer.endsWith("0\r\n\r\n"), "the export is not complete");
    } finally {
      budget.release(taken);
    }
  }
}
