package io.apexstore.manual;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.BufferedReader;
import java.io.File;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.DisabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

/**
 * The first five minutes of the README, executed. Its blocks marked {@code console} hold commands
 * after a dollar sign, and their output; an ellipsis matches anything. The first block starts the
 * server. A block marked {@code console killed} runs after the server was killed and started again.
 */
@DisabledOnOs(OS.WINDOWS)
class FirstMinutesTest {

  private static final String MARK = "----8<----";
  private static final String START = "scripts/apexstore serve";
  private static final long PATIENCE_S = 120;

  @TempDir Path folder;

  private @Nullable Process server;

  private record Typed(String command, String output) {}

  @AfterEach
  void end() throws InterruptedException {
    kill();
  }

  @Test
  @Tag("process")
  void theFirstFiveMinutesRunAsInTheReadme() throws Exception {
    assumeTrue(isInstalled("curl"), "curl is not installed");
    int port = configure();
    List<Typed> before = new ArrayList<>();
    boolean started = false;
    for (Page.Block block : Page.read(Path.of("README.md")).blocks()) {
      if (!block.language().startsWith("console")) {
        continue;
      }
      List<Typed> session = session(block.text().replace("8080", Integer.toString(port)));
      if (session.getFirst().command().equals(START)) {
        // Classes outside a jar have no version.
        String shown = session.getFirst().output();
        assertTrue(shown.contains(" " + version() + " "), shown);
        assertMatches(shown.replace(version(), "unknown"), startServer(), START);
        started = true;
        continue;
      }
      if (block.language().equals("console killed")) {
        kill();
        startServer();
      }
      type(before, session);
      session.stream().filter(typed -> typed.output().isEmpty()).forEach(before::add);
    }
    assertTrue(started);
  }

  @Test
  void anEllipsisMatchesAnythingAndOtherTextMatchesItself() {
    assertTrue(matches("a … (b)\n", "a 1 2 (b)\n"));
    assertFalse(matches("a … (b)\n", "a 1 2 b\n"));
    assertEquals(
        List.of(new Typed("one \\\n  more", "x\ny\n"), new Typed("two", "")),
        session("$ one \\\n  more\nx\ny\n$ two\n"));
  }

  /** Runs commands in one shell, after the earlier ones that have no output. */
  private void type(List<Typed> before, List<Typed> session)
      throws IOException, InterruptedException {
    StringBuilder script = new StringBuilder();
    for (Typed typed : before) {
      script.append(typed.command()).append(" >/dev/null 2>&1\n");
    }
    for (Typed typed : session) {
      script.append("echo '").append(MARK).append("'\n").append(typed.command()).append('\n');
    }
    Path file = Files.writeString(folder.resolve("session.sh"), script);
    Process process =
        new ProcessBuilder("bash", file.toString())
            .directory(folder.toFile())
            .redirectErrorStream(true)
            .start();
    process.getOutputStream().close();
    String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertTrue(process.waitFor(PATIENCE_S, TimeUnit.SECONDS));
    String[] outputs = output.split(Pattern.quote(MARK) + "\n", -1);
    assertEquals(session.size() + 1, outputs.length, output);
    for (int i = 0; i < session.size(); i++) {
      String printed = outputs[i + 1];
      String whole = printed.isEmpty() || printed.endsWith("\n") ? printed : printed + "\n";
      assertMatches(session.get(i).output(), whole, session.get(i).command());
    }
  }

  private static void assertMatches(String expected, String actual, String command) {
    if (!matches(expected, actual)) {
      assertEquals(expected, actual, command);
    }
  }

  private static boolean matches(String expected, String actual) {
    StringBuilder pattern = new StringBuilder();
    for (String part : expected.split("…", -1)) {
      pattern.append(pattern.isEmpty() ? "" : ".*").append(Pattern.quote(part));
    }
    return Pattern.compile(pattern.toString()).matcher(actual).matches();
  }

  private static List<Typed> session(String text) {
    List<Typed> found = new ArrayList<>();
    StringBuilder command = new StringBuilder();
    StringBuilder output = new StringBuilder();
    boolean continued = false;
    for (String line : text.lines().toList()) {
      if (continued) {
        command.append('\n').append(line);
      } else if (line.startsWith("$ ")) {
        if (!command.isEmpty()) {
          found.add(new Typed(command.toString(), output.toString()));
        }
        command.setLength(0);
        output.setLength(0);
        command.append(line.substring(2));
      } else {
        output.append(line).append('\n');
        continue;
      }
      continued = line.endsWith("\\");
    }
    found.add(new Typed(command.toString(), output.toString()));
    return found;
  }

  /** Copies the shipped configuration to the directory, with a free port. */
  private int configure() throws IOException {
    int port;
    try (ServerSocket free = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      port = free.getLocalPort();
    }
    String shipped = Files.readString(Path.of("conf/apexstore.json"));
    Path file = folder.resolve("conf/apexstore.json");
    Files.createDirectories(folder.resolve("conf"));
    Files.writeString(file, shipped.replace("8080", Integer.toString(port)));
    return port;
  }

  /** Starts the server as the script does; returns its output until it listens. */
  private String startServer() throws IOException {
    Process started =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Xmx512m",
                "--enable-native-access=ALL-UNNAMED",
                "--sun-misc-unsafe-memory-access=allow",
                "-cp",
                absolute(System.getProperty("java.class.path")),
                "io.apexstore.cli.Main",
                "serve")
            .directory(folder.toFile())
            .redirectErrorStream(true)
            .start();
    server = started;
    StringBuilder printed = new StringBuilder();
    BufferedReader lines =
        new BufferedReader(new InputStreamReader(started.getInputStream(), StandardCharsets.UTF_8));
    for (String line = lines.readLine(); line != null; line = lines.readLine()) {
      printed.append(line).append('\n');
      if (line.contains("listens on")) {
        return printed.toString();
      }
    }
    throw new AssertionError("the server ended: " + printed);
  }

  private void kill() throws InterruptedException {
    if (server != null) {
      server.destroyForcibly().waitFor();
    }
  }

  private static String absolute(String classPath) {
    List<String> entries = new ArrayList<>();
    for (String entry : classPath.split(File.pathSeparator, -1)) {
      entries.add(Path.of(entry).toAbsolutePath().toString());
    }
    return String.join(File.pathSeparator, entries);
  }

  private static String version() throws IOException {
    Matcher matcher =
        Pattern.compile("<artifactId>apexstore</artifactId>\\s*<version>(.*?)</version>")
            .matcher(Files.readString(Path.of("pom.xml")));
    assertTrue(matcher.find());
    return matcher.group(1);
  }

  private static boolean isInstalled(String program) throws IOException, InterruptedException {
    return new ProcessBuilder("bash", "-c", "command -v " + program).start().waitFor() == 0;
  }
}
