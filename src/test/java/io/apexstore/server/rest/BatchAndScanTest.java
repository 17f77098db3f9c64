package io.apexstore.server.rest;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.apexstore.server.RunningServer;
import io.apexstore.server.RunningServer.Answer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

@Tag("server")
class BatchAndScanTest {
  private static final Pattern KEY = Pattern.compile("\"key\":\"([^\"]*)\"");
  private static final Pattern CURSOR = Pattern.compile("\"cursor\":\"([^\"]*)\"");

  @TempDir private static Path folder;
  private static RunningServer server;

  @BeforeAll
  static void start() {
    server = RunningServer.start(folder);
    StringBuilder records = new StringBuilder();
    for (int i = 0; i < 250; i++) {
      records.append(i == 0 ? "" : ",");
      records.append(String.format("{\"key\":\"s%03d\",\"value\":\"v%d\"}", i, i));
    }
    Answer stored = server.json("POST", "/keys/batch", "{\"records\":[" + records + "]}");
    assertEquals(250, stored.number("operations"), stored.text());
  }

  @AfterAll
  static void stop() {
    server.close();
  }

  @Test
  void aBatchHasOneVersionAcrossKeyspaces() {
    assertEquals(200, server.call("PUT", "/keyspaces/other").status());
    server.json("POST", "/keys", "{\"key\":\"b2\",\"value\":\"old\"}");
    Answer batch =
        server.json(
            "POST",
            "/keys/batch",
            """
            {"operations": [
              {"op": "put", "key": "b1", "value": "1"},
              {"op": "put", "keyspace": "other", "key": "b1", "value_base64": "AA=="},
              {"op": "put", "keyspace": "default", "key": "b3", "value": "3"},
              {"op": "delete", "key": "b2"}]}
            """);
    assertEquals(200, batch.status(), batch.text());
    long version = batch.number("version");
    assertEquals(version, server.call("GET", "/keys/b1").number("version"));
    assertEquals(version, server.call("GET", "/keys/b3").number("version"));
    Answer other = server.call("GET", "/keyspaces/other/keys/b1");
    assertEquals(version, other.number("version"));
    assertTrue(other.text().contains("\"value\":\"\\u0000\""), other.text());
    assertEquals(404, server.call("GET", "/keys/b2").status());
    for (String key : List.of("b1", "b3")) {
      server.call("DELETE", "/keys/" + key);
    }
  }

  @Test
  void aRangeIsDeletedByPrefixOrByBoundsInAnyKeyspace() {
    assertEquals(200, server.call("PUT", "/keyspaces/ranges").status());
    for (String keys : List.of("/keys", "/keyspaces/ranges/keys")) {
      for (String key : List.of("r1", "r2", "r3", "rx%00", "rz")) {
        server.call("PUT", keys + "/" + key, "", new byte[] {1});
      }
      Answer byBounds = server.call("DELETE", keys + "?from=r1&to=r3");
      assertEquals(200, byBounds.status(), byBounds.text());
      assertTrue(byBounds.header("etag").startsWith("\"" + byBounds.number("version") + "-"));
      assertEquals(
          List.of("r3", "rx\\u0000", "rz"), keys(server.call("GET", keys + "?prefix=r").text()));
      assertEquals(200, server.call("DELETE", keys + "?prefix=rx%00").status());
      assertEquals(List.of("r3", "rz"), keys(server.call("GET", keys + "?prefix=r").text()));
      assertEquals(200, server.call("DELETE", keys + "?prefix=r").status());
      assertEquals(List.of(), keys(server.call("GET", keys + "?prefix=r").text()));
    }
  }

  @Test
  void aBatchDeletesARangeAndKeepsItsLaterPutsThere() {
    server.call("PUT", "/keys/q1", "", new byte[] {1});
    server.call("PUT", "/keys/q2", "", new byte[] {1});
    Answer batch =
        server.json(
            "POST",
            "/keys/batch",
            """
            {"operations": [
              {"op": "put", "key": "q3", "value": "gone"},
              {"op": "delete_range", "prefix_base64": "cQ=="},
              {"op": "put", "key": "q2", "value": "new"}]}
            """);
    assertEquals(200, batch.status(), batch.text());
    assertEquals(List.of("q2"), keys(server.call("GET", "/keys?prefix=q").text()));
    assertEquals(batch.number("version"), server.call("GET", "/keys/q2").number("version"));
    server.json(
        "POST",
        "/keys/batch",
        "{\"operations\": [{\"op\": \"delete_range\", \"from\": \"q\", \"to\": \"r\"}]}");
    assertEquals(404, server.call("GET", "/keys/q2").status());
  }

  @Test
  void manyKeysAreReadAtOnce() {
    Answer many =
        server.json(
            "POST",
            "/keys/get",
            "{\"keys\": [\"s007\", \"none\", {\"key_base64\": \"czAwMQ==\"}]}");
    assertEquals(List.of("s007", "s001", "none"), keys(many.text()));
    assertTrue(many.text().contains("\"missing\":[{\"key\":\"none\"}]"), many.text());
  }

  @Test
  void moreKeysThanAnEventLoopReadsAreRead() {
    StringBuilder keys = new StringBuilder("\"none\"");
    for (int i = 0; i < 250; i++) {
      keys.append(String.format(",\"s%03d\"", i));
    }
    Answer many = server.json("POST", "/keys/get", "{\"keys\": [" + keys + "]}");
    assertEquals(expected(0, 250), keys(many.text()).subList(0, 250));
  }

  @Test
  void aPagesCursorLeadsToTheNextPage() {
    List<String> found = new ArrayList<>();
    String cursor = "";
    int pages = 0;
    do {
      Answer page = server.call("GET", "/keys?prefix=s&limit=60" + cursor);
      found.addAll(keys(page.text()));
      Matcher next = CURSOR.matcher(page.text());
      cursor = next.find() ? "&cursor=" + next.group(1) : "";
      pages++;
    } while (!cursor.isEmpty());
    assertEquals(5, pages);
    assertEquals(expected(0, 250), found);
  }

  @Test
  void reversePagesAreInDescendingOrder() {
    List<String> all = expected(0, 250);
    Collections.reverse(all);
    Answer first = server.call("GET", "/scan?prefix=s&limit=200&reverse=true");
    assertEquals(all.subList(0, 200), keys(first.text()));
    Matcher next = CURSOR.matcher(first.text());
    assertTrue(next.find());
    Answer second =
        server.call("GET", "/scan?prefix=s&limit=200&reverse=true&cursor=" + next.group(1));
    assertEquals(all.subList(200, 250), keys(second.text()));
    assertFalse(CURSOR.matcher(second.text()).find());
  }

  @Test
  void boundsAndPrefixAreIntersected() {
    assertEquals(expected(10, 20), keys(server.call("GET", "/keys?from=s010&to=s020").text()));
    assertEquals(
        expected(10, 13), keys(server.call("GET", "/keys?prefix=s01&from=s00&to=s013").text()));
    assertEquals(List.of(), keys(server.call("GET", "/keys?prefix=t").text()));
    assertEquals(List.of(), keys(server.call("GET", "/keys?from=z&to=a").text()));
    assertEquals(100, keys(server.call("GET", "/keys").text()).size());
    assertEquals(250, keys(server.call("GET", "/keys?limit=2147483648").text()).size());
  }

  @Test
  void keysOnlyLeavesTheValuesOut() {
    String page = server.call("GET", "/keys?limit=1&keys_only").text();
    assertTrue(page.contains("{\"key\":\"s000\",\"version\":"), page);
  }

  @Test
  void aStreamHasOneLineForEachEntryOfTheRange() {
    Answer stream =
        server.call(
            "GET",
            "/keys?prefix=s&reverse=true",
            "",
            new byte[0],
            "Accept",
            "application/x-ndjson");
    assertEquals("application/x-ndjson", stream.header("content-type"));
    List<String> all = expected(0, 250);
    Collections.reverse(all);
    assertEquals(all, keys(stream.text()));
    assertEquals(250, stream.text().lines().count());
    Answer three =
        server.call("GET", "/keys?limit=3", "", new byte[0], "Accept", "application/x-ndjson");
    assertEquals(3, three.text().lines().count());
    assertEquals(0, server.call("HEAD", "/keys/export").body().length);
    assertEquals("", server.call("GET", "/keys/export?prefix=none").text());
  }

  @Test
  void aPageOfLargeValuesEndsEarlyAndHasACursor() {
    byte[] large = "x".repeat(1 << 20).getBytes(StandardCharsets.UTF_8);
    for (int i = 0; i < 8; i++) {
      assertEquals(200, server.call("PUT", "/keys/large" + i, "", large).status());
    }
    Answer first = server.call("GET", "/keys?prefix=large");
    List<String> found = new ArrayList<>(keys(first.text()));
    assertTrue(found.size() < 8, "all in one page");
    Matcher next = CURSOR.matcher(first.text());
    assertTrue(next.find());
    found.addAll(keys(server.call("GET", "/keys?prefix=large&cursor=" + next.group(1)).text()));
    assertEquals(8, found.size());
    assertEquals(8, server.call("GET", "/keys/export?prefix=large").text().lines().count());
    for (int i = 0; i < 8; i++) {
      server.call("DELETE", "/keys/large" + i);
    }
  }

  private static List<String> keys(String text) {
    List<String> keys = new ArrayList<>();
    Matcher matcher = KEY.matcher(text);
    while (matcher.find()) {
      keys.add(matcher.group(1));
    }
    return keys;
  }

  private static List<String> expected(int from, int to) {
    List<String> keys = new ArrayList<>();
    for (int i = from; i < to; i++) {
      keys.add(String.format("s%03d", i));
    }
    return keys;
  }
}
