package io.apexstore.server.rest;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.apexstore.ApexStore;
import io.apexstore.server.RunningServer;
import io.apexstore.server.RunningServer.Answer;
import io.apexstore.server.http.AnswerBudget;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.SocketException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What a feed over HTTP shows, and the limits on its memory and its waiting. */
@Tag("server")
class ChangeLimitsTest {
  private static final HttpClient CLIENT =
      HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
  private static final Pattern CHANGE =
      Pattern.compile("\\{\"type\":\"([a-z_]+)\",\"token\":\"([^\"]+)\"");

  @TempDir private Path folder;

  private static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }

  private static ApexStore store(RunningServer server) {
    return server.server().host().store();
  }

  /** Opens a stream. */
  private static BufferedReader open(RunningServer server, String path) {
    HttpRequest request =
        HttpRequest.newBuilder(URI.create(server.server().url() + path))
            .header("Authorization", "Bearer " + server.adminToken())
            .build();
    try {
      HttpResponse<InputStream> response =
          CLIENT.send(request, HttpResponse.BodyHandlers.ofInputStream());
      assertEquals(200, response.statusCode());
      return new BufferedReader(
          new InputStreamReader(response.body(), StandardCharsets.UTF_8), 1 << 16);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }

  private static String line(BufferedReader lines) throws IOException {
    String line = lines.readLine();
    assertNotNull(line, "the stream has ended");
    return line;
  }

  private static void await(String what, BooleanSupplier condition) {
    for (int i = 0; !condition.getAsBoolean(); i++) {
      assertTrue(i < 30_000, what);
      LockSupport.parkNanos(1_000_000); // There is no event to wait for.
    }
  }

  private static String pageToken(Answer page) {
    String text = page.text();
    int from = text.lastIndexOf("\"token\":\"") + "\"token\":\"".length();
    return text.substring(from, text.indexOf('"', from));
  }

  /**
   * A token that a stream shows.
   *
   * @param token the token
   * @param changes how many changes the stream has shown by then
   */
  private record Shown(String token, int changes) {}

  /** Reads a stream up to a number of changes, adds their tokens, and returns all tokens. */
  private static List<Shown> read(RunningServer server, String path, int count, List<String> given)
      throws IOException {
    List<Shown> shown = new ArrayList<>();
    try (BufferedReader lines = open(server, path)) {
      while (given.size() < count) {
        String line = line(lines);
        Matcher change = CHANGE.matcher(line);
        if (change.find()) {
          if (!List.of("heartbeat", "bookmark").contains(change.group(1))) {
            given.add(change.group(2));
          }
          shown.add(new Shown(change.group(2), given.size()));
        } else if (line.startsWith("id: ") && line(lines).isEmpty()) {
          // An event without data; the id of one with data is the token in it.
          shown.add(new Shown(line.substring(4), given.size()));
        }
      }
    }
    return shown;
  }

  @ParameterizedTest
  @CsvSource({
    "since=0&format=ndjson,40",
    "since=0&format=sse,40",
    "snapshot=true&format=ndjson,41",
    "snapshot=true&format=sse,41"
  })
  void nothingAfterAnyTokenThatAStreamShowsIsMissing(String query, int count) throws IOException {
    try (RunningServer server = RunningServer.start(folder)) {
      for (int i = 0; i < 40; i++) {
        store(server).put(bytes("k" + (100 + i)), bytes("x".repeat(5_000)));
      }
      List<String> given = new ArrayList<>();
      List<Shown> all = read(server, "/changes?" + query, count, given);
      assertEquals(0, all.getFirst().changes());
      assertEquals(count, all.getLast().changes());
      for (Shown shown : all) {
        Answer page = server.call("GET", "/changes?limit=10000&since=" + shown.token());
        List<String> rest = CHANGE.matcher(page.text()).results().map(its -> its.group(2)).toList();
        assertEquals(given.subList(shown.changes(), count), rest, shown.token());
      }
    }
  }

  @Test
  void aPageHasNoBookmarksAndWaitsInSpiteOfThem() throws Exception {
    try (RunningServer server = RunningServer.start(folder)) {
      for (int i = 0; i < 15; i++) {
        store(server).put(bytes("k" + i), new byte[1 << 20]);
      }
      Answer none = server.call("GET", "/changes?since=0&prefix=rare");
      assertTrue(none.text().startsWith("{\"changes\":[],"), none.text());
      assertEquals(pageToken(server.call("GET", "/changes")), pageToken(none));
      await("a page's feed is open", () -> store(server).stats().feeds().readers() == 0);
      CompletableFuture<Answer> waiting =
          CompletableFuture.supplyAsync(
              () -> server.call("GET", "/changes?since=0&prefix=rare&timeout=60"));
      await("no request waits", () -> store(server).stats().feeds().readers() > 0);
      store(server).put(bytes("rare"), bytes("1"));
      Answer answer = waiting.get(30, TimeUnit.SECONDS);
      assertTrue(answer.text().startsWith("{\"changes\":[{\"type\":\"put\""), answer.text());
      assertFalse(answer.text().contains("bookmark"), answer.text());
    }
  }

  @Test
  void feedsOutliveAShortKeepAlive() throws IOException {
    try (RunningServer server = RunningServer.start(folder, "server_keep_alive", "2");
        BufferedReader lines = open(server, "/changes?format=sse")) {
      for (int heartbeats = 0; heartbeats < 5; ) {
        if (line(lines).startsWith(": nothing new")) {
          heartbeats++;
        }
      }
      store(server).put(bytes("a"), bytes("1"));
      String line = line(lines);
      while (!line.startsWith("event: ")) {
        line = line(lines);
      }
      assertEquals("event: put", line);
    }
  }

  @Test
  void whatSlowClientsDoNotReadStaysReservedUntilTheyAreDisconnected() throws IOException {
    try (RunningServer server = RunningServer.start(folder, "server_client_timeout", "1")) {
      for (int i = 0; i < 10; i++) {
        // Zeros become six bytes each.
        store(server).put(bytes("k" + i), new byte[2 << 20]);
      }
      AnswerBudget bodies = server.server().answers();
      for (String format : List.of("ndjson", "json")) {
        try (Socket socket = new Socket()) {
          socket.setReceiveBufferSize(4 << 10);
          socket.connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), server.port()));
          String request =
              "GET /changes?since=0&format="
                  + format
                  + " HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer "
                  + server.adminToken()
                  + "\r\n\r\n";
          socket.getOutputStream().write(bytes(request));
          await("nothing is reserved", () -> bodies.reservedBytes() > 1 << 20);
          if (format.equals("ndjson")) {
            AtomicLong most = new AtomicLong();
            await(
                "it was not released",
                () ->
                    most.accumulateAndGet(bodies.reservedBytes(), Math::max) > 0
                        && bodies.reservedBytes() == 0);
            assertTrue(most.get() < 3 << 20, "much is queued: " + most);
            // The kernel has dropped the rest, too.
            assertThrows(SocketException.class, () -> socket.getInputStream().readAllBytes());
          }
        }
        await("it was not released when the client was gone", () -> bodies.reservedBytes() == 0);
      }
    }
  }

  @Test
  void aFeedWithoutMemoryForALargeChangeWaitsForIt() throws IOException {
    try (RunningServer server = RunningServer.start(folder)) {
      store(server).put(bytes("a"), bytes("1"));
      store(server).put(bytes("b"), new byte[1 << 20]);
      AnswerBudget answers = server.server().answers();
      long most = answers.bytesMax() - (512 << 10);
      assertTrue(answers.tryReserve(most));
      Answer first = server.call("GET", "/changes?since=0");
      assertTrue(first.text().contains("\"key\":\"a\""), first.text());
      assertFalse(first.text().contains("\"key\":\"b\""));
      String next = "/changes?since=" + pageToken(first);
      Answer refused = server.call("GET", next);
      assertEquals(503, refused.status(), refused.text());
      assertEquals("overloaded", refused.problem());
      for (String format : List.of("sse", "ndjson")) {
        try (BufferedReader lines = open(server, "/changes?since=0&format=" + format)) {
          String line = line(lines);
          while (!line.contains("\"key\":\"a\"")) {
            line = line(lines);
          }
          answers.release(most);
          while (!line.contains("\"key\":\"b\"")) {
            line = line(lines);
          }
        }
        await("it was not released", () -> answers.reservedBytes() == 0);
        assertTrue(answers.tryReserve(most));
      }
      assertTrue(answers.tryReserve(answers.bytesMax() - most));
      assertEquals(503, server.call("GET", next + "&format=sse").status());
      answers.release(answers.bytesMax());
      assertTrue(server.call("GET", next).text().contains("\"key\":\"b\""));
      await("it was not released", () -> answers.reservedBytes() == 0);
    }
  }

  @Test
  void aClientThatReadsGetsManyChangesOfWhichOnlyOneFitsIntoMemoryAtATime() throws IOException {
    try (RunningServer server = RunningServer.start(folder)) {
      for (int i = 0; i < 4; i++) {
        store(server).put(bytes("k" + i), new byte[1 << 20]);
      }
      AnswerBudget bodies = server.server().answers();
      long taken = bodies.bytesMax() - bodies.reservedBytes() - (8 << 20);
      assertTrue(bodies.tryReserve(taken));
      List<String> given = new ArrayList<>();
      read(server, "/changes?since=0&format=ndjson", 4, given);
      assertEquals(4, given.size());
      bodies.release(taken);
      await("it was not released", () -> bodies.reservedBytes() == 0);
    }
  }

  @Test
  void snapshotsAndMultiGetsShowWhenAnEntryExpires() {
    try (RunningServer server = RunningServer.start(folder)) {
      store(server).put(bytes("lasting"), bytes("1"));
      store(server).keyspace("default").put(bytes("brief"), bytes("2"), Duration.ofHours(1));
      long expiry = server.call("GET", "/keys/brief").number("expires_at_ms");
      Answer page = server.call("GET", "/changes?snapshot=true");
      assertEquals(expiry, page.number("expires_at_ms"));
      assertEquals(2, page.text().split("expires_at_ms", -1).length, page.text());
      Answer many = server.json("POST", "/keys/get", "{\"keys\": [\"lasting\", \"brief\"]}");
      assertEquals(expiry, many.number("expires_at_ms"));
      assertEquals(2, many.text().split("expires_at_ms", -1).length, many.text());
    }
  }
}
