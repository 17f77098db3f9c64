package io.apexstore.server.dashboard;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.microsoft.playwright.Browser;
import com.microsoft.playwright.BrowserType;
import com.microsoft.playwright.Locator;
import com.microsoft.playwright.Page;
import com.microsoft.playwright.Playwright;
import com.microsoft.playwright.options.ColorScheme;
import com.microsoft.playwright.options.WaitForSelectorState;
import io.apexstore.server.RunningServer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** The dashboard in a real browser: the Chromium that {@code BROWSER_PATH} names. */
@Tag("browser")
class DashboardBrowserTest {
  private static final Locator.WaitForOptions ATTACHED =
      new Locator.WaitForOptions().setState(WaitForSelectorState.ATTACHED);

  private static Playwright playwright;
  private static Browser browser;

  @TempDir private Path folder;
  private RunningServer server;

  @BeforeAll
  static void startBrowser() {
    String path = System.getenv().getOrDefault("BROWSER_PATH", "/usr/bin/chromium");
    playwright =
        Playwright.create(
            new Playwright.CreateOptions().setEnv(Map.of("PLAYWRIGHT_SKIP_BROWSER_DOWNLOAD", "1")));
    browser =
        playwright
            .chromium()
            .launch(
                new BrowserType.LaunchOptions()
                    .setExecutablePath(Path.of(path))
                    .setArgs(
                        List.of(
                            "--no-sandbox",
                            "--disable-gpu",
                            "--disable-quic",
                            "--no-first-run",
                            "--disable-background-networking",
                            "--disable-component-update",
                            "--disable-sync")));
  }

  @AfterAll
  static void stopBrowser() {
    browser.close();
    playwright.close();
  }

  @BeforeEach
  void start() {
    server = RunningServer.start(folder);
  }

  @AfterEach
  void stop() {
    server.close();
  }

  @ParameterizedTest
  @EnumSource(
      value = ColorScheme.class,
      names = {"LIGHT", "DARK"})
  void thePageShowsTheStateOfTheServerAfterATokenIsEntered(ColorScheme scheme) {
    Watched watched = open(server, scheme);
    Page page = watched.page;
    page.waitForSelector("#token:visible");
    page.fill("#token", server.adminToken());
    page.click("button[type=submit]");
    page.waitForSelector("#board:visible");
    assertEquals("healthy", page.textContent("#state"));
    for (int i = 0; i < 40; i++) {
      server.call("PUT", "/keys/k" + i, "", "value".getBytes(StandardCharsets.UTF_8));
      server.call("GET", "/keys/k" + i);
    }
    // The policy of the page forbids eval, so the test waits for selectors.
    page.waitForSelector("#put-now:text-matches(\"s$\")");
    page.locator("#throughput path").first().waitFor(ATTACHED);
    page.locator("#put-latency path").nth(2).waitFor(ATTACHED);
    long version = server.call("GET", "/stats").number("version");
    String shown = String.format("%,d", version);
    page.waitForSelector("#version:text-is(\"" + shown + "\")");
    server.call("POST", "/admin/flush");
    page.waitForSelector("#levels tr td:has-text(\"L0\")");
    watched.assertClean();
    assertEquals(
        server.adminToken(),
        page.evaluate("sessionStorage.getItem('apexstore.token')"),
        "kept for this tab");
    assertEquals(0, ((Number) page.evaluate("localStorage.length")).intValue());
    page.click("#leave");
    page.waitForSelector("#token:visible");
    assertEquals(0, ((Number) page.evaluate("sessionStorage.length")).intValue());
    watched.close();
  }

  @Test
  void aWrongTokenIsReported() {
    Watched watched = open(server, ColorScheme.LIGHT);
    watched.page.waitForSelector("#token:visible");
    watched.page.fill("#token", "\"><img src=x onerror=alert(1)>");
    watched.page.click("button[type=submit]");
    watched.page.waitForSelector("#token-error:visible");
    assertFalse(watched.page.isVisible("#board"));
    watched.assertClean();
    watched.close();
  }

  @Test
  void withoutAuthenticationThePageAsksForNoToken(@TempDir Path other) {
    try (RunningServer open = RunningServer.start(other, "auth_enabled", "false")) {
      Watched watched = open(open, ColorScheme.LIGHT);
      watched.page.waitForSelector("#board:visible");
      assertFalse(watched.page.isVisible("#login"));
      watched.assertClean();
      watched.close();
    }
  }

  /** Keys and values are data: a browser that shows a response runs no part of them. */
  @Test
  void markupInKeysAndValuesIsShownAsText(@TempDir Path other) {
    try (RunningServer open = RunningServer.start(other, "auth_enabled", "false")) {
      String attack =
          "\"><img src=x onerror=\"document.title='run'\"><script>document.title='run'</script>";
      open.call("PUT", "/keys/attack", "text/html", attack.getBytes(StandardCharsets.UTF_8));
      Watched watched = open(open, ColorScheme.LIGHT);
      for (String path : new String[] {"keys/attack", "keys", "keys/%3Cscript%3E", "x<script>"}) {
        watched.page.navigate(open.server().url() + "/" + path);
        assertEquals(0, watched.page.querySelectorAll("img, script").size(), path);
        assertFalse(watched.page.title().equals("run"), path);
      }
      watched.close();
    }
  }

  private static Watched open(RunningServer server, ColorScheme scheme) {
    Page page =
        browser.newContext(new Browser.NewContextOptions().setColorScheme(scheme)).newPage();
    Watched watched = new Watched(page, server.server().url());
    page.navigate(server.server().url() + "/");
    return watched;
  }

  /** A page, with the errors and the foreign requests that it must not have. */
  private static final class Watched {
    private final Page page;
    private final List<String> errors = new CopyOnWriteArrayList<>();
    private final List<String> foreignRequests = new ArrayList<>();

    Watched(Page page, String url) {
      this.page = page;
      page.onPageError(errors::add);
      page.onConsoleMessage(
          message -> {
            // The first request has no token. The browser logs the 401 to its console.
            if (message.type().equals("error") && !message.text().contains("401")) {
              errors.add(message.text());
            }
          });
      page.onRequest(
          request -> {
            if (!request.url().startsWith(url)) {
              foreignRequests.add(request.url());
            }
          });
    }

    void assertClean() {
      assertTrue(errors.isEmpty(), errors.toString());
      assertTrue(foreignRequests.isEmpty(), foreignRequests.toString());
    }

    void close() {
      page.context().close();
    }
  }
}
