package io.apexstore.scripts;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.File;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.DisabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

/**
 * The ENTRYPOINT and HEALTHCHECK of the image, run without Docker: the same commands, with paths
 * and addresses of this machine. The build of the image, its user and its volumes are not tested.
 */
@DisabledOnOs(OS.WINDOWS)
@Tag("process")
class ImageRunTest {

  private static final Duration TIMEOUT = Duration.ofSeconds(60);

  @TempDir Path folder;

  private final Map<String, String> environment = new HashMap<>();
  private @Nullable Process server;
  private Dockerfile image = new Dockerfile(List.of());

  @BeforeEach
  void readTheImage() throws IOException {
    image = Dockerfile.lastStage(Path.of("Dockerfile"));
    environment.putAll(image.environment());
    environment.put("DATA_DIR", folder.resolve("data").toString());
    environment.put("ENCRYPTION_KEY_FILE", folder.resolve("keys/apexstore.key").toString());
    try (ServerSocket free = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      environment.put("PORT", Integer.toString(free.getLocalPort()));
    }
  }

  @AfterEach
  void end() {
    if (server != null) {
      server.destroyForcibly();
    }
  }

  @Test
  void withoutTlsTheImageRefusesToListenOnAllAddresses() throws Exception {
    Process refused = start(entryPoint());
    assertTrue(refused.waitFor(TIMEOUT.toSeconds(), TimeUnit.SECONDS));
    assertNotEquals(0, refused.exitValue());
    assertTrue(printed().contains("ALLOW_INSECURE_BIND"), printed());
  }

  @Test
  void theImageServesIsReportedHealthyAndStopsCleanly() throws Exception {
    environment.put("HOST", "127.0.0.1");
    Process running = start(entryPoint());
    Instant deadline = Instant.now().plus(TIMEOUT);
    int health = check();
    while (health != 0 && running.isAlive() && Instant.now().isBefore(deadline)) {
      health = check();
    }
    assertEquals(0, health, printed());
    assertTrue(Files.isDirectory(folder.resolve("data")));
    assertFalse(printed().contains("WARNING"), printed());

    running.destroy();
    assertTrue(running.waitFor(TIMEOUT.toSeconds(), TimeUnit.SECONDS));
    assertEquals(0, running.exitValue(), printed());
    assertNotEquals(0, check());
  }

  private List<String> entryPoint() {
    List<String> words = new ArrayList<>(image.words("ENTRYPOINT"));
    words.addAll(image.words("CMD"));
    return words;
  }

  /** Runs the health check and returns its exit code. */
  private int check() throws IOException, InterruptedException {
    Process process = process(image.words("HEALTHCHECK"), folder.resolve("health.txt")).start();
    assertTrue(process.waitFor(TIMEOUT.toSeconds(), TimeUnit.SECONDS));
    return process.exitValue();
  }

  private Process start(List<String> words) throws IOException {
    Process started = process(words, folder.resolve("server.txt")).start();
    server = started;
    return started;
  }

  private String printed() throws IOException {
    return Files.readString(folder.resolve("server.txt"));
  }

  private ProcessBuilder process(List<String> words, Path output) {
    ProcessBuilder builder =
        new ProcessBuilder(words.stream().map(ImageRunTest::adapted).toList())
            .directory(folder.toFile())
            .redirectErrorStream(true)
            .redirectOutput(output.toFile());
    builder.environment().clear();
    builder.environment().putAll(environment);
    return builder;
  }

  /** Returns a word of a command, adapted to this machine. */
  private static String adapted(String word) {
    return switch (word) {
      case "java" -> Path.of(System.getProperty("java.home"), "bin", "java").toString();
      case "/opt/apexstore/apexstore.jar:/opt/apexstore/lib/*" ->
          absolute(System.getProperty("java.class.path"));
      default -> word.replace("/opt/apexstore", Path.of("").toAbsolutePath().toString());
    };
  }

  private static String absolute(String classPath) {
    List<String> entries = new ArrayList<>();
    for (String entry : classPath.split(File.pathSeparator, -1)) {
      entries.add(Path.of(entry).toAbsolutePath().toString());
    }
    return String.join(File.pathSeparator, entries);
  }
}
