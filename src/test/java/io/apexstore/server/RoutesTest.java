package io.apexstore.server;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import io.apexstore.server.RunningServer.Answer;
import io.apexstore.server.http.Endpoint;
import io.apexstore.server.operation.Access;
import io.apexstore.server.operation.Operation;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Hot routes, the router, openapi.json and bad-input.txt agree about the endpoints. */
@Tag("server")
class RoutesTest {
  @TempDir private static Path hotFolder;
  @TempDir private static Path routerFolder;
  private static RunningServer hot;
  private static RunningServer router;

  @BeforeAll
  static void start() {
    hot = RunningServer.start(hotFolder);
    ApexServer.Settings plain = ApexServer.Settings.plain();
    router =
        RunningServer.start(
            routerFolder, new ApexServer.Settings(plain.vertx(), plain.opener(), true));
    for (RunningServer server : new RunningServer[] {hot, router}) {
      server.call("PUT", "/keys/there", "", "value".getBytes(StandardCharsets.UTF_8));
    }
  }

  @AfterAll
  static void stop() {
    hot.close();
    router.close();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      nullValues = "~",
      value = {
        "GET | /keys/there | ~ | ~ | ~",
        "GET | /keys/there | ~ | Accept | application/octet-stream",
        "GET | /keys/there | ~ | If-None-Match | \"2\"",
        "GET | /keys/there?at=1 | ~ | ~ | ~",
        "GET | /keys/there?x=1 | ~ | ~ | ~",
        "GET | /keys/there?token=abc | ~ | ~ | ~",
        "GET | /keys/there | ~ | Authorization | Bearer nonsense",
        "HEAD | /keys/there | ~ | ~ | ~",
        "HEAD | /keys/not | ~ | ~ | ~",
        "GET | /keys/not | ~ | ~ | ~",
        "GET | /keys/%74here | ~ | ~ | ~",
        "GET | /keys/a%2Fb | ~ | ~ | ~",
        "GET | /keys/%00 | ~ | ~ | ~",
        "GET | /keys/%65xport | ~ | ~ | ~",
        "GET | /keys/search | ~ | ~ | ~",
        "GET | /keys/batch | ~ | ~ | ~",
        "GET | /keys/ | ~ | ~ | ~",
        "GET | /keys//there | ~ | ~ | ~",
        "GET | /keys/a/b | ~ | ~ | ~",
        "GET | /keysx | ~ | ~ | ~",
        "GET | /keys | ~ | ~ | ~",
        "PUT | /keys/new | value | ~ | ~",
        "PUT | /keys/new | ~ | ~ | ~",
        "PUT | /keys/new | value | If-Match | *",
        "PUT | /keys/new | value | Prefer | durability=x",
        "PUT | /keys/new | value | Content-Encoding | gzip",
        "PUT | /keys/new | value | Authorization | Bearer nonsense",
        "DELETE | /keys/new | ~ | ~ | ~",
        "DELETE | /keys/new | ~ | If-Match | *",
        "DELETE | /keys | ~ | ~ | ~",
        "DELETE | /keys?prefix=none | ~ | ~ | ~",
        "DELETE | /keys?prefix=none | ~ | If-Match | *",
        "POST | /keys | {\"key\":\"new\",\"value\":\"v\"} | Content-Type | application/json",
        "POST | /keys | {\"key\":\"new\",\"value\":\"v\"} | Content-Type | text/plain",
        "POST | /keys | {\"key\":1} | Content-Type | application/json",
        "POST | /keys | ~ | Content-Type | application/json",
        "POST | /keys/there | x | Content-Type | application/json",
        "DELETE | /keyspaces/none | ~ | ~ | ~",
        "DELETE | /keyspaces/default | ~ | ~ | ~",
        "DELETE | /keyspaces/default?x=1 | ~ | ~ | ~",
        "DELETE | /keyspaces | ~ | ~ | ~",
        "PATCH | /keys/there | x | ~ | ~",
        "OPTIONS | /keys/there | ~ | ~ | ~"
      })
  void hotRoutesAnswerAsTheRouterDoes(
      String method, String path, String body, String header, String value) {
    Answer byHotRoutes = call(hot, method, path, body, header, value);
    Answer byRouter = call(router, method, path, body, header, value);
    assertEquals(byRouter.status(), byHotRoutes.status());
    assertEquals(neutral(byRouter.text()), neutral(byHotRoutes.text()));
    assertEquals(names(byRouter), names(byHotRoutes));
  }

  /** What other clients would not send, or not unchanged. */
  @ParameterizedTest
  @ValueSource(
      strings = {
        "GET /keys/a%zz",
        "GET /keys/%",
        "GET /keys/a%2",
        "GET /keys/%u0061",
        "GET /keys/%ff",
        "GET /keys/there?",
        "GET /keys/there?&",
        "GET /keys/there?at",
        "GET /keys/there?a=%zz",
        "GET /keys/there#x",
        "GET /keys/the re",
        "GET /keys/there;v=1",
        "GET /keys/th+ere",
        "GET /keys/there/",
        "GET //keys/there",
        "GET /keys/./there",
        "GET /keys/../keys/there",
        "GET /keys/a/../there",
        "GET /keys/%2e%2e",
        "GET /keys/..",
        "GET /keys/.",
        "GET /Keys/there",
        "GET /keys/%74here",
        "GET /%6beys/there",
        "GET keys/there",
        "GET http://x/keys/there",
        "GET http://x//keys/there",
        "GET HTTP://X/keys/there",
        "GET http://x",
        "GET *",
        "GET ?x",
        "GET http:/keys/there",
        "GET x://y/keys/there",
        "GET /keys/\u00e9",
        "GET /keys/a\\b",
        "GET /keys/there?x=://a/b",
        "get /keys/there",
        "TRACE /keys/there",
        "CONNECT /keys/there",
        "QUERY /keys/there",
        "HEAD /keys/there",
        "OPTIONS *",
        "OPTIONS /keys/there",
        "PUT /keys/a%zz",
        "PUT /keys/..%2f",
        "PUT /keys/new",
        "POST /keys/",
        "DELETE /keys/a%zz",
        "DELETE /keys/"
      })
  void hotRoutesAnswerAsTheRouterDoesByteForByte(String line) {
    String head = line + " HTTP/1.1\r\nConnection: close\r\nContent-Length: 0\r\n";
    for (String host :
        new String[] {"Host: x\r\n", "", "Host: x\r\nHost: x\r\n", "Host: a b\r\n"}) {
      assertEquals(exact(router, head + host), exact(hot, head + host), line + " " + host);
    }
  }

  private static String exact(RunningServer server, String head) {
    String answer = server.raw(head + "Authorization: Bearer " + server.adminToken() + "\r\n\r\n");
    return neutral(answer)
        .replaceAll("(?i)x-request-id: .*", "")
        .replaceAll("(?i)etag: .*", "")
        .replaceAll("(?i)content-length: .*", "");
  }

  private static Answer call(
      RunningServer server, String method, String path, String body, String header, String value) {
    byte[] bytes = body == null ? new byte[0] : body.getBytes(StandardCharsets.UTF_8);
    String token = "Authorization".equals(header) ? "" : server.adminToken();
    return header == null
        ? server.callAs(token, method, path, "", bytes)
        : server.callAs(token, method, path, "", bytes, header, value);
  }

  private static String neutral(String text) {
    return text.replaceAll("\"request_id\":\"[^\"]*\"", "").replaceAll("\"version\":[0-9]+", "");
  }

  private static Set<String> names(Answer answer) {
    return new TreeSet<>(answer.headers().keySet());
  }

  @Test
  void aFreePortIsTheSameForAllEventLoops(@TempDir Path folder) {
    try (RunningServer many = RunningServer.start(folder, "server_workers", "5")) {
      assertEquals(Set.of(many.port()), many.server().ports());
      for (int i = 0; i < 10; i++) {
        assertTrue(get(many, "/health/live").startsWith("HTTP/1.1 200 "));
      }
    }
  }

  /** The router of Vert.x normalizes dots as in file paths; here they are keys. */
  @ParameterizedTest
  @ValueSource(strings = {"..", ".", "%2e%2e", "%2E", ".%2e"})
  void dotsAreKeysInEveryKeyspace(String key) {
    for (RunningServer server : new RunningServer[] {hot, router}) {
      for (String keys : new String[] {"/keys/", "/keyspaces/default/keys/"}) {
        String path = keys + key;
        assertTrue(put(server, path).startsWith("HTTP/1.1 200 "), path);
        assertTrue(
            get(server, path).contains("{\"key\":\"" + key.replaceAll("(?i)%2e", ".")), path);
      }
    }
  }

  private static String put(RunningServer server, String path) {
    return exactly(server, "PUT " + path, "Content-Length: 1\r\n\r\nv");
  }

  private static String get(RunningServer server, String path) {
    return exactly(server, "GET " + path, "\r\n");
  }

  /** Sends a path unchanged; other clients might normalize it. */
  private static String exactly(RunningServer server, String request, String rest) {
    return server.raw(
        request
            + " HTTP/1.1\r\nHost: x\r\nConnection: close\r\nAuthorization: Bearer "
            + server.adminToken()
            + "\r\n"
            + rest);
  }

  @Test
  void headWorksWhereverGetDoes() {
    for (Endpoint endpoint : hot.server().endpoints()) {
      if (endpoint.method().equals(HttpMethod.GET)) {
        String path =
            endpoint
                .template()
                .replace("{key}", "there")
                .replace("{name}", "default")
                .replace("{id}", "1");
        Answer head = hot.call("HEAD", path);
        assertEquals(hot.call("GET", path).status(), head.status(), path);
        assertEquals(0, head.body().length, path);
      }
    }
  }

  @Test
  void answersWithoutABodyHaveNoContentLength() {
    String tag = hot.call("GET", "/keys/there").header("etag");
    Answer same = hot.call("GET", "/keys/there", "", new byte[0], "If-None-Match", tag);
    assertEquals(304, same.status());
    assertEquals("", same.header("content-length"));
    Answer deleted = hot.call("DELETE", "/keys/nothing");
    assertEquals(204, deleted.status());
    assertEquals("", deleted.header("content-length"));
  }

  @Test
  void everyRouteIsDescribedWithItsOperationsParametersAndNothingElseIs() throws IOException {
    Map<String, Set<String>> described = described(hot.call("GET", "/openapi.json").text());
    Map<String, Set<String>> served = new TreeMap<>();
    for (Endpoint endpoint : hot.server().endpoints()) {
      served.put(
          endpoint.method().name().toLowerCase(Locale.ROOT) + " " + endpoint.template(),
          hasParametersInBody(endpoint)
              ? Set.of()
              : new TreeSet<>(endpoint.operation().parameters()));
    }
    assertEquals(served, described);
  }

  private static boolean hasParametersInBody(Endpoint endpoint) {
    String template = endpoint.template();
    return endpoint.method().equals(HttpMethod.POST)
        && Set.of("scan", "export", "changes")
            .contains(template.substring(template.lastIndexOf('/') + 1));
  }

  @Test
  void parametersInABodyAreDescribedToo() {
    JsonObject api = new JsonObject(hot.call("GET", "/openapi.json").text());
    JsonObject schemas = api.getJsonObject("components").getJsonObject("schemas");
    for (Endpoint endpoint : hot.server().endpoints()) {
      if (hasParametersInBody(endpoint)) {
        String schema = endpoint.operation() == Operation.CHANGES ? "ChangesRequest" : "Scan";
        Set<String> described = new TreeSet<>();
        for (String name : schemas.getJsonObject(schema).getJsonObject("properties").fieldNames()) {
          described.add(name.replace("_base64", ""));
        }
        assertEquals(new TreeSet<>(endpoint.operation().parameters()), described);
        JsonObject post =
            api.getJsonObject("paths").getJsonObject(endpoint.template()).getJsonObject("post");
        assertTrue(
            post.getJsonObject("requestBody").encode().contains("/schemas/" + schema + "\""));
      }
    }
  }

  @Test
  void everyOperationHasARouteAndIsCounted() {
    Set<Operation> routed = EnumSet.of(Operation.UNKNOWN);
    hot.server().endpoints().forEach(endpoint -> routed.add(endpoint.operation()));
    assertEquals(EnumSet.allOf(Operation.class), routed);
    String stats = hot.call("GET", "/stats").text();
    String metrics = hot.call("GET", "/metrics").text();
    for (Operation operation : Operation.values()) {
      String label = '"' + operation.label() + '"';
      assertTrue(stats.contains(label + ":{\"succeeded\":"), stats);
      assertTrue(metrics.contains("apexstore_requests_total{operation=" + label), label);
    }
  }

  @Test
  void aPathNamesWhatItsOperationTouches() {
    for (Endpoint endpoint : hot.server().endpoints()) {
      String template = endpoint.template();
      Operation operation = endpoint.operation();
      if (template.contains("{key}")) {
        assertEquals(Operation.Scope.KEY, operation.scope(), template);
      }
      if (template.endsWith("{name}")) {
        assertEquals(Operation.Scope.KEYSPACE, operation.scope(), template);
      }
      if (operation.access() == Access.PUBLIC) {
        assertEquals(Operation.Cost.LIGHT, operation.cost(), template);
      }
    }
  }

  /** Returns the query parameters by method and path. */
  private static Map<String, Set<String>> described(String document) throws IOException {
    Map<String, Set<String>> described = new TreeMap<>();
    try (JsonParser parser = new JsonFactory().createParser(document)) {
      boolean isOpenApi = false;
      parser.nextToken();
      while (parser.nextToken() == JsonToken.FIELD_NAME) {
        String member = parser.currentName();
        parser.nextToken();
        if (member.equals("openapi")) {
          isOpenApi = parser.getText().startsWith("3.1.");
        } else if (member.equals("paths")) {
          readPaths(parser, described);
        } else {
          parser.skipChildren();
        }
      }
      assertTrue(isOpenApi);
    }
    return described;
  }

  private static void readPaths(JsonParser parser, Map<String, Set<String>> described)
      throws IOException {
    while (parser.nextToken() == JsonToken.FIELD_NAME) {
      String path = parser.currentName();
      parser.nextToken();
      while (parser.nextToken() == JsonToken.FIELD_NAME) {
        String method = parser.currentName();
        parser.nextToken();
        described.put(method + " " + path, readQueryParameters(parser));
      }
    }
  }

  private static Set<String> readQueryParameters(JsonParser parser) throws IOException {
    Set<String> parameters = new TreeSet<>();
    while (parser.nextToken() == JsonToken.FIELD_NAME) {
      boolean isList = parser.currentName().equals("parameters");
      parser.nextToken();
      if (!isList) {
        parser.skipChildren();
        continue;
      }
      while (parser.nextToken() == JsonToken.START_OBJECT) {
        Map<String, String> parameter = readTexts(parser);
        if ("query".equals(parameter.get("in"))) {
          parameters.add(parameter.get("name"));
        }
      }
    }
    return parameters;
  }

  private static Map<String, String> readTexts(JsonParser parser) throws IOException {
    Map<String, String> texts = new HashMap<>();
    while (parser.nextToken() == JsonToken.FIELD_NAME) {
      String member = parser.currentName();
      if (parser.nextToken() == JsonToken.VALUE_STRING) {
        texts.put(member, parser.getText());
      } else {
        parser.skipChildren();
      }
    }
    return texts;
  }

  /** {@code bad-input.txt}, which BadInputTest runs, has lines for every route. */
  @Test
  void everyRouteHasItsBadInputs() throws IOException {
    List<String[]> lines = badInputs();
    for (Endpoint endpoint : hot.server().endpoints()) {
      String template = endpoint.template();
      assertTrue(statuses(lines, template, null).contains("405"), template + " has no 405");
      Set<String> found = statuses(lines, template, endpoint.method().name());
      boolean takesJson = endpoint.method().equals(HttpMethod.POST) && !isWithoutBody(template);
      Set<String> expected = takesJson ? Set.of("400", "413", "415") : Set.of("400");
      assertTrue(
          found.containsAll(expected), endpoint.method() + " " + template + " has only " + found);
    }
  }

  private static boolean isWithoutBody(String template) {
    return template.startsWith("/admin/") && !template.equals("/admin/compact");
  }

  private static List<String[]> badInputs() throws IOException {
    try (InputStream in = RoutesTest.class.getResourceAsStream("rest/bad-input.txt")) {
      return new String(Objects.requireNonNull(in).readAllBytes(), StandardCharsets.UTF_8)
          .lines()
          .filter(line -> !line.isBlank() && !line.startsWith("#"))
          .map(line -> line.split("\\|", -1))
          .toList();
    }
  }

  private static Set<String> statuses(
      List<String[]> lines, String template, @Nullable String method) {
    Set<String> found = new TreeSet<>();
    for (String[] line : lines) {
      String path = line[3].strip().replaceFirst("\\?.*", "");
      boolean meant = method == null || method.equals(line[2].strip());
      if (meant && new PathTemplate(template).matches(path)) {
        found.add(line[0].strip());
      }
    }
    return found;
  }

  @Test
  void thePageHasAStrictPolicyAndNamesNoOtherHost() {
    for (String path :
        new String[] {"/", "/dashboard.css", "/dashboard.js", "/charts.js", "/icon.svg"}) {
      Answer file = hot.callAs("", "GET", path, "", new byte[0]);
      assertEquals(200, file.status());
      String policy = file.header("content-security-policy");
      assertTrue(policy.contains("default-src 'none'"), policy);
      assertTrue(policy.contains("frame-ancestors 'none'"), policy);
      assertFalse(policy.contains("unsafe"), policy);
      assertEquals("nosniff", file.header("x-content-type-options"));
      assertEquals("no-referrer", file.header("referrer-policy"));
      assertEquals("same-origin", file.header("cross-origin-opener-policy"));
      String text = file.text().replace("http://www.w3.org/2000/svg", "");
      assertFalse(text.contains("://"), path + " names another host");
      assertFalse(text.contains("innerHTML"), path);
    }
    String page = hot.callAs("", "GET", "/", "", new byte[0]).text();
    assertFalse(page.contains("style=") || page.contains("onclick"), "inline style or handler");
  }

  @Test
  void otherOriginsGetNoPermission() {
    for (String origin : new String[] {"https://evil.example", "null"}) {
      Answer answer = hot.call("GET", "/keys/there", "", new byte[0], "Origin", origin);
      assertEquals("", answer.header("access-control-allow-origin"));
    }
  }
}
