package io.apexstore.server.rest;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import io.apexstore.Cursor;
import io.apexstore.KeyRange;
import io.apexstore.server.RunningServer;
import io.apexstore.server.RunningServer.Answer;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Base64;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * Whatever a key may be, clients can reach it: page by page in both directions, as a bound, as a
 * prefix, as a counter, and in the change feed. {@code -Dseed=N} replays a run.
 */
@Tag("server")
class LongKeysTest {
  private static final int KEY_BYTES_MAX = 64 << 10;
  private static final Pattern CURSOR = Pattern.compile("\"cursor\":\"([^\"]*)\"");
  private static final Pattern NEXT = Pattern.compile("\"next\":\"(POST) ([^\"]*)\"");
  private static final Pattern TOKEN = Pattern.compile("\"token\":\"([^\"]*)\"}$");

  @TempDir private static Path folder;
  private static RunningServer server;
  private static long seed;
  private static final List<String> KEYS = new ArrayList<>();

  @BeforeAll
  static void fill() {
    seed = Long.getLong("seed", System.nanoTime());
    System.err.println("LongKeysTest: -Dseed=" + seed);
    Random random = new Random(seed);
    server = RunningServer.start(folder);
    assertEquals(200, server.call("PUT", "/keyspaces/long").status());
    var keyspace = server.server().host().store().keyspace("long");
    List<byte[]> keys = new ArrayList<>();
    for (int length : new int[] {1, 1_000, 2_990, 3_100, 3_100, 8_200, KEY_BYTES_MAX}) {
      keys.add(new byte[length]);
    }
    while (keys.size() < 60) {
      byte[] key = new byte[1 + random.nextInt(1 << random.nextInt(17))];
      random.nextBytes(key);
      if (random.nextInt(3) > 0) {
        byte[] other = keys.get(random.nextInt(keys.size()));
        System.arraycopy(other, 0, key, 0, Math.min(other.length, key.length - 1));
      }
      keys.add(key);
    }
    keys.forEach(key -> keyspace.put(key, new byte[1]));
    try (Cursor cursor = keyspace.scan(KeyRange.all())) {
      while (cursor.next()) {
        KEYS.add(base64(cursor.key()));
      }
    }
  }

  @AfterAll
  static void stop() {
    server.close();
  }

  private static String base64(byte[] key) {
    return Base64.getEncoder().encodeToString(key);
  }

  /** Returns the keys in an answer, in Base64, whether it is a page or lines. */
  private static List<String> keys(Answer answer) {
    assertEquals(200, answer.status());
    List<String> found = new ArrayList<>();
    try (JsonParser parser = new JsonFactory().createParser(answer.body())) {
      for (JsonToken token = parser.nextToken(); token != null; token = parser.nextToken()) {
        if (token == JsonToken.VALUE_STRING && "key".equals(parser.currentName())) {
          found.add(base64(parser.getText().getBytes(StandardCharsets.UTF_8)));
        } else if (token == JsonToken.VALUE_STRING && "key_base64".equals(parser.currentName())) {
          found.add(parser.getText());
        }
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return found;
  }

  /** Compares long keys without printing them. */
  private static void assertKeys(List<String> expected, List<String> found) {
    assertEquals(expected.size(), found.size(), () -> "seed " + seed);
    assertTrue(expected.equals(found), () -> "seed " + seed);
  }

  @ParameterizedTest
  @CsvSource({"1, false", "1, true", "3, false", "3, true"})
  void pagesGoThroughAllKeysInBothDirections(int limit, boolean reverse) {
    List<String> expected = new ArrayList<>(KEYS);
    if (reverse) {
      Collections.reverse(expected);
    }
    List<String> found = new ArrayList<>();
    String path = "/keyspaces/long/keys";
    String query = "?limit=" + limit + "&reverse=" + reverse;
    int posts = 0;
    boolean posted = false;
    Answer page = server.call("GET", path + query);
    while (true) {
      List<String> more = keys(page);
      assertFalse(more.isEmpty(), "no progress");
      found.addAll(more);
      Matcher cursor = CURSOR.matcher(page.text());
      if (!cursor.find()) {
        break;
      }
      Matcher next = NEXT.matcher(page.text());
      boolean tooLong = cursor.group(1).length() > 4_000;
      boolean post = next.find() || tooLong;
      if (post) {
        // A page that was asked for with a POST goes on with the same POST.
        assertTrue(next.hasMatch() || posted);
        posts++;
        page =
            server.json(
                "POST",
                next.hasMatch() ? next.group(2) : path + "/scan",
                "{\"limit\":%d,\"reverse\":%s,\"cursor\":\"%s\"}"
                    .formatted(limit, reverse, cursor.group(1)));
      } else {
        page = server.call("GET", path + query + "&cursor=" + cursor.group(1));
      }
      posted = post;
    }
    assertKeys(expected, found);
    assertNotEquals(0, posts);
  }

  @Test
  void everyKeyIsABoundAPrefixAndTheStartOfAnExport() {
    for (int i = 0; i < KEYS.size(); i += 4) {
      String from = "{\"from_base64\":\"" + KEYS.get(i) + "\",\"limit\":10000}";
      Answer page = server.json("POST", "/keyspaces/long/keys/scan", from);
      assertKeys(KEYS.subList(i, KEYS.size()), keys(page));
      String to = "{\"to_base64\":\"" + KEYS.get(i) + "\",\"keys_only\":true}";
      Answer export = server.json("POST", "/keyspaces/long/keys/export", to);
      assertKeys(KEYS.subList(0, i), keys(export));
      String prefix = "{\"prefix_base64\":\"" + KEYS.get(i) + "\",\"limit\":1}";
      assertKeys(
          List.of(KEYS.get(i)), keys(server.json("POST", "/keyspaces/long/keys/scan", prefix)));
    }
  }

  @Test
  void theChangeFeedTakesALongPrefixAndItsTokensFitAHeader() {
    String key = KEYS.stream().filter(k -> k.length() > 20_000).findFirst().orElseThrow();
    String start = "{\"keyspace\":\"long\",\"prefix_base64\":\"" + key + "\",\"limit\":1,";
    Answer first = server.json("POST", "/changes", start + "\"snapshot\":true}");
    assertTrue(key.equals(keys(first).getFirst()));
    Matcher token = TOKEN.matcher(first.text());
    assertTrue(token.find(), first.text());
    assertTrue(token.group(1).length() < 2_048);
    Answer second =
        server.call(
            "POST",
            "/changes",
            "application/json",
            (start + "\"format\":\"json\"}").getBytes(StandardCharsets.UTF_8),
            "Last-Event-ID",
            token.group(1));
    assertEquals(200, second.status(), second.text());
    assertFalse(keys(second).contains(key));
  }

  @Test
  void aLongKeyCountsAndOnlyOneKeyPerIncrementDoes() {
    for (String keys : List.of("/keys", "/keyspaces/long/keys")) {
      String key = "counter" + "\u00e9".repeat(32_000);
      String body = "{\"key\":\"" + key + "\",\"by\":5}";
      assertEquals(5, server.json("POST", keys + "/increment", body).number("value"));
      Answer again = server.json("POST", keys + "/increment", "{\"key\":\"" + key + "\"}");
      assertEquals(6, again.number("value"));
      assertTrue(again.text().contains(key));
      String deletes =
          "{\"operations\":[{\"op\":\"delete\",\"key\":\""
              + key
              + "\",\"keyspace\":\""
              + (keys.equals("/keys") ? "default" : "long")
              + "\"}]}";
      assertEquals(200, server.json("POST", "/keys/batch", deletes).status());
    }
  }

  @Test
  void aCursorThatIsTooLongForAQueryIsRefusedThere() {
    Answer answer = server.call("GET", "/keys?limit=1&cursor=" + "A".repeat(4_134));
    assertEquals("uri-too-long", answer.problem());
  }

  @Test
  void keysWithTheNamesOfTheFormsAreKeysToTheOtherMethods() {
    for (String key : List.of("scan", "increment")) {
      assertEquals(200, server.call("PUT", "/keys/" + key, "", new byte[] {'v'}).status());
      assertTrue(server.call("GET", "/keys/" + key).text().contains("\"value\":\"v\""));
      assertEquals(204, server.call("DELETE", "/keys/" + key).status());
    }
  }
}
