package io.apexstore.server.rest.key;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.apexstore.server.RunningServer;
import io.apexstore.server.RunningServer.Answer;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Random;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@Tag("server")
class KeyRoutesTest {
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
  void aPutIsReadUntilItsKeyIsDeleted() {
    Answer put = server.call("PUT", "/keys/life", "", bytes("42"));
    assertEquals(200, put.status());
    long version = put.number("version");
    Answer got = server.call("GET", "/keys/life");
    assertEquals(200, got.status());
    assertEquals("{\"key\":\"life\",\"value\":\"42\",\"version\":" + version + "}", got.text());
    assertEquals("application/json", got.header("content-type"));
    assertTrue(got.header("etag").startsWith("\"" + version + "-"), got.header("etag"));
    assertEquals(put.header("etag").replaceFirst("\"$", "-json\""), got.header("etag"));
    assertEquals("accept", got.header("vary"));
    assertEquals("nosniff", got.header("x-content-type-options"));
    assertEquals(204, server.call("DELETE", "/keys/life").status());
    Answer gone = server.call("GET", "/keys/life");
    assertEquals(404, gone.status());
    assertEquals("key-not-found", gone.problem());
    assertEquals("application/problem+json", gone.header("content-type"));
    assertEquals(204, server.call("DELETE", "/keys/life").status());
  }

  @Test
  void postInsertsAndUpdates() {
    Answer first = server.json("POST", "/keys", "{\"key\": \"a/b ü\", \"value\": \"x\"}");
    assertEquals(200, first.status());
    Answer second = server.json("POST", "/keys", "{\"value\": \"\", \"key\": \"a/b ü\"}");
    assertTrue(second.number("version") > first.number("version"));
    Answer got = server.call("GET", "/keys/a%2Fb%20%C3%BC");
    assertEquals("{\"key\":\"a/b ü\",\"value\":\"\"", got.text().replaceFirst(",\"version.*", ""));
  }

  @Test
  void bytesThatAreNotUtf8AreSentInBase64OrRaw() {
    assertEquals(
        200,
        server
            .json("POST", "/keys", "{\"key_base64\": \"/wA=\", \"value_base64\": \"gIE=\"}")
            .status());
    Answer got = server.call("GET", "/keys/%FF%00");
    assertTrue(got.text().startsWith("{\"key_base64\":\"/wA=\",\"value_base64\":\"gIE=\","));
    Answer raw =
        server.call(
            "GET", "/keys/%FF%00", "", new byte[0], "Accept", "application/octet-stream, */*;q=.1");
    assertArrayEquals(new byte[] {(byte) 0x80, (byte) 0x81}, raw.body());
    assertEquals("application/octet-stream", raw.header("content-type"));
    assertEquals("accept", raw.header("vary"));
  }

  @Test
  void eachRepresentationOfAValueHasItsOwnEntityTag() {
    String bytes = "application/octet-stream";
    String put = server.call("PUT", "/keys/shown", "", bytes("v")).header("etag");
    String json = server.call("GET", "/keys/shown").header("etag");
    Answer raw = server.call("GET", "/keys/shown", "", new byte[0], "Accept", bytes);
    assertEquals(put, raw.header("etag"));
    assertNotEquals(put, json);
    for (String[] read :
        new String[][] {
          {json, "application/json", "304"},
          {json, bytes, "200"},
          {put, bytes, "304"},
          {put, "application/json", "200"},
          {"W/" + put + ", " + json, "*/*", "304"}
        }) {
      Answer answer =
          server.call(
              "GET", "/keys/shown", "", new byte[0], "If-None-Match", read[0], "Accept", read[1]);
      assertEquals(Integer.parseInt(read[2]), answer.status(), read[0] + " " + read[1]);
      assertEquals("accept", answer.header("vary"));
    }
    for (String tag : new String[] {put, json}) {
      Answer read = server.call("GET", "/keys/shown", "", new byte[0], "If-Match", tag);
      assertEquals(200, read.status(), tag);
    }
    Answer next = server.call("PUT", "/keys/shown", "", bytes("w"), "If-Match", json);
    assertEquals(200, next.status(), next.text());
    assertEquals(412, server.call("PUT", "/keys/shown", "", bytes("x"), "If-Match", json).status());
    String tag = next.header("etag");
    assertEquals(
        204, server.call("DELETE", "/keys/shown", "", new byte[0], "If-Match", tag).status());
  }

  @Test
  void aRawValueIsStoredByteForByteWhateverItsMediaType() {
    Random random = new Random(1);
    for (int size : new int[] {0, 1, 1_000, 70_000, 1_000_000}) {
      byte[] value = new byte[size];
      random.nextBytes(value);
      assertEquals(200, server.call("PUT", "/keys/raw", "text/html", value).status());
      assertArrayEquals(
          value,
          server
              .call("GET", "/keys/raw", "", new byte[0], "Accept", "application/octet-stream")
              .body());
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "%2e%2e",
        "..%2f..%2fetc%2fpasswd",
        "%00",
        "%252e",
        "%2F",
        "%C3%28",
        "+",
        "a+b",
        "~",
        "%3f",
        "%23",
        "batch",
        "get",
        "import",
        "a;b",
        "%F0%9F%90%8E",
        "%22%3E%3Cimg%20onerror=x%3E"
      })
  void differentPathsAreDifferentKeys(String encoded) {
    byte[] value = bytes("value of " + encoded);
    String path = encoded.matches("get|batch|import") ? "%" + hexFirst(encoded) : encoded;
    assertEquals(200, server.call("PUT", "/keys/" + path, "", value).status());
    assertArrayEquals(
        value,
        server
            .call("GET", "/keys/" + path, "", new byte[0], "Accept", "application/octet-stream")
            .body());
    assertTrue(server.everything().contains("value of " + encoded));
    assertEquals(204, server.call("DELETE", "/keys/" + path).status());
    assertEquals(404, server.call("GET", "/keys/" + path).status());
  }

  private static String hexFirst(String text) {
    return Integer.toHexString(text.charAt(0)) + text.substring(1);
  }

  @Test
  void aKeyTooLongForAPathIsReachedThroughABody() {
    String key = "k".repeat(64 << 10);
    assertEquals(
        200, server.json("POST", "/keys", "{\"key\": \"" + key + "\", \"value\": \"v\"}").status());
    Answer many = server.json("POST", "/keys/get", "{\"keys\": [\"" + key + "\"]}");
    assertTrue(many.text().contains("\"value\":\"v\""), "not found");
    Answer tooLong = server.json("POST", "/keys", "{\"key\": \"" + key + "k\", \"value\": \"v\"}");
    assertEquals(400, tooLong.status());
    assertEquals("invalid-key", tooLong.problem());
  }

  @Test
  void headHasTheHeadersAndNoBody() {
    server.call("PUT", "/keys/head", "", bytes("12345"));
    Answer head = server.call("HEAD", "/keys/head");
    Answer get = server.call("GET", "/keys/head");
    assertEquals(200, head.status());
    assertEquals(0, head.body().length);
    assertEquals(get.header("etag"), head.header("etag"));
    assertEquals(Integer.toString(get.body().length), head.header("content-length"));
    assertEquals(404, server.call("HEAD", "/keys/nothing").status());
  }

  @Test
  void aValueThatTheClientHasIsNotSentAgain() {
    server.call("PUT", "/keys/tagged", "", bytes("v"));
    String tag = server.call("GET", "/keys/tagged").header("etag");
    for (String given : new String[] {tag, "W/" + tag, "\"1\", " + tag, "*"}) {
      Answer same = server.call("GET", "/keys/tagged", "", new byte[0], "If-None-Match", given);
      assertEquals(304, same.status(), given);
      assertEquals(tag, same.header("etag"));
      assertEquals(0, same.body().length);
    }
    server.call("PUT", "/keys/tagged", "", bytes("w"));
    assertEquals(
        200, server.call("GET", "/keys/tagged", "", new byte[0], "If-None-Match", tag).status());
  }

  @Test
  void aWriteMayPreferMoreDurability() {
    assertEquals(
        200,
        server
            .call("PUT", "/keys/p", "", bytes("v"), "Prefer", "wait=1, durability=every")
            .status());
    Answer wrong = server.call("PUT", "/keys/p", "", bytes("v"), "Prefer", "durability=much");
    assertEquals(400, wrong.status());
  }

  @Test
  void aKeyspaceHasItsOwnKeys() {
    String name = URLEncoder.encode("users-1", StandardCharsets.UTF_8);
    assertEquals(404, server.call("GET", "/keyspaces/" + name).status());
    assertEquals(
        "keyspace-not-found",
        server.call("PUT", "/keyspaces/" + name + "/keys/a", "", bytes("1")).problem());
    assertEquals(200, server.call("PUT", "/keyspaces/" + name).status());
    assertEquals(200, server.call("PUT", "/keyspaces/" + name).status());
    assertEquals(
        200, server.call("PUT", "/keyspaces/" + name + "/keys/a", "", bytes("1")).status());
    assertEquals(404, server.call("GET", "/keys/a").status());
    assertTrue(server.call("GET", "/keyspaces/" + name + "/keys/a").text().contains("\"1\""));
    assertTrue(server.call("GET", "/keyspaces/" + name + "/keys").text().contains("\"key\":\"a\""));
    assertTrue(server.call("GET", "/keyspaces").text().contains("\"users-1\""));
  }

  @Test
  void aDroppedKeyspaceIsNotFoundAndIsEmptyWhenCreatedAgain() {
    String path = "/keyspaces/short-lived";
    assertEquals("keyspace-not-found", server.call("DELETE", path).problem());
    assertEquals(200, server.call("PUT", path).status());
    assertEquals(200, server.call("PUT", path + "/keys/a", "", bytes("1")).status());
    assertEquals(204, server.call("DELETE", path).status());
    assertEquals(404, server.call("GET", path).status());
    assertEquals(404, server.call("GET", path + "/keys/a").status());
    assertEquals(
        "keyspace-not-found", server.call("PUT", path + "/keys/a", "", bytes("2")).problem());
    assertFalse(server.call("GET", "/keyspaces").text().contains("short-lived"));
    assertEquals("keyspace-not-found", server.call("DELETE", path).problem());
    assertEquals(200, server.call("PUT", path).status());
    assertEquals("key-not-found", server.call("GET", path + "/keys/a").problem());
    assertEquals(400, server.call("DELETE", "/keyspaces/default").status());
    assertEquals(404, server.call("DELETE", "/keyspaces/_tokens").status());
  }

  @ParameterizedTest
  @ValueSource(strings = {"_tokens", "..%2f", "%00", "a%20b", "%5Ftokens"})
  void internalAndIllegalKeyspacesAreNotFound(String name) {
    assertEquals(404, server.call("GET", "/keyspaces/" + name).status());
    assertEquals(404, server.call("GET", "/keyspaces/" + name + "/keys/a").status());
    assertEquals(404, server.call("GET", "/keyspaces/" + name + "/keys").status());
    assertEquals(400, server.call("PUT", "/keyspaces/" + name).status());
  }

  private static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }
}
