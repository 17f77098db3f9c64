package io.apexstore.server.rest;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.apexstore.server.RunningServer;
import io.apexstore.server.RunningServer.Answer;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** {@code MAX_WAL_RECORD_SIZE} holds for every route that writes. */
@Tag("server")
class WriteLimitRoutesTest {
  private static final int BYTES_MAX = 64 << 10;
  private static final String LINES = "application/x-ndjson";

  @TempDir private static Path folder;
  private static RunningServer server;

  @BeforeAll
  static void start() {
    server = RunningServer.start(folder, "max_wal_record_size", Integer.toString(BYTES_MAX));
    server.call("PUT", "/keys/present", "", "value".getBytes(UTF_8));
    server.json("PUT", "/keyspaces/previous", "{\"log_previous_values\": true}");
  }

  @AfterAll
  static void stop() {
    server.close();
  }

  /**
   * Each row is a request, where {@code {half}} is as long as half of the limit, {@code {more}}
   * longer than that, and {@code {whole}} as long as the limit.
   */
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      textBlock =
          """
          PUT  | /keys/a                     | ~    | {whole}
          PUT  | /keys/a?ttl=60              | ~    | {whole}
          PUT  | /keys/a?if_absent=true      | ~    | {whole}
          PUT  | /keys/present?if_version=1  | ~    | {whole}
          PUT  | /keyspaces/previous/keys/a  | ~    | {whole}
          POST | /keys                       | json | {"key": "a", "value": "{whole}"}
          POST | /keys                       | json | {"key": "{more}", "value": "{half}"}
          POST | /keys                       | json | {"key": "a", "value": "{whole}", "ttl": 9}
          POST | /keys                       | json | {"key": "a", "value": "{whole}", "if_absent": true}
          POST | /keys/increment             | json | {"key": "{whole}", "by": 1}
          POST | /keys/batch                 | json | {"records": [{"key": "a", "value": "{half}"}, {"key": "b", "value": "{half}"}]}
          POST | /keys/batch                 | json | {"operations": [{"op": "put", "key": "a", "value": "{half}", "ttl": 9, "if_absent": true}, {"op": "delete", "key": "{half}"}]}
          POST | /keys/batch                 | json | {"operations": [{"op": "delete_range", "from": "{half}", "to": "{more}"}]}
          POST | /keyspaces/previous/keys    | json | {"key": "a", "value": "{whole}"}
          POST | /keys/import                | lines | {"key": "a", "value": "{whole}"}
          POST | /keys/import                | lines | {"key": "a", "value": "{whole}", "ttl": 9}
          """)
  void aLargerWriteIsRefusedWithTheLimit(String method, String path, String type, String body) {
    final String before = server.everything();
    String mediaType =
        switch (type) {
          case "json" -> "application/json";
          case "lines" -> LINES;
          default -> "";
        };
    Answer answer = server.call(method, path, mediaType, expanded(body).getBytes(UTF_8));
    assertEquals(413, answer.status(), answer.text());
    assertEquals("payload-too-large", answer.problem());
    assertTrue(answer.text().contains(Integer.toString(BYTES_MAX)), answer.text());
    assertEquals(before, server.everything());
  }

  private static String expanded(String body) {
    int half = BYTES_MAX / 2;
    return body.replace("{half}", "h".repeat(half))
        .replace("{more}", "m".repeat(half + 1))
        .replace("{whole}", "w".repeat(BYTES_MAX));
  }

  @Test
  void aWriteOfTheLimitIsStored() {
    byte[] value = new byte[BYTES_MAX - 2];
    assertEquals(200, server.call("PUT", "/keys/l1?ttl=60", "", value).status());
    assertEquals(200, server.call("PUT", "/keyspaces/previous/keys/l2", "", value).status());
    // The previous value that is logged with it does not count.
    assertEquals(200, server.call("PUT", "/keyspaces/previous/keys/l2", "", value).status());
    String line =
        "{\"key\": \"l3\", \"value\": \"" + "v".repeat(BYTES_MAX - 2) + "\", \"ttl\": 60}";
    Answer imported = server.call("POST", "/keys/import", LINES, line.getBytes(UTF_8));
    assertTrue(imported.text().contains("\"done\":true"), imported.text());
    for (String path : List.of("/keys/l1", "/keyspaces/previous/keys/l2", "/keys/l3")) {
      Answer stored =
          server.call("GET", path, "", new byte[0], "Accept", "application/octet-stream");
      assertEquals(BYTES_MAX - 2, stored.body().length, path);
      assertEquals(204, server.call("DELETE", path).status(), path);
    }
  }

  @Test
  void anImportIsSplitIntoWritesOfTheLimit() {
    StringBuilder lines = new StringBuilder();
    for (int i = 0; i < 20; i++) {
      lines.append("{\"key\": \"s" + i + "\", \"value\": \"" + "v".repeat(20_000) + "\"}\n");
    }
    Answer answer = server.call("POST", "/keys/import", LINES, lines.toString().getBytes(UTF_8));
    assertEquals(200, answer.status(), answer.text());
    assertTrue(answer.text().contains("\"lines\":20,"), answer.text());
    assertTrue(answer.text().contains("\"done\":true"), answer.text());
    assertEquals(200, server.call("DELETE", "/keys?prefix=s").status());
  }

  @Test
  void anImportEndsAtALineAboveTheLimitAndNamesIt() {
    String small = "{\"key\": \"i1\", \"value\": \"1\"}\n";
    String large = "{\"key\": \"i2\", \"value\": \"" + "v".repeat(BYTES_MAX) + "\"}\n";
    byte[] body = (large + small).getBytes(UTF_8);
    Answer first = server.call("POST", "/keys/import", LINES, body);
    assertEquals(413, first.status(), first.text());
    assertEquals(1, first.number("line"));
    assertFalse(server.everything().contains("i1"));
    // Above 256 KiB a line is parsed elsewhere.
    String longer = "{\"key\": \"i2\", \"value\": \"" + "v".repeat(8 * BYTES_MAX) + "\"}\n";
    Answer parsedElsewhere =
        server.call("POST", "/keys/import", LINES, (longer + small).getBytes(UTF_8));
    assertEquals(413, parsedElsewhere.status(), parsedElsewhere.text());
    assertEquals(1, parsedElsewhere.number("line"));
    assertTrue(
        parsedElsewhere.text().contains(Integer.toString(BYTES_MAX)), parsedElsewhere.text());
    assertFalse(server.everything().contains("i1"));
  }
}
