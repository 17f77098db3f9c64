package io.apexstore.server;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Where a request ends, which requests are served, and what the others get, byte for byte. */
@Tag("server")
class FramingTest {
  private static final Pattern STATUS =
      Pattern.compile("HTTP/1\\.[01] (\\d{3}) .*?(?=HTTP/1\\.[01] \\d{3} |\\z)", Pattern.DOTALL);
  private static final Pattern PROBLEM = Pattern.compile("urn:apexstore:problem:([a-z0-9-]+)");

  @TempDir private static Path folder;
  private static RunningServer server;

  @BeforeAll
  static void start() {
    server = RunningServer.start(folder, "max_connections_per_ip", "0");
    server.call("PUT", "/keys/there", "", new byte[] {'v'});
  }

  @AfterAll
  static void stop() {
    server.close();
  }

  /** Every way in which a chunked body can be wrong. */
  static List<String> oddChunks() {
    return List.of(
        "zz\r\nab\r\n0\r\n\r\n",
        "-1\r\n",
        "+1\r\na\r\n0\r\n\r\n",
        "0x1\r\na\r\n0\r\n\r\n",
        "\r\n0\r\n\r\n",
        " \r\n0\r\n\r\n",
        ";x=1\r\n",
        "fffffffffffffffff\r\n",
        "80000000\r\n",
        "1\r\nabc\r\n0\r\n\r\n",
        "5\r\nabcdeXX0\r\n\r\n",
        "1\na\n0\n\n",
        "1;x=\"\n\"\r\na\r\n0\r\n\r\n",
        "1;x=\0\r\na\r\n0\r\n\r\n",
        "0\r\nBad Trailer: x\r\n\r\n",
        "0\r\nno colon\r\n\r\n",
        "0\r\nX-Long: " + "x".repeat(9_000) + "\r\n\r\n",
        "1" + ";x".repeat(5_000) + "\r\na\r\n0\r\n\r\n");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "PUT /keys/odd",
        "PUT /keyspaces/default/keys/odd",
        "PUT /keyspaces/odd",
        "POST /keys",
        "POST /keys/get",
        "POST /keys/batch",
        "POST /keys/import",
        "POST /keys/odd/increment",
        "POST /admin/flush",
        "POST /admin/compact",
        "DELETE /keys/there",
        "DELETE /keys?prefix=the",
        "GET /keys/there",
        "GET /stats"
      })
  void anOddChunkIsRefusedOnEveryRouteAndNothingIsStored(String route) {
    String before = server.everything();
    for (String chunks : oddChunks()) {
      String request =
          head(route) + "Content-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n";
      if (route.endsWith("import")) {
        request = request.replace("json", "x-ndjson");
      }
      // The second request must never be served.
      String answer = server.raw(request + chunks + head("DELETE /keys/there") + "\r\n");
      List<String> answers = answers(answer);
      // A route without a body refuses the first byte, which may come before the odd chunk.
      boolean refused =
          answers.equals(List.of("400 malformed-request"))
              || (!route.startsWith("P") && answers.equals(List.of("413 payload-too-large")));
      assertTrue(refused, route + " " + chunks + ": " + answer);
      assertTrue(answer.contains("connection: close"), answer);
    }
    assertEquals(before, server.everything(), route);
  }

  /** A request head after the first line, or a whole head, and what it gets. */
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      ignoreLeadingAndTrailingWhitespace = false,
      textBlock =
          """
          505 version-not-supported|GET /keys/there HTTP/1.9\\r\\nHost: x\\r\\n
          505 version-not-supported|GET /keys/there HTTP/2.0\\r\\nHost: x\\r\\n
          505 version-not-supported|GET /keys/there HTTP/0.9\\r\\nHost: x\\r\\n
          505 version-not-supported|GET /health/live HTTP/3.0\\r\\nHost: x\\r\\n
          505 version-not-supported|PRI * HTTP/2.0\\r\\n
          400 malformed-request|GET /keys/there\\r\\n
          400 malformed-request|GET /keys/there HTTP/1.x\\r\\nHost: x\\r\\n
          505 version-not-supported|GET /keys/there HTTPS/1.1\\r\\nHost: x\\r\\n
          501 not-implemented|PUT /keys/odd HTTP/1.1\\r\\nHost: x\\r\\nTransfer-Encoding: gzip, chunked\\r\\n
          501 not-implemented|PUT /keys/odd HTTP/1.1\\r\\nHost: x\\r\\nTransfer-Encoding: gzip\\r\\nTransfer-Encoding: chunked\\r\\n
          501 not-implemented|POST /keys/import HTTP/1.1\\r\\nHost: x\\r\\nTransfer-Encoding: deflate, chunked\\r\\n
          501 not-implemented|PUT /keys/odd HTTP/1.1\\r\\nHost: x\\r\\nTransfer-Encoding: x;a=",", chunked\\r\\n
          400 malformed-request|PUT /keys/odd HTTP/1.1\\r\\nHost: x\\r\\nTransfer-Encoding: gzip\\r\\n
          400 malformed-request|PUT /keys/odd HTTP/1.1\\r\\nHost: x\\r\\nTransfer-Encoding: chunked, gzip\\r\\n
          400 malformed-request|PUT /keys/odd HTTP/1.1\\r\\nHost: x\\r\\nTransfer-Encoding: chunked, chunked\\r\\n
          400 malformed-request|PUT /keys/odd HTTP/1.1\\r\\nHost: x\\r\\nTransfer-Encoding:\\r\\n
          400 malformed-request|PUT /keys/odd HTTP/1.0\\r\\nTransfer-Encoding: chunked\\r\\n
          417 expectation-failed|PUT /keys/odd HTTP/1.1\\r\\nHost: x\\r\\nExpect: 200-ok\\r\\nContent-Length: 1\\r\\n
          417 expectation-failed|PUT /keys/odd HTTP/1.1\\r\\nHost: x\\r\\nExpect: 100-continue, x=y\\r\\nContent-Length: 1\\r\\n
          417 expectation-failed|POST /keys/import HTTP/1.1\\r\\nHost: x\\r\\nExpect: nothing\\r\\nContent-Length: 1\\r\\n
          400 malformed-request|PUT /keys/odd HTTP/1.1\\r\\nHost: x\\r\\nExpect: a b\\r\\nContent-Length: 1\\r\\n
          400 malformed-request|GET /keys/there HTTP/1.1\\r\\nHost: x\\r\\nConnection: a b\\r\\n
          """)
  void aHeadThatIsNotUnderstoodIsRefusedBeforeAnythingIsServed(String expected, String head) {
    String whole = head.replace("\\r\\n", "\r\n") + authorization() + "\r\n";
    String answer = server.raw(whole + head("DELETE /keys/there") + "\r\n");
    assertEquals(List.of(expected), answers(answer), head);
    assertEquals(404, server.call("GET", "/keys/odd").status());
    assertEquals(200, server.call("GET", "/keys/there").status());
  }

  /** Every route gives the same answer to the same Host. */
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      ignoreLeadingAndTrailingWhitespace = false,
      textBlock =
          """
          400|
          400|Host:\\r\\n
          400|Host: a\\r\\nHost: a\\r\\n
          400|Host: a\\r\\nhost: b\\r\\n
          400|Host: a, b\\r\\n
          400|Host: a b\\r\\n
          400|Host: a/b\\r\\n
          400|Host: u@a\\r\\n
          400|Host: http://a\\r\\n
          400|Host: a:b\\r\\n
          400|Host: a:99999\\r\\n
          400|Host: [::1\\r\\n
          400|Host: [::1]x\\r\\n
          400|Host: :80\\r\\n
          400|Host: a\\r\\n b\\r\\n
          200|Host: a\\r\\n
          200|Host: a:80\\r\\n
          200|Host: 127.0.0.1:8080\\r\\n
          200|Host: [::1]:8080\\r\\n
          200|Host: some-name.example.:1\\r\\n
          200|HOST:a \\r\\n
          """)
  void aHostIsNeededOnEveryRoute(String status, String host) {
    String lines = host == null ? "" : host.replace("\\r\\n", "\r\n");
    for (String path : new String[] {"/keys/there", "/keyspaces/default/keys/there", "/stats"}) {
      String answer =
          server.raw(
              "GET "
                  + path
                  + " HTTP/1.1\r\n"
                  + lines
                  + authorization()
                  + "Connection: close\r\n\r\n");
      assertEquals(status, answers(answer).getFirst().substring(0, 3), path + " " + host);
      String old = server.raw("GET " + path + " HTTP/1.0\r\n" + lines + authorization() + "\r\n");
      String expected = lines.isEmpty() ? "200" : status;
      assertEquals(expected, answers(old).getFirst().substring(0, 3), path + " 1.0 " + host);
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "PUT /keys/a%zz|Content-Length: 1\r\n\r\nv",
        "PUT /keys/a%zz|Transfer-Encoding: chunked\r\n\r\n1\r\nv\r\n0\r\n\r\n",
        "GET /keys/there|Connection: close\r\n\r\n",
        "GET /keys/there|Connection: Close\r\n\r\n",
        "GET /keys/there|Connection: x, close\r\n\r\n",
        "GET /keys/there|Connection: x\r\nConnection: close\r\n\r\n",
        "PUT /keys/last|Connection: close\r\nContent-Length: 1\r\n\r\nv",
        "POST /keys|Content-Length: 1\r\n\r\nv",
        "PUT /keys/large|Content-Length: 999999999\r\n\r\n",
        "GET /keys/there|Host: again\r\n\r\n",
        "POST /keys/import|Content-Type: text/plain\r\nContent-Length: 1\r\n\r\nv"
      })
  void aRequestAfterTheLastOneOfAConnectionIsNotServed(String first) {
    String[] parts = first.split("\\|", -1);
    String increment = head("POST /keys/counter/increment") + "Content-Length: 0\r\n\r\n";
    String answer = server.raw(head(parts[0]) + parts[1] + increment.repeat(50));
    assertEquals(1, answers(answer).size(), answer);
    assertFalse(answer.contains("[reset]"), answer);
    assertEquals(404, server.call("GET", "/keys/counter").status());
  }

  @Test
  void pipelinedRequestsAreServedInTheirOrder() throws IOException {
    StringBuilder requests = new StringBuilder();
    for (int i = 0; i < 200; i++) {
      requests.append(head("PUT /keys/pipelined")).append("Content-Length: 1000\r\n\r\n");
      requests.append("v".repeat(1_000));
      requests.append(head("POST /keys/sum/increment")).append("Content-Length: 0\r\n\r\n");
      requests.append(head("GET /keys/sum")).append("\r\n");
    }
    requests.append(head("GET /keys/sum")).append("Connection: close\r\n\r\n");
    List<String> values = new ArrayList<>();
    Matcher value = Pattern.compile("\"key\":\"sum\",\"value\":\"(\\d+)\"").matcher("");
    String answer = server.raw(requests.toString());
    value.reset(answer);
    while (value.find()) {
      values.add(value.group(1));
    }
    List<String> expected = new ArrayList<>();
    for (int i = 1; i <= 200; i++) {
      expected.add(Integer.toString(i));
    }
    expected.add("200");
    assertEquals(601, answers(answer).size());
    assertEquals(expected, values);
  }

  @Test
  void aClientThatHasSentEverythingGetsItsAnswers() throws IOException {
    String put = head("PUT /keys/half") + "Content-Length: 1\r\n\r\nv";
    assertEquals(List.of("200"), answers(halfClosed(put)));
    assertEquals(List.of("200", "200"), answers(halfClosed(put + head("GET /keys/half") + "\r\n")));
    String chunked =
        head("PUT /keys/half") + "Transfer-Encoding: chunked\r\n\r\n1\r\nv\r\n0\r\n\r\n";
    assertEquals(List.of("200"), answers(halfClosed(chunked)));
    String export = head("GET /keys/export") + "\r\n";
    String exported = halfClosed(export);
    assertTrue(exported.endsWith("{\"key\":\"there\",\"value\":\"v\",\"version\":2}\n"), exported);
    assertEquals(51, answers(halfClosed(put + export.repeat(50))).size());
    assertEquals(List.of(), answers(halfClosed("")));
    assertEquals(List.of(), answers(halfClosed("GET /keys/ha")));
  }

  @Test
  void aBodyThatEndsEarlyIsRefusedAndNotStored() throws IOException {
    for (String body :
        new String[] {
          "Content-Length: 5\r\n\r\nabcd",
          "Content-Length: 5\r\n\r\n",
          "Transfer-Encoding: chunked\r\n\r\n5\r\nabcd",
          "Transfer-Encoding: chunked\r\n\r\n1\r\na\r\n",
          "Transfer-Encoding: chunked\r\n\r\n1\r\na\r\n0\r\n"
        }) {
      String answer = halfClosed(head("PUT /keys/early") + body);
      assertEquals(List.of("400 malformed-request"), answers(answer), body);
    }
    assertEquals(404, server.call("GET", "/keys/early").status());
  }

  @Test
  void anAnswerToHttp10EndsWithItsConnection() {
    for (String path :
        new String[] {"/keys/export", "/keys/there", "/stats", "/changes?timeout=0"}) {
      String answer =
          server.raw(
              "GET " + path + " HTTP/1.0\r\n" + authorization() + "Connection: keep-alive\r\n\r\n");
      assertEquals(List.of("200"), answers(answer), answer);
      assertFalse(answer.contains("chunked"), answer);
      assertFalse(answer.contains("keep-alive"), answer);
    }
  }

  @Test
  void anExpectationOfHttp10IsIgnored() {
    String answer =
        server.raw(
            "PUT /keys/old HTTP/1.0\r\n"
                + authorization()
                + "Expect: 100-continue\r\nContent-Length: 1\r\n\r\nv");
    assertEquals(List.of("200"), answers(answer), answer);
    answer =
        server.raw(
            head("PUT /keys/new")
                + "Connection: close\r\nExpect: 100-Continue\r\nContent-Length: 1\r\n\r\nv");
    assertEquals(List.of("100", "200"), answers(answer), answer);
  }

  /** Sends a request, then the end of the stream, and returns all that comes back. */
  private static String halfClosed(String request) throws IOException {
    try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), server.port())) {
      socket.setSoTimeout(30_000);
      socket.getOutputStream().write(request.getBytes(StandardCharsets.ISO_8859_1));
      socket.shutdownOutput();
      return RunningServer.readAll(socket);
    }
  }

  /** Returns the status of each answer, with its problem. */
  private static List<String> answers(String text) {
    List<String> found = new ArrayList<>();
    Matcher answer = STATUS.matcher(text);
    while (answer.find()) {
      Matcher problem = PROBLEM.matcher(answer.group());
      found.add(answer.group(1) + (problem.find() ? " " + problem.group(1) : ""));
    }
    return found;
  }

  private static String authorization() {
    return "Authorization: Bearer " + server.adminToken() + "\r\n";
  }

  private static String head(String request) {
    return request + " HTTP/1.1\r\nHost: x\r\n" + authorization();
  }
}
