package io.apexstore.server.rest;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.apexstore.server.RunningServer;
import io.apexstore.server.RunningServer.Answer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Conditional writes, times to live, counters, and reads of old versions. */
@Tag("server")
class ConditionRoutesTest {
  @TempDir private static Path folder;
  private static RunningServer server;

  @BeforeAll
  static void start() {
    server = RunningServer.start(folder);
  }

  @AfterAll
  static void stop() {
    server.close();
  }

  @Test
  void aKeyIsCreatedOnlyOnce() {
    Answer made = server.call("PUT", "/keys/once", "", bytes("1"), "If-None-Match", "*");
    assertEquals(201, made.status());
    Answer again = server.call("PUT", "/keys/once", "", bytes("2"), "If-None-Match", "*");
    assertEquals(412, again.status());
    assertEquals("condition-failed", again.problem());
    assertEquals(412, server.call("PUT", "/keys/once?if_absent=true", "", bytes("2")).status());
    assertEquals(412, post("{\"key\": \"once\", \"value\": \"2\", \"if_absent\": true}").status());
    assertEquals(201, post("{\"key\": \"one\", \"value\": \"2\", \"if_absent\": true}").status());
    assertEquals("1", value("once"));
  }

  @Test
  void aWriteWithAVersionSucceedsOnlyAtThatVersion() {
    Answer first = server.call("PUT", "/keys/cas", "", bytes("1"));
    String tag = first.header("etag");
    Answer second = server.call("PUT", "/keys/cas", "", bytes("2"), "If-Match", tag);
    assertEquals(200, second.status());
    assertEquals(412, server.call("PUT", "/keys/cas", "", bytes("3"), "If-Match", tag).status());
    assertEquals(
        412, server.call("DELETE", "/keys/cas", "", new byte[0], "If-Match", tag).status());
    long version = second.number("version");
    assertEquals(
        200, server.call("PUT", "/keys/cas?if_version=" + version, "", bytes("4")).status());
    assertEquals("4", value("cas"));
    assertEquals(
        204, server.call("DELETE", "/keys/cas", "", new byte[0], "If-Match", "*").status());
    assertEquals(
        412, server.call("DELETE", "/keys/cas", "", new byte[0], "If-Match", "*").status());
  }

  @Test
  void conditionsInHeadersMustBeUnambiguous() {
    for (String[] given :
        new String[][] {
          {"If-Match", "\"1\", \"2\""},
          {"If-Match", "W/1"},
          {"If-Match", "1"},
          {"If-None-Match", "\"1\""},
        }) {
      Answer answer = server.call("PUT", "/keys/unclear", "", bytes("v"), given[0], given[1]);
      assertEquals("malformed-request", answer.problem(), given[1]);
    }
    assertEquals(
        "malformed-request",
        server
            .call("PUT", "/keys/unclear", "", bytes("v"), "If-Match", "*", "If-None-Match", "*")
            .problem());
    assertEquals(
        "not-supported",
        server
            .call("PUT", "/keys/unclear", "", bytes("v"), "If-Unmodified-Since", "today")
            .problem());
    assertEquals(404, server.call("GET", "/keys/unclear").status());
  }

  @Test
  void aWeakOrForeignEntityTagMatchesNothing() {
    Answer put = server.call("PUT", "/keys/tags", "", bytes("1"));
    String tag = put.header("etag");
    String padded = "\"0" + put.number("version") + "\"";
    for (String other : new String[] {"W/" + tag, "\"abc\"", "\"\"", padded}) {
      Answer answer = server.call("PUT", "/keys/tags", "", bytes("2"), "If-Match", other);
      assertEquals(412, answer.status(), other);
    }
    Answer answer = server.call("PUT", "/keys/tags", "", bytes("2"), "If-Match", "\"x\", " + tag);
    assertEquals(200, answer.status());
  }

  @Test
  void anEntityTagOfAnotherHistoryMatchesNothingAndAVersionAloneIsCompared() {
    Answer put = server.call("PUT", "/keys/history", "", bytes("1"));
    String tag = put.header("etag");
    String alone = "\"" + put.number("version") + "\"";
    assertTrue(tag.matches("\"[0-9]+-[0-9a-f]{8}\""), tag);
    String ofCopy = tag.replaceAll("-.*", "-00000000\"");
    for (String method : new String[] {"PUT", "DELETE", "GET"}) {
      byte[] body = method.equals("PUT") ? bytes("2") : new byte[0];
      Answer answer = server.call(method, "/keys/history", "", body, "If-Match", ofCopy);
      assertEquals("condition-failed", answer.problem(), method);
    }
    assertEquals(200, read("history", "If-None-Match", ofCopy).status());
    String ofJson = read("history", "Accept", "*/*").header("etag");
    for (String own : new String[] {ofJson, "W/" + ofJson, alone}) {
      assertEquals(304, read("history", "If-None-Match", own).status(), own);
    }
    assertEquals(200, read("history", "If-Match", alone).status());
    assertEquals(
        200, server.call("PUT", "/keys/history", "", bytes("2"), "If-Match", alone).status());
    assertEquals(
        412, server.call("PUT", "/keys/history", "", bytes("3"), "If-Match", tag).status());
  }

  @Test
  void aReadWithAVersionIsAnsweredOnlyAtThatVersion() {
    String old = server.call("PUT", "/keys/read", "", bytes("1")).header("etag");
    String tag = server.call("PUT", "/keys/read", "", bytes("2")).header("etag");
    for (String matching : new String[] {tag, "*", "\"x\", " + tag}) {
      Answer got = read("read", "If-Match", matching);
      assertEquals(200, got.status(), matching);
      assertEquals(tag.replaceFirst("\"$", "-json\""), got.header("etag"));
    }
    for (String other : new String[] {old, "W/" + tag, "\"x\"", "\"\""}) {
      Answer refused = read("read", "If-Match", other);
      assertEquals(412, refused.status(), other);
      assertEquals("condition-failed", refused.problem());
      assertEquals(
          412,
          server.call("HEAD", "/keys/read", "", new byte[0], "If-Match", other).status(),
          other);
    }
    assertEquals("malformed-request", read("read", "If-Match", "42").problem());
    // RFC 9110, 13.2: If-Match is evaluated first; a read that is 404 without it stays 404.
    assertEquals(412, read("read", "If-Match", old, "If-None-Match", tag).status());
    String ofJson = tag.replaceFirst("\"$", "-json\"");
    assertEquals(304, read("read", "If-Match", tag, "If-None-Match", ofJson).status());
    assertEquals(404, read("unread", "If-Match", "*").status());
    Answer past =
        server.call(
            "GET", "/keys/read?at=" + tag.replace("\"", ""), "", new byte[0], "If-Match", old);
    assertEquals(412, past.status());
    String ofCopy = tag.replace("\"", "").replaceAll("-.*", "-00000000");
    for (String path : List.of("/keys/read", "/keys", "/keys/export")) {
      Answer lost = server.call("GET", path + "?at=" + ofCopy);
      assertEquals("version-expired", lost.problem(), path);
      assertEquals("malformed-request", server.call("GET", path + "?at=1-x").problem());
    }
  }

  @Test
  void aPastVersionShowsAValueAlsoOnceItHasExpired() {
    Answer put = server.call("PUT", "/keys/brief?ttl=1", "", bytes("1"));
    String past = "?at=" + put.number("version");
    assertEquals(200, server.call("GET", "/keys/brief" + past).status());
    long deadline = System.nanoTime() + 30_000_000_000L;
    while (server.call("GET", "/keys/brief").status() != 404) {
      assertTrue(System.nanoTime() < deadline, "it does not expire");
    }
    assertEquals(200, server.call("GET", "/keys/brief" + past).status());
    String page = server.call("GET", "/keys" + past + "&prefix=brief").text();
    assertTrue(page.contains("\"brief\""), page);
  }

  private static Answer read(String key, String... headers) {
    return server.call("GET", "/keys/" + key, "", new byte[0], headers);
  }

  @Test
  void aCreatedKeyIsFoundAtItsLocation() {
    for (String key : new String[] {"plain", "a/b c%", "\u00e4\u20ac", "..x", "~-_."}) {
      Answer made = post("{\"key\": \"" + key + "\", \"value\": \"there\", \"if_absent\": true}");
      assertEquals(201, made.status());
      String location = made.header("location");
      assertTrue(location.startsWith("/keys/"), location);
      Answer got = server.call("GET", location);
      assertEquals(200, got.status(), location);
      assertTrue(got.text().contains("\"there\""), got.text());
      assertEquals("", post("{\"key\": \"" + key + "\", \"value\": \"2\"}").header("location"));
    }
    // Keys that no path names.
    for (String key : new String[] {".", "..", "search", "export", "l".repeat(5_000)}) {
      Answer made = post("{\"key\": \"" + key + "\", \"value\": \"there\", \"if_absent\": true}");
      assertEquals(201, made.status());
      assertEquals("", made.header("location"), key);
    }
  }

  @Test
  void anIncrementKeepsTheTimeOfExpiry() {
    server.call("PUT", "/keys/limited?ttl=1000", "", bytes("1"));
    long expires = server.call("GET", "/keys/limited").number("expires_at_ms");
    assertEquals(2, server.call("POST", "/keys/limited/increment").number("value"));
    assertEquals(expires, server.call("GET", "/keys/limited").number("expires_at_ms"));
  }

  @Test
  void anIncrementAnswersTheVersionForTheNextCondition() {
    Answer counted = server.call("POST", "/keys/followed/increment");
    assertTrue(counted.header("etag").startsWith("\"" + counted.number("version") + "-"));
    Answer next =
        server.call("PUT", "/keys/followed", "", bytes("7"), "If-Match", counted.header("etag"));
    assertEquals(200, next.status(), next.text());
    assertEquals(8, server.call("POST", "/keys/followed/increment").number("value"));
    assertEquals(
        412,
        server
            .call("PUT", "/keys/followed", "", bytes("9"), "If-Match", counted.header("etag"))
            .status());
  }

  @Test
  void aRefusalQuotesTheInput() {
    server.call("PUT", "/keys/said", "", bytes("1"));
    for (String tag : new String[] {"\"0\"", "W/\"5\"", "\"x\""}) {
      for (String method : new String[] {"PUT", "DELETE"}) {
        byte[] body = method.equals("PUT") ? bytes("2") : new byte[0];
        Answer answer = server.call(method, "/keys/said", "", body, "If-Match", tag);
        assertEquals("condition-failed", answer.problem());
        assertSays(answer, tag.replace("\"", "\\\""));
        assertFalse(answer.text().contains(Long.toString(Long.MAX_VALUE)), answer.text());
      }
    }
    assertEquals("1", value("said"));
    assertSays(post("{\"key\": \"said\", \"value\": \"2\", \"if_version\": -1}"), "if_version");
    assertSays(server.call("GET", "/changes?timeout=-1"), "timeout must be a whole number from 0 ");
    assertSays(server.call("GET", "/changes?timeout=-1"), "not '-1'");
    assertSays(server.call("GET", "/keyspaces/elsewhere/keys"), "'elsewhere'");
    assertSays(server.call("DELETE", "/keyspaces/elsewhere"), "'elsewhere'");
    String tag = server.call("GET", "/keys/said").header("etag");
    for (String[] write :
        new String[][] {{"DELETE", "/keys?prefix=said"}, {"POST", "/keys/said/increment"}}) {
      Answer answer = server.call(write[0], write[1], "", new byte[0], "If-Match", tag);
      assertEquals("malformed-request", answer.problem());
      assertSays(answer, "this operation does not support");
    }
    assertEquals("1", value("said"));
  }

  private static void assertSays(Answer answer, String part) {
    String text = answer.text();
    assertTrue(text.contains("\"detail\":") && text.contains(part), text);
  }

  @Test
  void conditionsOfOperationsDoNotCountAgainstTheLimitOfTheList() {
    StringBuilder operations = new StringBuilder();
    StringBuilder conditions = new StringBuilder();
    for (int i = 0; i < 1_000; i++) {
      String comma = i == 0 ? "" : ",";
      operations
          .append(comma)
          .append("{\"op\":\"put\",\"key\":\"many")
          .append(i)
          .append("\",\"value\":\"v\",\"if_absent\":true}");
      conditions
          .append(comma)
          .append("{\"key\":\"other")
          .append(i)
          .append("\",\"if_absent\":true}");
    }
    String batch = "{\"operations\":[%s],\"conditions\":[%s]}";
    assertEquals(
        "malformed-request",
        server
            .json(
                "POST",
                "/keys/batch",
                batch.formatted("", conditions + ",{\"key\":\"z\",\"if_absent\":true}"))
            .problem());
    Answer answer = server.json("POST", "/keys/batch", batch.formatted(operations, conditions));
    assertEquals(200, answer.status(), answer.text());
  }

  @Test
  void aBatchIsAtomic() {
    long version = server.call("PUT", "/keys/b1", "", bytes("1")).number("version");
    String batch =
        "{\"operations\": [{\"op\": \"put\", \"key\": \"b2\", \"value\": \"2\"},"
            + " {\"op\": \"delete\", \"key\": \"b1\", \"if_version\": %d}],"
            + " \"conditions\": [{\"key\": \"b3\", \"if_absent\": true},"
            + " {\"prefix\": \"b\", \"unchanged_since\": %d}]}";
    assertEquals(
        412, server.json("POST", "/keys/batch", batch.formatted(version + 1, version)).status());
    assertEquals(404, server.call("GET", "/keys/b2").status());
    assertEquals(
        412, server.json("POST", "/keys/batch", batch.formatted(version, version - 1)).status());
    assertEquals("1", value("b1"));
    assertEquals(
        200, server.json("POST", "/keys/batch", batch.formatted(version, version)).status());
    assertEquals("2", value("b2"));
    assertEquals(404, server.call("GET", "/keys/b1").status());
    assertEquals(
        412, server.json("POST", "/keys/batch", batch.formatted(version, version)).status());
  }

  @Test
  void anEntryShowsWhenItExpires() {
    assertEquals(200, server.call("PUT", "/keys/ends?ttl=100", "", bytes("v")).status());
    long now = System.currentTimeMillis();
    long expires = server.call("GET", "/keys/ends").number("expires_at_ms");
    assertTrue(expires > now && expires <= now + 100_000, now + " " + expires);
    post("{\"key\": \"ends2\", \"value\": \"v\", \"ttl\": 7}");
    assertTrue(server.call("GET", "/keys/ends2").number("expires_at_ms") <= now + 17_000);
    Answer both = server.json("POST", "/keys?ttl=9", "{\"key\": \"ends3\", \"value\": \"v\"}");
    assertEquals(200, both.status());
    assertTrue(server.call("GET", "/keys/ends3").number("expires_at_ms") <= now + 19_000);
    server.call("PUT", "/keys/ends", "", bytes("for ever"));
    assertTrue(!server.call("GET", "/keys/ends").text().contains("expires_at_ms"));
  }

  @Test
  void countersLoseNoIncrement() throws Exception {
    int clients = 8;
    int each = 25;
    List<Callable<Integer>> work = new ArrayList<>();
    for (int client = 0; client < clients; client++) {
      work.add(
          () -> {
            int made = 0;
            for (int i = 0; i < each; i++) {
              Answer answer = server.json("POST", "/keys/counter/increment", "{\"by\": 3}");
              assertEquals(200, answer.status(), answer.text());
              made++;
            }
            return made;
          });
    }
    try (ExecutorService threads = Executors.newFixedThreadPool(clients)) {
      for (Future<Integer> done : threads.invokeAll(work)) {
        assertEquals(each, done.get());
      }
    }
    assertEquals(Integer.toString(clients * each * 3), value("counter"));
    assertEquals(
        clients * each * 3 + 1, server.call("POST", "/keys/counter/increment").number("value"));
  }

  @Test
  void anIncrementThatWouldOverflowChangesNothing() {
    server.call("PUT", "/keys/full", "", bytes(Long.toString(Long.MAX_VALUE)));
    Answer answer = server.call("POST", "/keys/full/increment");
    assertEquals("malformed-request", answer.problem());
    assertEquals(Long.toString(Long.MAX_VALUE), value("full"));
  }

  private static Answer post(String json) {
    return server.json("POST", "/keys", json);
  }

  private static String value(String key) {
    return server
        .call("GET", "/keys/" + key, "", new byte[0], "Accept", "application/octet-stream")
        .text();
  }

  private static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }
}
