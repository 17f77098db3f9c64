package io.apexstore.server;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.apexstore.server.RunningServer.Answer;
import io.apexstore.server.auth.Role;
import io.apexstore.server.config.ConfigException;
import io.apexstore.server.http.Endpoint;
import io.apexstore.server.operation.Access;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@Tag("server")
class AuthTest {
  private static final byte[] NOTHING = new byte[0];
  private static final Set<String> PUBLIC =
      Set.of(
          "/health/live",
          "/health/ready",
          "/",
          "/dashboard.css",
          "/dashboard.js",
          "/charts.js",
          "/icon.svg");

  @TempDir private Path folder;
  private RunningServer server;

  @BeforeEach
  void start() {
    server = RunningServer.start(folder);
  }

  @AfterEach
  void stop() {
    server.close();
  }

  @Test
  void theFirstStartWritesATokenThatOnlyItsOwnerCanRead() throws IOException {
    Path file = server.config().adminTokenFile();
    assertEquals("rw-------", PosixFilePermissions.toString(Files.getPosixFilePermissions(file)));
    assertEquals(
        "rwx------",
        PosixFilePermissions.toString(
            Files.getPosixFilePermissions(server.config().dataDirectory())));
    assertTrue(server.adminToken().matches("apx_[0-9a-f]{16}_[A-Za-z0-9_-]{43}"));
    assertTrue(server.server().firstTokenCreated());
  }

  @Test
  void theTokenIsAcceptedAfterARestartAndNoOtherIsCreated() {
    final String token = server.adminToken();
    server.close();
    server = RunningServer.start(folder);
    assertFalse(server.server().firstTokenCreated());
    assertEquals(token, server.adminToken());
    assertEquals(200, server.callAs(token, "GET", "/stats", "", NOTHING).status());
  }

  @Test
  void theStoreKeepsOnlyAHash() throws IOException {
    String secret = server.adminToken().substring(21);
    server.call("POST", "/admin/flush");
    server.close();
    try (var files = Files.walk(server.config().storeDirectory())) {
      for (Path file : files.filter(Files::isRegularFile).toList()) {
        String content = new String(Files.readAllBytes(file), StandardCharsets.ISO_8859_1);
        assertFalse(content.contains(secret), file.toString());
      }
    }
    server = RunningServer.start(folder);
  }

  /** The list of endpoints is the server's own; RoutesTest compares it with openapi.json. */
  @Test
  void everyRouteButThePublicOnesRequiresAToken() {
    for (Endpoint endpoint : server.server().endpoints()) {
      String path = endpoint.template().replace("{key}", "k").replace("{name}", "default");
      String method = endpoint.method().name();
      byte[] body = (method.startsWith("P") ? "{}" : "").getBytes(StandardCharsets.UTF_8);
      Answer answer =
          server.callAs("", method, path.replace("{id}", "1"), "application/json", body);
      assertEquals(PUBLIC.contains(path), endpoint.operation().access() == Access.PUBLIC, path);
      if (PUBLIC.contains(path)) {
        assertEquals(200, answer.status(), path);
      } else {
        assertEquals(401, answer.status(), endpoint.method() + " " + path);
        assertEquals("unauthorized", answer.problem());
        assertEquals("Bearer", answer.header("www-authenticate"));
      }
    }
    assertEquals("", server.everything());
  }

  @Test
  void aRoleAllowsExactlyItsRoutes() {
    String reader = server.newToken(Role.READ);
    String writer = server.newToken(Role.WRITE);
    for (Endpoint endpoint : server.server().endpoints()) {
      String path =
          endpoint
              .template()
              .replace("{key}", "k")
              .replace("{name}", "default")
              .replace("{id}", "1");
      byte[] body = "{}".getBytes(StandardCharsets.UTF_8);
      String method = endpoint.method().name();
      boolean write = endpoint.operation().access() == Access.WRITE;
      boolean admin = endpoint.operation().access() == Access.ADMIN;
      assertEquals(
          write || admin,
          server.callAs(reader, method, path, "application/json", body).status() == 403,
          method + " " + path);
      assertEquals(
          admin,
          server.callAs(writer, method, path, "application/json", body).status() == 403,
          method + " " + path);
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "admin",
        "changeme",
        "apx_0123456789abcdef_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
        "apx_",
        "null",
        "undefined",
        "${TOKEN}"
      })
  void exampleAndInventedTokensAreRefused(String token) {
    assertEquals(401, server.callAs(token, "GET", "/stats", "", NOTHING).status());
  }

  @Test
  void aTokenThatDiffersInOneCharacterIsRefused() {
    String token = server.adminToken();
    for (int i = 0; i < token.length(); i += 5) {
      char other = token.charAt(i) == 'a' ? 'b' : 'a';
      String changed = token.substring(0, i) + other + token.substring(i + 1);
      assertEquals(401, server.callAs(changed, "GET", "/stats", "", NOTHING).status());
    }
    assertEquals(401, server.callAs(token + "x", "GET", "/stats", "", NOTHING).status());
  }

  @Test
  void otherSchemesAndEmptyHeadersAreRefused() {
    for (String header : new String[] {"Basic YWRtaW46YWRtaW4=", "Bearer", "Bearer ", ""}) {
      Answer answer = server.callAs("", "GET", "/stats", "", NOTHING, "Authorization", header);
      assertEquals(401, answer.status(), header);
    }
    Answer small =
        server.callAs(
            "", "GET", "/stats", "", NOTHING, "Authorization", "bearer " + server.adminToken());
    assertEquals(200, small.status());
  }

  @Test
  void twoAuthorizationHeadersAreRefused() {
    String header = "Authorization: Bearer " + server.adminToken() + "\r\n";
    String answer =
        server.raw(
            "GET /stats HTTP/1.1\r\nHost: x\r\nConnection: close\r\n" + header + header + "\r\n");
    assertTrue(answer.startsWith("HTTP/1.1 400 "), answer);
  }

  @Test
  void aTokenInTheQueryIsRefusedEvenWithAValidHeader() {
    String token = server.adminToken();
    for (String query : new String[] {"?token=" + token, "?access_token=" + token, "?x=" + token}) {
      assertEquals(401, server.callAs("", "GET", "/keys" + query, "", NOTHING).status());
      assertEquals(401, server.call("GET", "/keys" + query).status());
    }
  }

  @Test
  void keysThatOnlyLookLikeTokensAreFoundByTheirPrefix() {
    server.call("PUT", "/keys/apx_mine", "", new byte[] {'v'});
    server.call("PUT", "/keys/my_token=1", "", new byte[] {'v'});
    for (String prefix : new String[] {"apx_", "my_token=", "token="}) {
      Answer answer = server.call("GET", "/keys?prefix=" + prefix);
      assertEquals(200, answer.status(), answer.text());
      assertEquals(!prefix.equals("token="), answer.text().contains("\"v\""), answer.text());
    }
  }

  @Test
  void withoutAuthenticationEveryRouteIsOpenOnTheLoopbackAddress(@TempDir Path other) {
    try (RunningServer open = RunningServer.start(other, "auth_enabled", "false")) {
      assertEquals(200, open.callAs("", "GET", "/stats/all", "", NOTHING).status());
      assertFalse(Files.exists(open.config().adminTokenFile()));
    }
  }

  @Test
  void theStartOnAnAddressThatOthersCanReachIsRefused(@TempDir Path other) {
    assertThrows(
        ConfigException.class, () -> RunningServer.start(other, "host", "0.0.0.0").close());
    assertThrows(
        ConfigException.class,
        () -> RunningServer.start(other, "host", "0.0.0.0", "auth_enabled", "false").close());
    assertFalse(Files.exists(other.resolve("data")));
  }

  @Test
  void aDataDirectoryThatIsAFileIsRefusedWithTheReason(@TempDir Path other) throws IOException {
    Files.createFile(other.resolve("data"));
    String message =
        String.valueOf(
            assertThrows(ConfigException.class, () -> RunningServer.start(other).close())
                .getMessage());
    assertTrue(message.contains("cannot be created (it exists already); allowed: a dir"), message);
  }

  @Test
  void aDataDirectoryThatIsALinkIsRefused(@TempDir Path other) throws IOException {
    Files.createDirectory(other.resolve("real"));
    Files.createSymbolicLink(other.resolve("data"), other.resolve("real"));
    String message =
        String.valueOf(
            assertThrows(ConfigException.class, () -> RunningServer.start(other).close())
                .getMessage());
    assertTrue(message.contains("symbolic link"), message);
  }
}
