package io.apexstore.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The run from which the ahead-of-time cache is created, as a process of its own. */
@Tag("process")
class TrainingRunTest {
  @TempDir private Path folder;

  @Test
  void itStartsTwoServersInAnEmptyDirectoryAndEndsWith0() throws Exception {
    Process training = start();
    assertTrue(training.waitFor(60, TimeUnit.SECONDS), printed());
    assertEquals(0, training.exitValue(), printed());
    assertTrue(printed().contains("stopped: all data is on disk"), printed());
    assertTrue(Files.isRegularFile(folder.resolve("data/admin.token")));
  }

  @Test
  void aDirectoryThatIsNotEmptyMakesItFail() throws Exception {
    Files.createDirectory(folder.resolve("conf"));
    Process training = start();
    assertTrue(training.waitFor(60, TimeUnit.SECONDS), printed());
    assertEquals(1, training.exitValue(), printed());
  }

  @Test
  void itEndsAfterItsTimeLimit() throws Exception {
    Process training = start("1");
    assertTrue(training.waitFor(60, TimeUnit.SECONDS), printed());
    assertEquals(1, training.exitValue(), printed());
  }

  private Process start(String... arguments) throws IOException {
    String classPath =
        Arrays.stream(System.getProperty("java.class.path").split(File.pathSeparator, -1))
            .map(entry -> Path.of(entry).toAbsolutePath().toString())
            .collect(Collectors.joining(File.pathSeparator));
    List<String> command =
        new ArrayList<>(
            List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "--enable-native-access=ALL-UNNAMED",
                "--sun-misc-unsafe-memory-access=allow",
                "-cp",
                classPath,
                TrainingRun.class.getName()));
    command.addAll(List.of(arguments));
    ProcessBuilder builder =
        new ProcessBuilder(command)
            .directory(folder.toFile())
            .redirectErrorStream(true)
            .redirectOutput(folder.resolve("printed").toFile());
    // The configuration of the environment must not have an effect.
    builder.environment().put("PORT", "nonsense");
    return builder.start();
  }

  private String printed() throws IOException {
    return Files.readString(folder.resolve("printed"));
  }
}
