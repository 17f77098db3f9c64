package io.apexstore.server.rest;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.apexstore.server.RunningServer;
import io.apexstore.server.RunningServer.Answer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvFileSource;

/**
 * Each line of {@code bad-input.txt} is a request and the answer it must get. None of them may
 * store anything. In the table {@code ~} means no body, and {@code {long}} a text longer than the
 * limits that the server is started with.
 */
@Tag("server")
class BadInputTest {
  @TempDir private static Path folder;
  private static RunningServer server;

  @BeforeAll
  static void start() {
    server =
        RunningServer.start(
            folder,
            "max_json_payload_size",
            "70000",
            "max_raw_payload_size",
            "20000",
            "max_wal_record_size",
            "65536");
    server.call("PUT", "/keys/present", "", "value".getBytes(StandardCharsets.UTF_8));
  }

  @AfterAll
  static void stop() {
    server.close();
  }

  @ParameterizedTest
  @CsvFileSource(resources = "bad-input.txt", delimiter = '|', commentCharacter = '#')
  void isAnsweredWithAProblemAndStoresNothing(
      int status, String problem, String method, String path, String type, String body) {
    final String before = server.everything();
    String expanded =
        body.equals("~")
            ? ""
            : body.replace("{long}", "x".repeat(70_001)).replace("{20k}", "x".repeat(20_001));
    Answer answer =
        server.call(
            method, path, type.equals("~") ? "" : type, expanded.getBytes(StandardCharsets.UTF_8));
    assertEquals(status, answer.status(), answer.text());
    assertEquals(problem, answer.problem());
    assertEquals("application/problem+json", answer.header("content-type"));
    assertTrue(answer.text().contains("\"status\":" + status), answer.text());
    assertTrue(
        answer.text().contains("\"request_id\":\"" + answer.header("x-request-id") + "\""),
        answer.text());
    assertEquals(before, server.everything());
  }

  @Test
  void aPlainRequestIdOfTheClientIsKept() {
    Answer plain = server.call("GET", "/keys/none", "", new byte[0], "X-Request-Id", "trace-1.a_B");
    assertEquals("trace-1.a_B", plain.header("x-request-id"));
    Answer odd =
        server.call("GET", "/keys/none", "", new byte[0], "X-Request-Id", "a\"b{}<script>");
    assertTrue(odd.header("x-request-id").matches("[0-9a-f]{12}-[0-9]+"), odd.text());
  }

  @Test
  void theAnswerToAnIllegalMethodListsTheLegalOnes() {
    Answer answer = server.call("PATCH", "/keys/a");
    assertEquals("DELETE, GET, HEAD, PUT", answer.header("allow"));
    assertEquals("POST", server.call("GET", "/admin/flush").header("allow"));
  }
}
