package io.apexstore.server.rest.feed;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import io.apexstore.server.RunningServer;
import io.apexstore.server.RunningServer.Answer;
import io.apexstore.server.auth.Role;
import io.apexstore.stats.StoreStats;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@Tag("server")
class ChangeRoutesTest {
  private static final HttpClient CLIENT =
      HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();

  private static final Pattern KEY = Pattern.compile("\"key\":\"([^\"]*)\"");

  @TempDir private Path folder;
  private RunningServer server;

  @BeforeEach
  void start() {
    server = RunningServer.start(folder, "server_client_timeout", "1");
  }

  @AfterEach
  void stop() {
    server.close();
  }

  private void put(String key, String value) {
    Answer answer = server.call("PUT", "/keys/" + key, "", bytes(value));
    assertEquals(200, answer.status(), answer.text());
  }

  private static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }

  /** A client that reads a stream line by line and can disconnect at any time. */
  private final class Client implements AutoCloseable {
    private final HttpResponse<InputStream> response;
    private final BufferedReader lines;
    private final boolean sse;

    Client(String path, String mediaType, String... headers) {
      sse = mediaType.equals("text/event-stream");
      HttpRequest.Builder request =
          HttpRequest.newBuilder(URI.create(server.server().url() + path))
              .header("Authorization", "Bearer " + server.adminToken())
              .header("Accept", mediaType);
      for (int i = 0; i < headers.length; i += 2) {
        request.header(headers[i], headers[i + 1]);
      }
      try {
        response = CLIENT.send(request.build(), HttpResponse.BodyHandlers.ofInputStream());
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      } catch (InterruptedException e) {
        throw new IllegalStateException(e);
      }
      lines = new BufferedReader(new InputStreamReader(response.body(), StandardCharsets.UTF_8));
    }

    /**
     * Returns the members of the next change, without heartbeats and bookmarks; null at the end.
     */
    @Nullable Map<String, String> next() {
      try {
        while (true) {
          Map<String, String> change = sse ? nextEvent() : nextLine();
          if (change == null || !List.of("heartbeat", "bookmark").contains(change.get("type"))) {
            return change;
          }
        }
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }

    private @Nullable Map<String, String> nextLine() throws IOException {
      String line = lines.readLine();
      return line == null ? null : parse(line);
    }

    private @Nullable Map<String, String> nextEvent() throws IOException {
      Map<String, String> fields = new LinkedHashMap<>();
      for (String line = lines.readLine(); line != null; line = lines.readLine()) {
        if (line.isEmpty()) {
          String data = fields.remove("data");
          if (data != null) {
            Map<String, String> change = parse(data);
            assertEquals(fields.get("event"), change.get("type"));
            assertEquals(fields.get("id"), change.get("token"));
            return change;
          }
          fields.clear();
        } else if (!line.startsWith(":")) {
          String[] parts = line.split(": ", 2);
          fields.put(parts[0], parts[1]);
        }
      }
      return null;
    }

    @Override
    public void close() {
      try {
        lines.close();
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }
  }

  private static Map<String, String> parse(String json) {
    Map<String, String> members = new LinkedHashMap<>();
    try (JsonParser parser = new JsonFactory().createParser(json)) {
      parser.nextToken();
      while (parser.nextToken() == JsonToken.FIELD_NAME) {
        String name = parser.currentName();
        parser.nextToken();
        members.put(name, parser.getText());
      }
    } catch (IOException e) {
      throw new UncheckedIOException(json, e);
    }
    return members;
  }

  private static String member(@Nullable Map<String, String> change, String name) {
    assertNotNull(change);
    return change.getOrDefault(name, "");
  }

  @ParameterizedTest
  @ValueSource(strings = {"text/event-stream", "application/x-ndjson"})
  void aStreamHasASnapshotAndThenEveryChangeAsItCommits(String mediaType) {
    put("a", "1");
    put("b", "2");
    try (Client client = new Client("/changes?snapshot=true", mediaType)) {
      assertEquals(200, client.response.statusCode());
      assertEquals(mediaType, client.response.headers().firstValue("content-type").orElse(""));
      assertEquals("no-store", client.response.headers().firstValue("cache-control").orElse(""));
      Map<String, String> first = client.next();
      assertEquals("snapshot", member(first, "type"));
      assertEquals("a", member(first, "key"));
      assertEquals("2", member(client.next(), "value"));
      assertEquals("snapshot_end", member(client.next(), "type"));
      put("c", "3");
      Map<String, String> change = client.next();
      assertEquals("put", member(change, "type"));
      assertEquals("c", member(change, "key"));
      assertEquals("default", member(change, "keyspace"));
      assertEquals("true", member(change, "ends_batch"));
      assertTrue(Long.parseLong(member(change, "time_ms")) > 1_600_000_000_000L);
      server.call("DELETE", "/keys/a");
      assertEquals("delete", member(client.next(), "type"));
    }
    awaitNoFeed();
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 7, 1_000})
  void aSnapshotOfKeysTooLongForATokenIsReadPageByPage(int limit) {
    assertEquals(200, server.call("PUT", "/keyspaces/l").status());
    StringBuilder lines = new StringBuilder();
    List<String> keys = new ArrayList<>();
    int count = limit == 1_000 ? 1_500 : 20;
    for (int i = 0; i < count; i++) {
      String key = "k".repeat(i % 2 == 0 ? 1_019 : 2_048) + "%06d".formatted(i);
      keys.add(key);
      lines.append("{\"key\":\"").append(key).append("\",\"value\":\"\"}\n");
    }
    keys.sort(null);
    server.call(
        "POST", "/keyspaces/l/keys/import", "application/x-ndjson", bytes(lines.toString()));
    List<String> found = new ArrayList<>();
    String next = "snapshot=true";
    while (found.size() < count) {
      Answer page = server.call("GET", "/changes?keyspace=l&limit=" + limit + "&" + next);
      assertEquals(200, page.status(), page.text());
      Matcher key = KEY.matcher(page.text());
      int before = found.size();
      while (key.find()) {
        found.add(key.group(1));
      }
      assertTrue(found.size() > before, "no progress after " + before);
      next = "since=" + page.text().replaceAll(".*\"token\":\"([^\"]*)\"}$", "$1");
    }
    assertEquals(keys, found);
  }

  private StoreStats.FeedStats feeds() {
    return server.server().host().store().stats().feeds();
  }

  private void awaitNoFeed() {
    for (int i = 0; feeds().readers() > 0; i++) {
      assertTrue(i < 3_000, "a feed is still open");
      LockSupport.parkNanos(Duration.ofMillis(10).toNanos()); // There is no event to wait for.
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"text/event-stream", "application/x-ndjson"})
  void aConsumerThatIsKilledAndResumesSeesEachChangeOnce(String mediaType) throws Exception {
    int count = 1_200;
    Thread writer =
        Thread.ofPlatform()
            .start(
                () -> {
                  for (int i = 0; i < count; i++) {
                    put("k" + i, "v" + i);
                  }
                });
    Map<String, String> seen = new LinkedHashMap<>();
    String token = "0";
    Random random = new Random(4);
    while (seen.size() < count) {
      boolean byHeader = random.nextBoolean();
      try (Client client =
          byHeader
              ? new Client("/changes?since=5", mediaType, "Last-Event-ID", token)
              : new Client("/changes?since=" + token, mediaType)) {
        for (int n = random.nextInt(200); n >= 0 && seen.size() < count; n--) {
          Map<String, String> change = client.next();
          // Changes after the last stored token are sent again, so the client forgets some of them.
          if (n > random.nextInt(3)) {
            token = member(change, "token");
          }
          if (!member(change, "keyspace").isEmpty()) {
            seen.put(member(change, "token"), member(change, "key"));
          }
        }
      }
    }
    writer.join();
    List<String> expected = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      expected.add("k" + i);
    }
    assertEquals(expected, List.copyOf(seen.values()));
  }

  @Test
  void aFeedOfAKeyspaceContinuesWhenItIsDroppedAndCreatedAgain() {
    String none = pageToken(server.call("GET", "/changes?since=0&keyspace=carts"));
    assertEquals(200, server.call("PUT", "/keyspaces/carts").status());
    server.call("PUT", "/keyspaces/carts/keys/ada", "", bytes("3"));
    put("other", "1");
    Answer first = server.call("GET", "/changes?keyspace=carts&since=" + none);
    assertEquals(1, first.text().split("\"type\":", -1).length - 1, first.text());
    assertTrue(first.text().contains("\"key\":\"ada\""), first.text());
    assertEquals(204, server.call("DELETE", "/keyspaces/carts").status());
    Answer second = server.call("GET", "/changes?keyspace=carts&since=" + pageToken(first));
    assertEquals(200, second.status(), second.text());
    assertTrue(second.text().contains("\"type\":\"range_delete\""), second.text());
    assertTrue(second.text().contains("\"keyspace\":\"carts\""), second.text());
    server.call("PUT", "/keyspaces/carts");
    server.call("PUT", "/keyspaces/carts/keys/bob", "", bytes("1"));
    Answer third = server.call("GET", "/changes?keyspace=carts&since=" + pageToken(second));
    assertTrue(third.text().contains("\"key\":\"bob\""), third.text());
    assertEquals("keyspace-not-found", server.call("GET", "/changes?keyspace=_tokens").problem());
  }

  @Test
  void aPageHasTheChangesAndATokenForTheNextPage() {
    put("a", "1");
    put("b", "2");
    put("c", "3");
    Answer first = server.call("GET", "/changes?since=0&limit=2&keyspace=default");
    assertEquals(200, first.status());
    assertTrue(first.text().contains("\"key\":\"a\""), first.text());
    assertTrue(first.text().contains("\"key\":\"b\""), first.text());
    assertFalse(first.text().contains("\"key\":\"c\""), first.text());
    Answer second = server.call("GET", "/changes?since=" + pageToken(first));
    assertTrue(second.text().startsWith("{\"changes\":[{\"type\":\"put\""), second.text());
    assertTrue(second.text().contains("\"key\":\"c\""), second.text());
    Answer third = server.call("GET", "/changes?since=" + pageToken(second));
    assertTrue(third.text().startsWith("{\"changes\":[],"), third.text());
    assertEquals(pageToken(second), pageToken(third));
    awaitNoFeed();
  }

  private static String pageToken(Answer page) {
    String text = page.text();
    int from = text.lastIndexOf("\"token\":\"") + "\"token\":\"".length();
    return text.substring(from, text.indexOf('"', from));
  }

  @Test
  void aWaitingPageIsAnsweredAtTheFirstChangeOrTheTimeout() throws Exception {
    String now = pageToken(server.call("GET", "/changes"));
    CompletableFuture<Answer> waiting =
        CompletableFuture.supplyAsync(() -> server.call("GET", "/changes?timeout=60&since=" + now));
    while (feeds().readers() == 0) {
      LockSupport.parkNanos(1_000_000); // Until it waits; there is no event.
    }
    put("a", "1");
    Answer answer = waiting.get(30, TimeUnit.SECONDS);
    assertTrue(answer.text().contains("\"key\":\"a\""), answer.text());
    Answer nothing = server.call("GET", "/changes?timeout=1&since=" + pageToken(answer));
    assertTrue(nothing.text().startsWith("{\"changes\":[],"), nothing.text());
    awaitNoFeed();
  }

  @Test
  void aRangeDeleteIsOneChange() {
    put("ra", "1");
    assertEquals(200, server.call("DELETE", "/keys?from=r&to=s%ff").status());
    assertEquals(200, server.call("DELETE", "/keys?from=z").status());
    Answer page = server.call("GET", "/changes?since=0&keyspace=default");
    assertTrue(page.text().contains("{\"type\":\"range_delete\","), page.text());
    assertTrue(page.text().contains("\"from\":\"r\",\"to_base64\":\"c/8=\"}"), page.text());
    assertTrue(page.text().contains("\"from\":\"z\"}"), page.text());
    Answer part = server.call("GET", "/changes?since=0&prefix=rb");
    assertTrue(part.text().contains("\"from\":\"rb\",\"to\":\"rc\"}"), part.text());
  }

  @Test
  void aFeedOfOneKeyspaceHasItsChangesOnly() {
    server.call("PUT", "/keyspaces/other");
    server.call("PUT", "/keyspaces/other/keys/x", "", new byte[] {(byte) 0xff});
    put("x", "1");
    Answer page = server.call("GET", "/changes?since=0&keyspace=other");
    assertTrue(page.text().contains("\"value_base64\":\"/w==\""), page.text());
    assertFalse(page.text().contains("\"keyspace\":\"default\""), page.text());
    Answer both = server.call("GET", "/changes?since=0&keyspace=other,default");
    assertTrue(both.text().contains("\"keyspace\":\"default\""), both.text());
    assertFalse(server.call("GET", "/changes?since=0").text().contains("\"_"));
  }

  @Test
  void aFeedNeedsATokenThatMayRead() {
    String reader = server.newToken(Role.READ);
    assertEquals(200, server.callAs(reader, "GET", "/changes", "", new byte[0]).status());
    for (String format : new String[] {"json", "sse", "ndjson"}) {
      Answer refused = server.callAs("", "GET", "/changes?format=" + format, "", new byte[0]);
      assertEquals(401, refused.status());
      Answer unknown = server.call("GET", "/changes?since=9999999&format=" + format);
      assertEquals(410, unknown.status());
      assertEquals("token-unknown", unknown.problem());
      assertEquals(200, server.call("HEAD", "/changes?format=" + format).status());
    }
    awaitNoFeed();
  }

  @Test
  void aClientThatReadsNothingIsDisconnected() throws IOException {
    for (int i = 0; i < 60; i++) {
      server.call("PUT", "/keys/large" + i, "", new byte[200_000]);
    }
    try (Socket socket = new Socket()) {
      socket.setReceiveBufferSize(4 << 10);
      socket.connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), server.port()));
      String request =
          "GET /changes?since=0&format=ndjson HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer "
              + server.adminToken()
              + "\r\n\r\n";
      socket.getOutputStream().write(request.getBytes(StandardCharsets.ISO_8859_1));
      while (feeds().readers() == 0) {
        LockSupport.parkNanos(1_000_000); // Until it is read; there is no event.
      }
      awaitNoFeed();
    }
  }

  @Test
  void aStopEndsOpenStreamsProperlyAndAtOnce() {
    long begin = System.nanoTime();
    try (Client sse = new Client("/changes", "text/event-stream");
        Client lines = new Client("/changes", "application/x-ndjson")) {
      CompletableFuture<Answer> page =
          CompletableFuture.supplyAsync(() -> server.call("GET", "/changes?timeout=60"));
      while (feeds().readers() < 3) {
        LockSupport.parkNanos(1_000_000); // Until all are open; there is no event.
      }
      server.close();
      assertNull(sse.next());
      assertNull(lines.next());
      assertTrue(page.join().text().startsWith("{\"changes\":[],"));
    }
    assertTrue(System.nanoTime() - begin < Duration.ofSeconds(20).toNanos());
    server = RunningServer.start(folder);
  }

  @Test
  void aTokenSurvivesARestartOfTheServer() {
    put("a", "1");
    String token = pageToken(server.call("GET", "/changes?since=0"));
    put("b", "2");
    server.close();
    server = RunningServer.start(folder);
    Answer page = server.call("GET", "/changes?since=" + token);
    assertTrue(page.text().contains("\"key\":\"b\""), page.text());
    assertFalse(page.text().contains("\"key\":\"a\""), page.text());
  }

  @Test
  void statisticsAndMetricsShowTheFeeds() {
    try (Client client = new Client("/changes", "text/event-stream")) {
      assertEquals(200, client.response.statusCode());
      while (feeds().readers() == 0) {
        LockSupport.parkNanos(1_000_000); // Until it is open; there is no event.
      }
      String stats = server.call("GET", "/stats").text();
      assertTrue(stats.contains("\"feeds\":{\"readers\":1,\"oldest_position\":"), stats);
      assertTrue(stats.contains("\"retained_bytes\":"), stats);
      String metrics = server.call("GET", "/metrics").text();
      assertTrue(metrics.contains("apexstore_store_feeds 1.0"), metrics);
      assertTrue(metrics.contains("apexstore_store_feed_lag_versions 0.0"), metrics);
    }
  }
}
