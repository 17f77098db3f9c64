package io.apexstore.server;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.apexstore.server.RunningServer.Answer;
import io.apexstore.server.http.Problem;
import io.netty.handler.codec.http.DefaultHttpRequest;
import io.netty.handler.codec.http.HttpMethod;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.handler.codec.http.HttpVersion;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Without authentication, web pages of other sites reach no route. */
class HeadRulesTest {
  private static final HeadRules LOOPBACK = new HeadRules(true, true);
  private static final HeadRules BEYOND = new HeadRules(true, false);
  private static final HeadRules AUTHENTICATED = new HeadRules(false, false);

  /** The columns: on a loopback address, beyond one, with authentication. */
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      nullValues = "~",
      value = {
        "ok | ok | ok | /keys/a | localhost | ~",
        "ok | ok | ok | /keys/a | LocalHost.:8080 | ~",
        "ok | ok | ok | /keys/a | apexstore.localhost:8080 | ~",
        "ok | ok | ok | /keys/a | 127.0.0.1:8080 | ~",
        "ok | ok | ok | /keys/a | 127.9.8.7 | ~",
        "ok | ok | ok | /keys/a | [::1]:8080 | ~",
        "ok | ok | ok | http://127.0.0.1/keys/a | 127.0.0.1 | ~",
        "no | ok | ok | /keys/a | evil.example:8080 | ~",
        "no | ok | ok | /keys/a | localhost.evil.example | ~",
        "no | ok | ok | /keys/a | 127.0.0.1.evil.example | ~",
        "no | ok | ok | /keys/a | notlocalhost | ~",
        "no | ok | ok | /keys/a | 10.0.0.1 | ~",
        "no | ok | ok | /keys/a | [::2] | ~",
        "no | ok | ok | http://evil.example/keys/a | 127.0.0.1 | ~",
        "no | ok | ok | HTTP://evil.example:8080/keys/a | 127.0.0.1 | ~",
        "no | ok | ok | http://127.0.0.1/keys/a | evil.example | ~",
        "ok | ok | ok | /keys/a | 127.0.0.1:8080 | http://127.0.0.1:8080",
        "ok | ok | ok | /keys/a | localhost:8080 | https://LOCALHOST:8080",
        "no | no | ok | /keys/a | 127.0.0.1:8080 | http://evil.example",
        "no | no | ok | /keys/a | 127.0.0.1:8080 | http://127.0.0.1:8081",
        "no | no | ok | /keys/a | 127.0.0.1:8080 | http://127.0.0.1",
        "no | no | ok | /keys/a | 127.0.0.1:8080 | http://localhost:8080",
        "no | no | ok | /keys/a | 127.0.0.1:8080 | null",
        "no | no | ok | /keys/a | 127.0.0.1:8080 | ''",
        "no | no | ok | /keys/a | 127.0.0.1:8080 | http://u@127.0.0.1:8080"
      })
  void hostAndOriginMustBeTheServersOwn(
      String loopback,
      String beyond,
      String authenticated,
      String target,
      String host,
      @Nullable String origin) {
    HttpRequest head = new DefaultHttpRequest(HttpVersion.HTTP_1_1, HttpMethod.POST, target);
    head.headers().add("Host", host);
    if (origin != null) {
      head.headers().add("Origin", origin);
    }
    assertEquals(loopback, outcome(LOOPBACK.refusal(head, 1)));
    assertEquals(beyond, outcome(BEYOND.refusal(head, 1)));
    assertEquals(authenticated, outcome(AUTHENTICATED.refusal(head, 1)));
  }

  private static String outcome(@Nullable Problem refusal) {
    if (refusal == null) {
      return "ok";
    }
    assertEquals(Problem.Kind.FOREIGN_SITE, refusal.kind());
    return "no";
  }

  @Test
  void aSecondOriginIsLookedAtToo() {
    HttpRequest head = new DefaultHttpRequest(HttpVersion.HTTP_1_1, HttpMethod.POST, "/keys");
    head.headers().add("Host", "localhost");
    head.headers().add("Origin", "http://localhost");
    assertEquals("ok", outcome(LOOPBACK.refusal(head, 1)));
    head.headers().add("Origin", "http://evil.example");
    assertEquals("no", outcome(LOOPBACK.refusal(head, 1)));
  }

  @Test
  @Tag("server")
  void anOpenServerRefusesOtherSitesOnEveryRoute(@TempDir Path folder) {
    try (RunningServer server = RunningServer.start(folder, "auth_enabled", "false")) {
      String increment = "POST /keys/counter/increment HTTP/1.1\r\nContent-Length: 0\r\n";
      String flush = "POST /admin/flush HTTP/1.1\r\nContent-Length: 0\r\n";
      String own = "Host: 127.0.0.1:" + server.port() + "\r\n";
      for (String request : new String[] {increment, flush, "GET /stats HTTP/1.1\r\n"}) {
        for (String lines :
            new String[] {
              own + "Origin: http://evil.example\r\n",
              own + "Origin: null\r\n",
              "Host: rebound.example\r\n",
              "Host: rebound.example\r\nOrigin: http://rebound.example\r\n"
            }) {
          String answer = server.raw(request + lines + "\r\n");
          assertTrue(answer.startsWith("HTTP/1.1 403 "), answer);
          assertTrue(answer.contains("urn:apexstore:problem:foreign-site"), answer);
        }
      }
      Answer dashboard =
          server.callAs(
              "", "PUT", "/keys/own", "", new byte[] {1}, "Origin", server.server().url());
      assertEquals(200, dashboard.status(), dashboard.text());
      assertEquals(404, server.callAs("", "GET", "/keys/counter", "", new byte[0]).status());
    }
  }
}
